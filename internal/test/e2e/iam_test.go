package e2e

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/iam"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

// All tests of this package run the manager with config/aws/controller-policy.json
// and nothing else, which shows that the policy is enough. The tests here show
// that it is not more than that.

func TestPermissions_OneActionMissing_HasTheDocumentedConsequence(t *testing.T) {
	var allowed []string
	for _, statement := range managerPolicy(t).Statement {
		allowed = append(allowed, statement.Action...)
	}
	slices.Sort(allowed)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(consequences)), allowed); diff != "" {
		t.Fatalf("the policy's actions differ from those that are tested (-tested +policy):\n%s", diff)
	}
	for action, assert := range consequences {
		t.Run(action, func(t *testing.T) {
			policy := managerPolicy(t)
			for i := range policy.Statement {
				s := &policy.Statement[i]
				s.Action = slices.DeleteFunc(s.Action, func(a string) bool { return a == action })
			}
			stack.AWS.SetPolicy(devstack.ManagerAccessKey, policy)
			t.Cleanup(func() {
				stack.AWS.SetPolicy(devstack.ManagerAccessKey, managerPolicy(t))
				assertNothingLeft(t)
			})
			assert(t, action)
		})
	}
}

func TestPermissions_RolesOfTheClass_MayBePassedAsDocumented(t *testing.T) {
	t.Cleanup(func() { assertNothingLeft(t) })
	createClass(t, withRoles)
	awaitReady(t, createJob(t))
}

func TestPermissions_ClassOfAnotherCluster_IsRefused(t *testing.T) {
	t.Cleanup(func() { assertNothingLeft(t) })
	admin, err := stack.ECS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := seed.Cluster(t.Context(), admin, "other"); err != nil {
		t.Fatal(err)
	}
	createClass(t, func(s *v1alpha1.FargateTaskClassSpec) { s.Cluster = "other" })
	awaitDenied(t, createJob(t), "ecs:RunTask")
}

func TestPermissions_CallOutsideThePolicy_IsRefused(t *testing.T) {
	sdk, err := config.LoadDefaultConfig(t.Context(),
		config.WithRegion(devstack.Region),
		config.WithBaseEndpoint(stack.AWS.URL()),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(devstack.ManagerAccessKey, "local", "")),
	)
	if err != nil {
		t.Fatal(err)
	}
	manager, network := ecs.NewFromConfig(sdk), ec2.NewFromConfig(sdk)
	task := "arn:aws:ecs:" + devstack.Region + ":" + devstack.Account + ":task/" + devstack.Cluster + "/0123456789abcdef0123456789abcdef"
	tag := []types.Tag{{Key: aws.String("ci.fargate-operator.dev/installation"), Value: aws.String("x")}}
	runTask := func(change func(*ecs.RunTaskInput)) error {
		in := &ecs.RunTaskInput{Cluster: aws.String(devstack.Cluster), TaskDefinition: aws.String(devstack.TaskDefinition), Tags: tag}
		change(in)
		_, err := manager.RunTask(t.Context(), in)
		return err
	}
	for name, test := range map[string]struct {
		call func() error
		want string
	}{
		"task in another cluster": {func() error {
			return runTask(func(in *ecs.RunTaskInput) { in.Cluster = aws.String("other") })
		}, "perform: ecs:RunTask"},
		"task without the tag": {func() error {
			return runTask(func(in *ecs.RunTaskInput) { in.Tags = nil })
		}, "perform: ecs:RunTask"},
		"task with another role": {func() error {
			return runTask(func(in *ecs.RunTaskInput) {
				in.Overrides = &types.TaskOverride{TaskRoleArn: aws.String(iamRoles + "admin")}
			})
		}, "perform: iam:PassRole"},
		"stop in another cluster": {func() error {
			_, err := manager.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: aws.String("other"), Task: aws.String("0123")})
			return err
		}, "perform: ecs:StopTask"},
		"tags of a running task": {func() error {
			_, err := manager.TagResource(t.Context(), &ecs.TagResourceInput{ResourceArn: &task, Tags: tag})
			return err
		}, "perform: ecs:TagResource"},
		"task definition": {func() error {
			_, err := manager.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{Family: aws.String("x"), ContainerDefinitions: []types.ContainerDefinition{}})
			return err
		}, "perform: ecs:RegisterTaskDefinition"},
		"another service's resources": {func() error {
			_, err := network.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
			return err
		}, "UnauthorizedOperation"},
	} {
		if err := test.call(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want a refusal with %q", name, err, test.want)
		}
	}
}

func managerPolicy(t *testing.T) *iam.Policy {
	t.Helper()
	policy, err := devstack.ManagerPolicy()
	if err != nil {
		t.Fatal(err)
	}
	return policy
}
