package ecs

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

func TestStop_Task_IsStoppedWithTheReason(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	clients := &Clients{}
	launch := testLaunch()
	task, err := clients.Launch(t.Context(), launch)
	if err != nil {
		t.Fatal(err)
	}
	loc := LocationOf(launch.Template)
	// A second stop of the same task is not an error.
	for range 2 {
		if err := clients.Stop(t.Context(), loc, task.ARN, "enough"); err != nil {
			t.Fatal(err)
		}
	}
	stopped := env.Tasks(t)[0]
	if aws.ToString(stopped.DesiredStatus) != Stopped || aws.ToString(stopped.StoppedReason) != "enough" {
		t.Errorf("desired status %s, reason %q", aws.ToString(stopped.DesiredStatus), aws.ToString(stopped.StoppedReason))
	}
}

func TestStop_LongReason_IsShortened(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	clients := &Clients{}
	watch := mustLaunch(t, clients, testLaunch())
	if err := clients.Stop(t.Context(), watch.Location, watch.ARN, strings.Repeat("ü", 300)); err != nil {
		t.Fatal(err)
	}
	if got := aws.ToString(env.Tasks(t)[0].StoppedReason); got != strings.Repeat("ü", 254)+"…" {
		t.Errorf("the reason is %q", got)
	}
}

func TestStop_NothingToStop_Succeeds(t *testing.T) {
	localecstest.Start(t, localecs.Config{})
	clients := &Clients{}
	const arn = "arn:aws:ecs:us-east-1:123456789012:task/ci/0123456789abcdef0123456789abcdef"
	for _, cluster := range []string{"ci", "gone"} {
		if err := clients.Stop(t.Context(), Location{Region: "us-east-1", Cluster: cluster}, arn, "x"); err != nil {
			t.Errorf("cluster %s: %v", cluster, err)
		}
	}
}

func TestStop_Denied_IsAnError(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	env.FailNext("StopTask", 1, localecs.ErrorFault(localecs.APIError{Code: "AccessDeniedException", Message: "no", Status: 400}))
	err := (&Clients{}).Stop(t.Context(), Location{Region: "us-east-1", Cluster: "ci"}, "arn", "x")
	var fault *Error
	if !errors.As(err, &fault) || fault.Reason != v1alpha1.ReasonAccessDenied {
		t.Errorf("got %v, want AccessDenied", err)
	}
}

func TestFindByOwner_FindsTheJobsTaskAlone(t *testing.T) {
	localecstest.Start(t, localecs.Config{})
	clients := &Clients{}
	launch, other := testLaunch(), testLaunch()
	other.Owner.UID = "another"
	task, err := clients.Launch(t.Context(), launch)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := clients.Launch(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	found, err := clients.FindByOwner(t.Context(), LocationOf(launch.Template), launch.Owner)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{task.ARN}, found); diff != "" {
		t.Errorf("found differs (-want +got):\n%s", diff)
	}
}

func TestFindByOwner_ClusterGone_FindsNothing(t *testing.T) {
	localecstest.Start(t, localecs.Config{})
	found, err := (&Clients{}).FindByOwner(t.Context(), Location{Region: "us-east-1", Cluster: "gone"}, Owner{Installation: "a", UID: "b"})
	if err != nil || len(found) != 0 {
		t.Errorf("found %v, %v; want nothing", found, err)
	}
}
