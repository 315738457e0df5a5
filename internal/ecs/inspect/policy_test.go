package inspect

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/iam"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

// standalonePolicy is the policy for the executor without Kubernetes.
func standalonePolicy(t *testing.T) *iam.Policy {
	t.Helper()
	document, err := os.ReadFile("../../../config/aws/standalone-policy.json")
	if err != nil {
		t.Fatal(err)
	}
	filled := strings.NewReplacer("REGION", "us-east-1", "ACCOUNT", "123456789012", "CLUSTER", "ci").Replace(string(document))
	policy, err := iam.Parse([]byte(filled))
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

func TestStandalonePolicy_ChecksOfClasses_AreRefused(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	env.SetPolicy("standalone", standalonePolicy(t))
	t.Setenv("AWS_ACCESS_KEY_ID", "standalone")
	inspector := newInspector()
	for action, check := range map[string]func() error{
		"ecs:DescribeClusters": func() error {
			_, err := inspector.Cluster(t.Context(), testLocation)
			return err
		},
		"ec2:DescribeSubnets": func() error {
			_, err := inspector.VPCsOfSubnets(t.Context(), testLocation, []string{"subnet-local-a"})
			return err
		},
		"ec2:DescribeSecurityGroups": func() error {
			_, err := inspector.VPCsOfSecurityGroups(t.Context(), testLocation, []string{"sg-local"})
			return err
		},
	} {
		err := check()
		var fault *ecs.Error
		if !errors.As(err, &fault) || fault.Reason != v1alpha1.ReasonAccessDenied || !strings.Contains(fault.Message, "the permission "+action+",") {
			t.Errorf("got %v, want AccessDenied that names %s", err, action)
		}
	}
}
