package inspect

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

func TestVPCs_LeaveOutWhatDoesNotExist(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{SecurityGroups: []string{"sg-a", "sg-b"}})
	inspector := newInspector()
	tests := map[string]struct {
		look   func(context.Context, ecs.Location, []string) (map[string]string, error)
		action string
		ids    []string
		want   map[string]string
		calls  int
	}{
		"all subnets":          {inspector.VPCsOfSubnets, "DescribeSubnets", []string{"subnet-local-a", "subnet-local-b"}, map[string]string{"subnet-local-a": "vpc-local", "subnet-local-b": "vpc-local"}, 1},
		"one subnet missing":   {inspector.VPCsOfSubnets, "DescribeSubnets", []string{"subnet-0", "subnet-local-a"}, map[string]string{"subnet-local-a": "vpc-local"}, 3},
		"the subnet missing":   {inspector.VPCsOfSubnets, "DescribeSubnets", []string{"subnet-0"}, map[string]string{}, 1},
		"all groups":           {inspector.VPCsOfSecurityGroups, "DescribeSecurityGroups", []string{"sg-a", "sg-b"}, map[string]string{"sg-a": "vpc-local", "sg-b": "vpc-local"}, 1},
		"one group missing":    {inspector.VPCsOfSecurityGroups, "DescribeSecurityGroups", []string{"sg-a", "sg-0"}, map[string]string{"sg-a": "vpc-local"}, 3},
		"no groups to look up": {inspector.VPCsOfSecurityGroups, "DescribeSecurityGroups", nil, nil, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			env.Reset()
			got, err := test.look(t.Context(), testLocation, test.ids)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("VPCs differ (-want +got):\n%s", diff)
			}
			if calls := env.Calls()[test.action]; calls != test.calls {
				t.Errorf("%d calls, want %d", calls, test.calls)
			}
		})
	}
}

func TestVPCs_Denied_NamesThePermission(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	inspector := newInspector()
	denied := localecs.ErrorFault(localecs.APIError{Code: "UnauthorizedOperation", Message: "You are not authorized to perform this operation.", Status: 403})
	unknown := localecs.ErrorFault(localecs.APIError{Code: "InvalidSubnetID.NotFound", Message: "The subnet ID 'subnet-0' does not exist", Status: 400})
	env.FailNext("DescribeSubnets", 1, unknown)
	env.FailNext("DescribeSubnets", 1, denied)
	env.FailNext("DescribeSecurityGroups", 1, denied)
	for action, look := range map[string]func(context.Context, ecs.Location, []string) (map[string]string, error){
		"ec2:DescribeSubnets":        inspector.VPCsOfSubnets,
		"ec2:DescribeSecurityGroups": inspector.VPCsOfSecurityGroups,
	} {
		_, err := look(t.Context(), testLocation, []string{"id-1", "id-2"})
		var fault *ecs.Error
		if !errors.As(err, &fault) || fault.Reason != v1alpha1.ReasonAccessDenied {
			t.Errorf("got %v, want AccessDenied", err)
			continue
		}
		want := "(give the identity in use the permission " + action + ", see docs/aws-permissions.md)"
		if got := fault.Message[len(fault.Message)-len(want):]; got != want {
			t.Errorf("%q does not end in %q", fault.Message, want)
		}
	}
}
