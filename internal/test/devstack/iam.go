package devstack

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/fargate-operator/fargate-operator/internal/test/controlplane"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/iam"
)

// ManagerAccessKey is the manager's access key. The local ECS allows it what
// ManagerPolicy allows, and nothing else.
const ManagerAccessKey = "manager"

// ManagerPolicy is the controller's policy from config/aws for the stack's
// cluster. The roles that it may pass keep their placeholders, such as TASK_ROLE.
func ManagerPolicy() (*iam.Policy, error) { return policy("controller-policy.json") }

// RunnerPolicy is the policy from config/aws for a runner without Kubernetes, for
// the stack's cluster.
func RunnerPolicy() (*iam.Policy, error) { return policy("standalone-policy.json") }

func policy(name string) (*iam.Policy, error) {
	crds, err := controlplane.CRDDir()
	if err != nil {
		return nil, err
	}
	config := filepath.Dir(crds)
	document, err := os.ReadFile(filepath.Join(config, "aws", name))
	if err != nil {
		return nil, err
	}
	fill := strings.NewReplacer("REGION", Region, "ACCOUNT", Account, "CLUSTER", Cluster, "LOG_GROUP", LogGroup)
	return iam.Parse([]byte(fill.Replace(string(document))))
}
