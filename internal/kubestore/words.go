package kubestore

import (
	"fmt"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/internal/executor"
)

// Words names a job with its namespace and points to the controller and to
// kubectl.
func (s *Store) Words(key types.NamespacedName) executor.Words {
	return executor.Words{
		Job:        "FargateJob " + key.String(),
		Unattended: fmt.Sprintf("check that Fargate Operator's controller is running, holds its lease and watches namespace %s, and read its log", key.Namespace),
		Overdue:    "the controller has left it alone: check that the controller is running and read its log",
		Vanished:   "find out by whom (the owner reference to the runner's pod deletes it with the pod)",
		Undeleted:  fmt.Sprintf("its task runs until its active deadline: delete it by hand (kubectl -n %s delete fargatejob %s)", key.Namespace, key.Name),
	}
}
