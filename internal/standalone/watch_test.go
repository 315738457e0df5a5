package standalone

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/executor"
	"github.com/fargate-operator/fargate-operator/internal/lifecycle"
	"github.com/fargate-operator/fargate-operator/internal/test/bound"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

func TestJob_FromCreationToEnd(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	store := w.open(t)
	create(t, store)
	job := watchUntil(t, store, isReady)
	if job.Status.Address == nil || job.Status.Address.Host == "" || job.Status.Address.Port != 22 {
		t.Errorf("address %+v, want a host and port 22", job.Status.Address)
	}
	if info, err := os.Stat(w.statePath()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the state file has mode %v (%v), want 0600", info.Mode(), err)
	}
	tasks := w.AWS.Tasks(t)
	if len(tasks) != 1 {
		t.Fatalf("%d tasks, want 1", len(tasks))
	}
	if got, want := aws.ToString(tasks[0].StartedBy), "fargate-operator/"+store.installation.id+"/"+string(job.UID); got != want {
		t.Errorf("startedBy %s, want %s", got, want)
	}
	remove(t, w.open(t)) // another process
	w.wantNothingLeft(t)
	if err := w.open(t).Watch(t.Context(), key, nil); !errors.Is(err, executor.ErrJobGone) {
		t.Errorf("to watch a job that is gone: %v", err)
	}
	remove(t, w.open(t))
}

func TestWatch_EveryStateIsWrittenDownBeforeItIsSeen(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	store := w.open(t)
	create(t, store)
	attempted := false
	watchUntil(t, store, func(job *v1alpha1.FargateJob) bool {
		stored := w.stored(t)
		if stored.Status.Attempt != job.Status.Attempt || (stored.Status.Task == nil) != (job.Status.Task == nil) {
			t.Errorf("attempt %d and task %v are seen, %d and %v written", job.Status.Attempt, job.Status.Task, stored.Status.Attempt, stored.Status.Task)
		}
		if job.Status.Attempt == 1 && job.Status.Task == nil && w.AWS.Calls()["RunTask"] == 0 {
			attempted = true
		}
		return isReady(job)
	})
	if !attempted {
		t.Error("the attempt was not written down before RunTask")
	}
}

func TestWatch_AnswerOfRunTaskLost_FindsTheSameTask(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.AWS.FailNext("RunTask", 4, localecs.LostAnswerFault()) // The SDK itself tries three times.
	store := w.open(t)
	create(t, store)
	watchUntil(t, store, isReady)
	if tasks := w.AWS.Tasks(t); len(tasks) != 1 {
		t.Errorf("%d tasks, want 1", len(tasks))
	}
}

func TestWatch_NoCapacity_TriesAgain(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	store := w.open(t)
	store.class.Spec.Network.Subnets = append(store.class.Spec.Network.Subnets, "subnet-local-b")
	w.AWS.FailNext("RunTask", 1, localecs.FailureFault("Capacity is unavailable at this time. Please try again later or in a different availability zone"))
	create(t, store)
	if job := watchUntil(t, store, isReady); job.Status.Attempt != 2 {
		t.Errorf("ready in attempt %d, want 2", job.Status.Attempt)
	}
}

func TestWatch_TaskDies_SaysWhyToAnotherProcess(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	create(t, w.open(t))
	job := watchUntil(t, w.open(t), isReady)
	if err := w.AWS.KillContainer(job.Status.Task.ARN, "ci-coordinator"); err != nil {
		t.Fatal(err)
	}
	job = watchUntil(t, w.open(t), func(job *v1alpha1.FargateJob) bool {
		return meta.IsStatusConditionTrue(job.Status.Conditions, v1alpha1.ConditionStalled)
	})
	if reason := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionStalled).Reason; reason != v1alpha1.ReasonEssentialContainerExited {
		t.Errorf("stalled because of %s", reason)
	}
}

func TestWatch_TwoProcessesAtOnce_ShareOneTask(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	create(t, w.open(t))
	stores := []*Store{w.open(t), w.open(t), w.open(t)}
	var group sync.WaitGroup
	for _, store := range stores {
		group.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			defer cancel()
			err := store.Watch(ctx, key, func(job *v1alpha1.FargateJob) error {
				if isReady(job) {
					return errEnough
				}
				return nil
			})
			if !errors.Is(err, errEnough) {
				t.Errorf("a watch ended with %v", err)
			}
		})
	}
	bound.End(t, "the end of the watches", group.Wait)
	if calls := w.AWS.Calls()["RunTask"]; calls != 1 {
		t.Errorf("%d RunTask calls, want 1", calls)
	}
}

func TestWatch_CanceledWhileRunTaskHangs_ReturnsTheCauseAndKeepsTheAttempt(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.AWS.FailNext("RunTask", always, localecs.HangFault())
	store := w.open(t)
	create(t, store)
	ctx, cancel := context.WithCancelCause(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- store.Watch(ctx, key, func(*v1alpha1.FargateJob) error { return nil }) }()
	eventually.Holds(t, "RunTask is called", func() bool { return w.AWS.Calls()["RunTask"] > 0 })
	cancel(errEnough)
	if err := bound.Value(t, ended, "the end of the watch"); !errors.Is(err, errEnough) {
		t.Errorf("the watch ended with %v", err)
	}
	if job := w.stored(t); job.Status.Attempt != 1 || job.Status.Task != nil {
		t.Errorf("attempt %d and task %v are written, want 1 and none", job.Status.Attempt, job.Status.Task)
	}
}

func TestWatch_AWSUnreachable_TriesAgainAndTellsWhy(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.AWS.FailNext("DescribeTaskDefinition", 3, localecs.DropFault())
	store := w.open(t)
	create(t, store)
	reported := false
	watchUntil(t, store, func(job *v1alpha1.FargateJob) bool {
		ready := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionReady)
		reported = reported || ready != nil && ready.Message == "looking up the task definition ci: AWS could not be reached: EOF"
		return isReady(job)
	})
	if !reported {
		t.Error("no state reported that AWS could not be reached")
	}
}

func TestWatch_PublicAddressMayNotBeLookedUp_MattersOnlyWhereItIsUsed(t *testing.T) {
	for via, wantReady := range map[v1alpha1.AddressKind]bool{v1alpha1.PrivateIP: true, v1alpha1.PublicIP: false} {
		t.Run(string(via), func(t *testing.T) {
			w := newWorld(t, localecs.Config{})
			w.AWS.FailNext("DescribeNetworkInterfaces", always, localecs.ErrorFault(localecs.APIError{
				Code: "UnauthorizedOperation", Message: "You are not authorized to perform this operation.", Status: 403,
			}))
			store := w.open(t)
			network := &store.class.Spec.Network
			network.AssignPublicIP, network.ConnectVia = v1alpha1.Enabled, via
			create(t, store)
			job := watchUntil(t, store, func(job *v1alpha1.FargateJob) bool { return isReady(job) || lifecycle.IsStalled(job) })
			if isReady(job) != wantReady {
				t.Errorf("conditions %+v", job.Status.Conditions)
			}
			remove(t, w.open(t))
			w.wantNothingLeft(t)
		})
	}
}

func TestCreate_NoCredentials_SaysSoAndCreatesNothing(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	for _, variable := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"} {
		t.Setenv(variable, "")
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(w.directory, "none"))
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(w.directory, "none"))
	wantText(t, w.open(t).Create(t.Context(), newJob()), "there are no AWS credentials", "AWS_PROFILE")
	w.wantNothingLeft(t)
}
