package doctor

import (
	"cmp"
	"context"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/driverconfig"
	"github.com/fargate-operator/fargate-operator/internal/executor"
)

// noJob is the name of a FargateJob that is never created.
const noJob = "fargate-doctor"

// Store asks the API server to delete a FargateJob that does not exist: it
// checks permissions first.
func Store(ctx context.Context, open func() (executor.JobStore, string, error)) Finding {
	const subject = "kubernetes"
	store, namespace, err := open()
	if err == nil {
		err = store.Delete(ctx, types.NamespacedName{Namespace: namespace, Name: noJob})
	}
	if err != nil {
		return Finding{
			Level: Failure, Subject: subject, What: err.Error(),
			Why: "the executor keeps its jobs there", Fix: "as the message says; the permissions of a runner are in config/rbac/runner.yaml",
		}
	}
	return okf(subject, "the API server answers, and lets this runner delete FargateJobs in namespace %s", namespace)
}

// InCluster is the finding that replaces Examine where the class is not
// available.
func InCluster(config *driverconfig.Kubernetes) Finding {
	get := "kubectl get fargatetaskclass " + config.TaskClass
	if config.Namespace != "" {
		get += " --namespace " + config.Namespace
	}
	return Finding{
		Level: Warning, Subject: "task class", What: fmt.Sprintf("not checked: FargateTaskClass %s is in the cluster, and this command does not read it", config.TaskClass),
		Why: "the controller has checked it, and launches the tasks; this machine needs no permissions in AWS",
		Fix: get + " -o wide\nfor all checks, with the controller's credentials: " + get + " -o yaml >class.yaml, then add --class-file class.yaml",
	}
}

// ReadClass reads a FargateTaskClass from a file, as people write it or as
// kubectl shows it.
func ReadClass(path string) (*v1alpha1.FargateTaskClass, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the class, correct --class-file: %w", err)
	}
	class := &v1alpha1.FargateTaskClass{}
	if err := yaml.UnmarshalStrict(text, class); err != nil {
		return nil, fmt.Errorf("%s is not a FargateTaskClass: %w", path, err)
	}
	if class.Kind != "FargateTaskClass" || class.Spec.Region == "" || class.Spec.Cluster == "" {
		return nil, fmt.Errorf("%s is not a FargateTaskClass: it needs that kind, spec.region and spec.cluster", path)
	}
	spec := &class.Spec
	spec.ContainerName = cmp.Or(spec.ContainerName, v1alpha1.DefaultContainerName)
	spec.SSH.Port = cmp.Or(spec.SSH.Port, 22)
	return class, nil
}
