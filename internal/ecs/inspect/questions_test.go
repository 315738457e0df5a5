package inspect

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

func TestIdentity_IsWhoCalls(t *testing.T) {
	localecstest.Start(t, localecs.Config{})
	identity, err := newInspector().Identity(t.Context(), testLocation)
	if err != nil || !strings.HasPrefix(identity, "arn:aws:") {
		t.Errorf("got %q, %v; want an ARN", identity, err)
	}
}

func TestIdentity_Refused_IsAccessDenied(t *testing.T) {
	for code, want := range map[string]string{
		"ExpiredToken":         "the AWS credentials have expired: renew them",
		"InvalidClientTokenId": "asking STS for the identity in use: InvalidClientTokenId",
	} {
		env := localecstest.Start(t, localecs.Config{})
		env.FailNext("GetCallerIdentity", 9, localecs.ErrorFault(localecs.APIError{Code: code, Message: "no", Status: 403}))
		_, err := newInspector().Identity(t.Context(), testLocation)
		var fault *ecs.Error
		if !errors.As(err, &fault) || fault.Reason != v1alpha1.ReasonAccessDenied || !strings.HasPrefix(fault.Message, want) {
			t.Errorf("%s: got %v, want AccessDenied: %s", code, err, want)
		}
	}
}

func TestSourcesOf_RulesForThePort_OfAllGroups(t *testing.T) {
	localecstest.Start(t, localecs.Config{
		SecurityGroups: []string{"sg-a", "sg-b", "sg-c"},
		Ingress: map[string][]localecs.Rule{
			"sg-a": {{First: 22, Last: 22, From: "10.0.0.0/16"}, {First: 80, Last: 80, From: "0.0.0.0/0"}},
			"sg-b": {{First: 1, Last: 22, From: "sg-runner"}, {First: 22, Last: 65535, From: "fd00::/8"}},
			"sg-c": {{First: 23, Last: 65535, From: "192.0.2.0/24"}, {First: 1, Last: 21, From: "192.0.2.0/24"}},
		},
	})
	sources, err := newInspector().SourcesOf(t.Context(), testLocation, []string{"sg-a", "sg-b", "sg-c"}, 22)
	if err != nil {
		t.Fatal(err)
	}
	want := []Source{{CIDR: "10.0.0.0/16"}, {Group: "sg-runner"}, {CIDR: "fd00::/8"}}
	if diff := cmp.Diff(want, sources); diff != "" {
		t.Errorf("sources differ (-want +got):\n%s", diff)
	}
}

func TestRoutesOf_EachSubnet_HasThoseOfItsTable(t *testing.T) {
	localecstest.Start(t, localecs.Config{Subnets: []localecs.Subnet{
		{ID: "subnet-public", Zone: "a", Way: "igw-1"}, {ID: "subnet-private", Zone: "a", Way: "nat-1"}, {ID: "subnet-isolated", Zone: "a"},
	}})
	routes, err := newInspector().RoutesOf(t.Context(), testLocation, "vpc-local", []string{"subnet-public", "subnet-private", "subnet-isolated"})
	if err != nil {
		t.Fatal(err)
	}
	local := Route{To: netip.MustParsePrefix("10.0.0.0/16"), Target: Local}
	want := map[string][]Route{
		"subnet-public":   {local, {To: everywhere, Target: "igw-1"}},
		"subnet-private":  {local, {To: everywhere, Target: "nat-1"}},
		"subnet-isolated": {local},
	}
	if diff := cmp.Diff(want, routes, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
		t.Errorf("routes differ (-want +got):\n%s", diff)
	}
}

func TestEndpointsOfVPC_AreNamedWithoutTheirRegion(t *testing.T) {
	localecstest.Start(t, localecs.Config{Endpoints: []string{"ecr.api", "s3"}})
	endpoints, err := newInspector().EndpointsOfVPC(t.Context(), testLocation, "vpc-local")
	if err != nil {
		t.Fatal(err)
	}
	want := []Endpoint{{ID: "vpce-ecr.api", Service: "ecr.api"}, {ID: "vpce-s3", Service: "s3"}}
	if diff := cmp.Diff(want, endpoints); diff != "" {
		t.Errorf("endpoints differ (-want +got):\n%s", diff)
	}
}

func TestQuota_LimitsAndWhatTasksUseOfThem_AreInVCPUs(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{Quotas: map[string]float64{"L-3032A538": 4, "L-36FBB829": 2}})
	for _, provider := range []string{"FARGATE", "FARGATE", "FARGATE_SPOT"} {
		if _, err := env.Client.RunTask(t.Context(), &awsecs.RunTaskInput{
			Cluster: aws.String("ci"), TaskDefinition: aws.String("ci"),
			CapacityProviderStrategy: []types.CapacityProviderStrategyItem{{CapacityProvider: aws.String(provider)}},
			NetworkConfiguration:     &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-local-a"}}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	inspector := newInspector()
	for quota, want := range map[VCPUQuota]float64{OnDemandVCPUs: 4, SpotVCPUs: 2} {
		if limit, err := inspector.Quota(t.Context(), testLocation, quota); err != nil || limit != want {
			t.Errorf("%s: got %g, %v; want %g", quota, limit, err, want)
		}
	}
	used, err := inspector.VCPUsInUse(t.Context(), testLocation)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[VCPUQuota]float64{OnDemandVCPUs: 0.5, SpotVCPUs: 0.25}, used); diff != "" {
		t.Errorf("use differs (-want +got):\n%s", diff)
	}
}

func TestPermissions_EachRefusal_IsOfItsAction(t *testing.T) {
	all := []string{"ecs:StopTask", "ecs:DescribeTasks", "ecs:ListTasks", "ec2:DescribeNetworkInterfaces"}
	for i, action := range append(all, "none") {
		env := localecstest.Start(t, localecs.Config{})
		_, operation, _ := strings.Cut(action, ":")
		env.FailNext(operation, 9, localecs.ErrorFault(localecs.APIError{Code: "AccessDeniedException", Message: "no", Status: 400}))
		permissions := newInspector().Permissions(t.Context(), testLocation, true)
		if len(permissions) != len(all) {
			t.Fatalf("%d permissions, want %d", len(permissions), len(all))
		}
		for j, permission := range permissions {
			if permission.Action != all[j] || (permission.Err != nil) != (i == j) {
				t.Errorf("without %s: %s is allowed unless %v", action, permission.Action, permission.Err)
			}
		}
		if calls := env.Calls()["RunTask"]; calls > 0 {
			t.Errorf("%d calls that change something", calls)
		}
	}
	localecstest.Start(t, localecs.Config{})
	if private := newInspector().Permissions(t.Context(), testLocation, false); len(private) != 3 {
		t.Errorf("%d permissions are tried for tasks without a public address, want 3", len(private))
	}
}

func TestLogGroupExists(t *testing.T) {
	log := ecs.ContainerLog{Group: "g", Region: "us-west-2", StreamPrefix: "p"}
	absent := func(what string) localecs.Fault {
		return localecs.ErrorFault(localecs.APIError{Code: "ResourceNotFoundException", Message: "The specified log " + what + " does not exist."})
	}
	for name, test := range map[string]struct {
		fault  localecs.Fault
		exists bool
		fails  bool
	}{
		"no group":  {absent("group"), false, false},
		"no stream": {absent("stream"), true, false},
		"denied":    {localecs.ErrorFault(localecs.APIError{Code: "AccessDeniedException", Message: "no"}), false, true},
	} {
		t.Run(name, func(t *testing.T) {
			env := localecstest.Start(t, localecs.Config{})
			env.FailNext("GetLogEvents", 9, test.fault)
			exists, err := newInspector().LogGroupExists(t.Context(), testLocation, log, "c")
			if exists != test.exists || (err != nil) != test.fails {
				t.Errorf("got %t, %v; want %t, an error: %t", exists, err, test.exists, test.fails)
			}
		})
	}
}
