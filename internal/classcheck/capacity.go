package classcheck

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

func checkCapacity(t *v1alpha1.TaskTemplate, f *Findings) Outcome {
	named := providers(t.Capacity)
	if len(t.Capacity) > 0 && len(named) == 0 {
		return passed("every placement has a launch type, which needs no capacity provider")
	}
	if cluster := checkCluster(t, f); cluster.Status != metav1.ConditionTrue {
		return Outcome{
			Status:  metav1.ConditionUnknown,
			Reason:  cluster.Reason,
			Message: "the capacity of cluster " + t.Cluster + " is checked once ClusterActive is True",
		}
	}
	if len(t.Capacity) == 0 {
		return checkDefaultStrategy(t, f)
	}
	var foreign []string
	for _, provider := range named {
		if !slices.Contains(f.Cluster.CapacityProviders, provider) {
			foreign = append(foreign, provider)
		}
	}
	if len(foreign) > 0 {
		return failed(problemf(v1alpha1.ReasonCapacityProviderNotInCluster,
			"cluster %s does not have the capacity %s: add what is missing to its capacity providers (%s) or correct spec.capacity",
			t.Cluster, counted("provider", foreign), text.List(f.Cluster.CapacityProviders)))
	}
	return passed("cluster %s has the capacity %s", t.Cluster, counted("provider", named))
}

func checkDefaultStrategy(t *v1alpha1.TaskTemplate, f *Findings) Outcome {
	if len(f.Cluster.DefaultStrategy) == 0 {
		return failed(problemf(v1alpha1.ReasonNoCapacityProvider,
			"cluster %s has no default capacity provider strategy: give it one such as FARGATE, or set spec.capacity", t.Cluster))
	}
	return passed("the default capacity provider strategy of cluster %s is %s", t.Cluster, text.List(f.Cluster.DefaultStrategy))
}

// providers are the capacity providers that placements name, each once.
func providers(placements []v1alpha1.Placement) []string {
	var names []string
	for _, placement := range placements {
		for _, item := range placement.Strategy {
			if !slices.Contains(names, item.Provider) {
				names = append(names, item.Provider)
			}
		}
	}
	return names
}

// usesFargate reports whether a task may be placed on Fargate. An unknown
// default strategy places none: another check reports that.
func usesFargate(t *v1alpha1.TaskTemplate, f *Findings) bool {
	names := providers(t.Capacity)
	if len(t.Capacity) == 0 && f.Cluster != nil {
		names = f.Cluster.DefaultStrategy
	}
	onFargate := func(p v1alpha1.Placement) bool { return p.LaunchType == "FARGATE" }
	return slices.ContainsFunc(t.Capacity, onFargate) ||
		slices.Contains(names, "FARGATE") || slices.Contains(names, "FARGATE_SPOT")
}
