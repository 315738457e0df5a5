package localecs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/iam"
)

const (
	account   = "arn:aws:ecs:us-east-1:123456789012:"
	roleARN   = "arn:aws:iam::123456789012:role/"
	clusterCI = account + "cluster/ci"
)

// grant allows an action on a resource, if all conditions are met: pairs of a
// key and its value.
func grant(action, resource string, conditions ...string) iam.Statement {
	s := iam.Statement{Effect: iam.Allow, Action: []string{action}, Resource: []string{resource}}
	for i := 0; i < len(conditions); i += 2 {
		if s.Condition == nil {
			s.Condition = map[string]map[string][]string{"StringEquals": {}}
		}
		s.Condition["StringEquals"][conditions[i]] = []string{conditions[i+1]}
	}
	return s
}

// limit limits the test's own client from here on.
func (e *env) limit(statements ...iam.Statement) {
	e.server.SetPolicy("id", &iam.Policy{Statement: statements})
}

// calls are the calls whose permissions depend on what is asked for.
var calls = map[string]func(e *env, task string) error{
	"RunTask": func(e *env, _ string) error {
		_, err := e.ecs.RunTask(e.Context(), request(func(in *ecs.RunTaskInput) {
			in.Tags = []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}}
			in.Overrides = &types.TaskOverride{TaskRoleArn: aws.String(roleARN + "task"), ExecutionRoleArn: aws.String(roleARN + "execution")}
		}))
		return err
	},
	"StopTask": func(e *env, task string) error {
		_, err := e.ecs.StopTask(e.Context(), &ecs.StopTaskInput{Cluster: aws.String("ci"), Task: &task})
		return err
	},
	"DescribeTasks": func(e *env, task string) error {
		_, err := e.ecs.DescribeTasks(e.Context(), &ecs.DescribeTasksInput{Cluster: aws.String("ci"), Tasks: []string{task}})
		return err
	},
	"ListTasks": func(e *env, _ string) error {
		_, err := e.ecs.ListTasks(e.Context(), &ecs.ListTasksInput{Cluster: aws.String("ci")})
		return err
	},
	"DescribeClusters": func(e *env, _ string) error {
		_, err := e.ecs.DescribeClusters(e.Context(), &ecs.DescribeClustersInput{Clusters: []string{"ci"}})
		return err
	},
	"DescribeTaskDefinition": func(e *env, _ string) error {
		_, err := e.ecs.DescribeTaskDefinition(e.Context(), &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String("job")})
		return err
	},
	"TagResource": func(e *env, task string) error {
		_, err := e.ecs.TagResource(e.Context(), &ecs.TagResourceInput{
			ResourceArn: &task, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}},
		})
		return err
	},
}

func TestSetPolicy_Call_NeedsAllItsPermissions(t *testing.T) {
	pass := func(role string) iam.Statement {
		return grant("iam:PassRole", roleARN+role, "iam:PassedToService", "ecs-tasks.amazonaws.com")
	}
	runTask := grant("ecs:RunTask", account+"task-definition/job:1", "ecs:cluster", clusterCI, "aws:RequestTag/team", "a")
	tagTasks := grant("ecs:TagResource", account+"task/ci/*", "ecs:CreateAction", "RunTask", "aws:RequestTag/team", "a")
	for name, test := range map[string]struct {
		call    string
		granted []iam.Statement
		// refused is the action that is missing, if any.
		refused string
	}{
		"RunTask":                      {"RunTask", []iam.Statement{runTask, tagTasks, pass("task"), pass("execution")}, ""},
		"RunTask, nothing":             {"RunTask", nil, "ecs:RunTask"},
		"RunTask, no tags":             {"RunTask", []iam.Statement{runTask, pass("task"), pass("execution")}, "ecs:TagResource"},
		"RunTask, tags by another way": {"RunTask", []iam.Statement{runTask, grant("ecs:TagResource", "*", "ecs:CreateAction", "CreateCluster")}, "ecs:TagResource"},
		"RunTask, one role":            {"RunTask", []iam.Statement{runTask, tagTasks, pass("task")}, "iam:PassRole"},
		"RunTask, other tag":           {"RunTask", []iam.Statement{grant("ecs:RunTask", "*", "aws:RequestTag/team", "b")}, "ecs:RunTask"},
		"RunTask, other cluster":       {"RunTask", []iam.Statement{grant("ecs:RunTask", "*", "ecs:cluster", clusterCI+"2")}, "ecs:RunTask"},
		"StopTask":                     {"StopTask", []iam.Statement{grant("ecs:StopTask", account+"task/ci/*", "ecs:cluster", clusterCI)}, ""},
		"StopTask, other cluster":      {"StopTask", []iam.Statement{grant("ecs:StopTask", account+"task/other/*")}, "ecs:StopTask"},
		"DescribeTasks":                {"DescribeTasks", []iam.Statement{grant("ecs:DescribeTasks", account+"task/ci/*", "ecs:cluster", clusterCI)}, ""},
		"DescribeTasks, other cluster": {"DescribeTasks", []iam.Statement{grant("ecs:DescribeTasks", "*", "ecs:cluster", clusterCI+"2")}, "ecs:DescribeTasks"},
		"ListTasks":                    {"ListTasks", []iam.Statement{grant("ecs:ListTasks", "*", "ecs:cluster", clusterCI)}, ""},
		"ListTasks of an instance":     {"ListTasks", []iam.Statement{grant("ecs:ListTasks", account+"container-instance/ci/*")}, "ecs:ListTasks"},
		"DescribeClusters":             {"DescribeClusters", []iam.Statement{grant("ecs:DescribeClusters", clusterCI)}, ""},
		"DescribeClusters, other":      {"DescribeClusters", []iam.Statement{grant("ecs:DescribeClusters", clusterCI+"2")}, "ecs:DescribeClusters"},
		"DescribeTaskDefinition":       {"DescribeTaskDefinition", []iam.Statement{grant("ecs:DescribeTaskDefinition", "*")}, ""},
		"DescribeTaskDefinition, one":  {"DescribeTaskDefinition", []iam.Statement{grant("ecs:DescribeTaskDefinition", account+"task-definition/*")}, "ecs:DescribeTaskDefinition"},
		"TagResource":                  {"TagResource", []iam.Statement{grant("ecs:TagResource", account+"task/ci/*", "aws:RequestTag/team", "a")}, ""},
		"TagResource, in creation":     {"TagResource", []iam.Statement{grant("ecs:TagResource", "*", "ecs:CreateAction", "RunTask")}, "ecs:TagResource"},
	} {
		t.Run(name, func(t *testing.T) {
			e := start(t)
			task := e.run()
			e.limit(test.granted...)
			err := calls[test.call](e, task)
			if test.refused != "" {
				e.wantError(err, "AccessDeniedException", "is not authorized to perform: "+test.refused+" on resource: ")
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSetPolicy_RolesOfTheTaskDefinition_MustBePassedToo(t *testing.T) {
	e := start(t)
	in := definition("roles", shell("main", "true"))
	in.ExecutionRoleArn = aws.String(roleARN + "execution")
	if _, err := e.ecs.RegisterTaskDefinition(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	e.limit(grant("ecs:RunTask", "*"))
	_, err := e.ecs.RunTask(t.Context(), request(func(in *ecs.RunTaskInput) { in.TaskDefinition = aws.String("roles") }))
	e.wantError(err, "AccessDeniedException", "iam:PassRole on resource: "+roleARN+"execution")
}

func TestSetPolicy_RefusedCall_DoesNothing(t *testing.T) {
	e := start(t)
	e.limit(grant("ecs:ListTasks", "*"), grant("ecs:RunTask", "*"))
	e.wantError(calls["RunTask"](e, ""), "AccessDeniedException", "ecs:TagResource")
	out, err := e.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: aws.String("ci")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{}, out.TaskArns, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("tasks differ (-want +got):\n%s", diff)
	}
}

func TestSetPolicy_Refusal_ReadsAsAWSWritesIt(t *testing.T) {
	e := start(t)
	e.limit()
	_, err := e.ec2.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{})
	e.wantError(err, "UnauthorizedOperation", "You are not authorized to perform this operation. "+
		"User: arn:aws:sts::123456789012:assumed-role/id/local is not authorized to perform: ec2:DescribeSubnets on resource: * "+
		"because no identity-based policy allows the ec2:DescribeSubnets action")
	e.limit(iam.Statement{Effect: iam.Deny, Action: []string{"*"}, Resource: []string{"*"}})
	e.wantError(calls["DescribeTaskDefinition"](e, ""), "AccessDeniedException", "with an explicit deny in an identity-based policy")
}

func TestSetPolicy_OtherCallers_AreNotLimited(t *testing.T) {
	e := start(t)
	e.server.SetPolicy("another", &iam.Policy{})
	e.run()
}
