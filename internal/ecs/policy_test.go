package ecs

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/iam"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

// actAsStandalone makes this process call AWS with no more rights than the
// policy for the executor without Kubernetes gives, less the actions named.
func actAsStandalone(t *testing.T, env *localecstest.Env, less ...string) {
	t.Helper()
	document, err := os.ReadFile("../../config/aws/standalone-policy.json")
	if err != nil {
		t.Fatal(err)
	}
	filled := strings.NewReplacer("REGION", "us-east-1", "ACCOUNT", "123456789012", "CLUSTER", "ci").Replace(string(document))
	policy, err := iam.Parse([]byte(filled))
	if err != nil {
		t.Fatal(err)
	}
	if len(less) > 0 {
		policy.Statement = append(policy.Statement, iam.Statement{Effect: iam.Deny, Action: less, Resource: []string{"*"}})
	}
	env.SetPolicy("standalone", policy)
	t.Setenv("AWS_ACCESS_KEY_ID", "standalone")
}

// publicLaunch is a launch with all that takes permissions.
func publicLaunch() Launch {
	launch := testLaunch()
	launch.Template.Network.AssignPublicIP = v1alpha1.Enabled
	launch.Template.TaskRoleARN = "arn:aws:iam::123456789012:role/TASK_ROLE"
	launch.Template.ExecutionRoleARN = "arn:aws:iam::123456789012:role/EXECUTION_ROLE"
	return launch
}

func TestStandalonePolicy_JobWithoutKubernetes_IsAllowed(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	actAsStandalone(t, env)
	clients, launch := &Clients{}, publicLaunch()
	loc := LocationOf(launch.Template)
	if _, err := clients.TaskDefinition(t.Context(), loc, launch.Template.TaskDefinition); err != nil {
		t.Fatal(err)
	}
	watch := mustLaunch(t, clients, launch)
	watch.PublicIP = true
	await(t, startObservers(t, clients), watch, func(o Observation) bool { return o.Address.PublicIP != "" })

	owned, err := clients.ListOwned(t.Context(), loc, launch.Owner.Installation)
	if err != nil {
		t.Fatal(err)
	}
	if len(owned) != 1 {
		t.Errorf("%d own tasks, want one", len(owned))
	}
	found, err := clients.FindByOwner(t.Context(), loc, launch.Owner)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{watch.ARN}, found); diff != "" {
		t.Errorf("tasks differ (-want +got):\n%s", diff)
	}
	// The second time the task has lost its tags.
	for range 2 {
		if err := clients.Stop(t.Context(), loc, watch.ARN, "done"); err != nil {
			t.Error(err)
		}
	}
}

func TestStandalonePolicy_ActionMissing_IsNamed(t *testing.T) {
	for _, action := range []string{"ecs:RunTask", "ecs:TagResource", "iam:PassRole"} {
		env := localecstest.Start(t, localecs.Config{})
		actAsStandalone(t, env, action)
		_, err := (&Clients{}).Launch(t.Context(), publicLaunch())
		assertDenied(t, err, action)
	}
	env := localecstest.Start(t, localecs.Config{})
	actAsStandalone(t, env, "ecs:ListTasks")
	_, err := (&Clients{}).ListOwned(t.Context(), LocationOf(publicLaunch().Template), "test")
	assertDenied(t, err, "ecs:ListTasks")
}

func assertDenied(t *testing.T, err error, action string) {
	t.Helper()
	var fault *Error
	if !errors.As(err, &fault) || fault.Reason != v1alpha1.ReasonAccessDenied {
		t.Fatalf("got %v, want AccessDenied", err)
	}
	if _, fix, _ := strings.Cut(fault.Message, " ("); !strings.Contains(fix, " "+action) {
		t.Errorf("got %v, want a fix that names %s", err, action)
	}
}
