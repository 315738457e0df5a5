package classcheck

import "github.com/fargate-operator/fargate-operator/api/v1alpha1"

// clusterFixes say what to do about a cluster that is not ACTIVE. Source of the
// states: Cluster in the ECS API reference.
var clusterFixes = map[string]string{
	"PROVISIONING":   "wait until AWS has created its capacity providers",
	"FAILED":         "fix or remove the capacity providers that could not be created",
	"DEPROVISIONING": "create it again or name another in spec.cluster",
	"INACTIVE":       "create it again or name another in spec.cluster",
}

func checkCluster(t *v1alpha1.TaskTemplate, f *Findings) Outcome {
	switch {
	case f.ClusterErr != nil:
		return refused(f.ClusterErr)
	case f.Cluster == nil:
		return failed(problemf(v1alpha1.ReasonClusterNotFound,
			"cluster %s does not exist in region %s: create it, or correct spec.cluster or spec.region", t.Cluster, t.Region))
	case f.Cluster.Status != "ACTIVE":
		return failed(problemf(v1alpha1.ReasonClusterNotActive,
			"cluster %s has the status %s and takes no tasks: %s", t.Cluster, f.Cluster.Status, clusterFixes[f.Cluster.Status]))
	}
	return passed("cluster %s is active in region %s", t.Cluster, t.Region)
}
