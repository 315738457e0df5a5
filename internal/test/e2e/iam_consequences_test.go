package e2e

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

// iamRoles precedes the name of a role in its ARN.
const iamRoles = "arn:aws:iam::" + devstack.Account + ":role/"

// consequences are those in the table of docs/aws-permissions.md, for each action
// that the manager lacks.
var consequences = map[string]func(t *testing.T, action string){
	"ecs:RunTask":                   assertNoJobStarts,
	"ecs:TagResource":               assertNoJobStarts,
	"iam:PassRole":                  assertNoJobStarts,
	"ecs:DescribeTaskDefinition":    assertNoJobStarts,
	"ecs:DescribeTasks":             assertTaskIsStoppedAgain,
	"ecs:StopTask":                  assertJobIsNotLetGo,
	"ecs:ListTasks":                 assertJobInLaunchIsNotLetGo,
	"ec2:DescribeNetworkInterfaces": assertTaskIsStoppedAgain,
	"ecs:DescribeClusters":          assertCheckIsUnknown(v1alpha1.ConditionClusterActive),
	"ec2:DescribeSubnets":           assertCheckIsUnknown(v1alpha1.ConditionNetworkUsable),
	"ec2:DescribeSecurityGroups":    assertCheckIsUnknown(v1alpha1.ConditionNetworkUsable),
}

func assertNoJobStarts(t *testing.T, action string) {
	t.Helper()
	createClass(t, withRoles)
	awaitDenied(t, createJob(t), action)
	if tasks, err := stack.Tasks(t.Context()); err != nil || tasks != 0 {
		t.Errorf("%d tasks run (%v), want none", tasks, err)
	}
}

func assertTaskIsStoppedAgain(t *testing.T, action string) {
	t.Helper()
	createClass(t, func(s *v1alpha1.FargateTaskClassSpec) {
		s.Network.AssignPublicIP, s.Network.ConnectVia = v1alpha1.Enabled, v1alpha1.PublicIP
	})
	awaitDenied(t, createJob(t), action)
	eventually.Shows(t, "the task is stopped", func() (bool, string) {
		tasks, err := stack.Tasks(context.Background())
		return tasks == 0 && err == nil, ""
	})
}

func assertJobIsNotLetGo(t *testing.T, action string) {
	t.Helper()
	createClass(t, nil)
	job := createJob(t)
	awaitReady(t, job)
	deleteObject(t, job)
	awaitStopFailed(t, job, action)
	if tasks, err := stack.Tasks(t.Context()); err != nil || tasks != 1 {
		t.Errorf("%d tasks run (%v), want the job's", tasks, err)
	}
}

func assertJobInLaunchIsNotLetGo(t *testing.T, action string) {
	t.Helper()
	createClass(t, nil)
	stack.AWS.FailNext("RunTask", 1000, localecs.DropFault())
	t.Cleanup(stack.AWS.Reset)
	job := createJob(t)
	awaitCondition(t, job, v1alpha1.ConditionLaunched, metav1.ConditionFalse, v1alpha1.ReasonRetrying)
	deleteObject(t, job)
	awaitStopFailed(t, job, action)
	patch := client.RawPatch(client.Merge.Type(), []byte(`{"metadata":{"annotations":{"`+v1alpha1.ForceDeleteAnnotation+`":"true"}}}`))
	if err := stack.Client.Patch(t.Context(), job, patch); err != nil {
		t.Fatal(err)
	}
}

// assertCheckIsUnknown returns the consequence that a class' check is Unknown.
func assertCheckIsUnknown(check string) func(*testing.T, string) {
	return func(t *testing.T, action string) {
		t.Helper()
		class := createClass(t, nil)
		eventually.Shows(t, "the check is Unknown", func() (bool, string) {
			if err := stack.Client.Get(context.Background(), client.ObjectKeyFromObject(class), class); err != nil {
				t.Fatal(err)
			}
			found := meta.FindStatusCondition(class.Status.Conditions, check)
			return found != nil && found.Status == metav1.ConditionUnknown && found.Reason == v1alpha1.ReasonAccessDenied &&
				strings.Contains(found.Message, action), cmp.Diff(nil, class.Status.Conditions)
		})
		awaitReady(t, createJob(t))
	}
}

func withRoles(s *v1alpha1.FargateTaskClassSpec) {
	s.TaskRoleARN, s.ExecutionRoleARN = iamRoles+"TASK_ROLE", iamRoles+"EXECUTION_ROLE"
}
