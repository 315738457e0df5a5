package lifecycle

import (
	"context"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/test/fakecloud"
)

const (
	publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9pGqvN3NbDTcKVd0g7ySAdYLbnZ3eY5Hcu0nqgvGqL"
	container = "ci-coordinator"
)

// begin is when the jobs of tests are created.
var begin = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// world is one job as it is stored, ECS, and the process that serves the job.
type world struct {
	cloud     *fakecloud.Cloud
	observers *fakecloud.Observers
	clock     *clocktesting.FakeClock
	class     *v1alpha1.FargateTaskClass
	classErr  error
	stored    *v1alpha1.FargateJob

	ctx      context.Context // the test's own if it is nil
	process  *Lifecycle
	woken    []types.NamespacedName
	launches []string // what Launched heard
}

func newWorld() *world {
	w := &world{
		cloud: &fakecloud.Cloud{Definition: ecs.Definition{
			ARN:        "arn:aws:ecs:us-east-1:123456789012:task-definition/ci:1",
			Fargate:    true,
			CPU:        256,
			Memory:     512,
			Containers: map[string]ecs.Container{container: {}},
		}},
		observers: &fakecloud.Observers{},
		clock:     clocktesting.NewFakeClock(begin),
		class: &v1alpha1.FargateTaskClass{
			ObjectMeta: metav1.ObjectMeta{Name: "default", Namespace: "ci"},
			Spec: v1alpha1.FargateTaskClassSpec{TaskTemplate: v1alpha1.TaskTemplate{
				Region: "us-east-1", Cluster: "ci", TaskDefinition: "ci", ContainerName: container,
				Network:               v1alpha1.Network{Subnets: []string{"subnet-a", "subnet-b"}},
				SSH:                   v1alpha1.SSHServer{Username: "root", Port: 22},
				LaunchDeadlineSeconds: 600,
			}},
		},
		stored: &v1alpha1.FargateJob{
			ObjectMeta: metav1.ObjectMeta{
				Name: "job", Namespace: "ci", UID: "uid", Generation: 1, CreationTimestamp: metav1.NewTime(begin),
			},
			Spec: v1alpha1.FargateJobSpec{SSHPublicKey: publicKey},
		},
	}
	w.restart()
	return w
}

// restart replaces the process by another one, which knows nothing.
func (w *world) restart() {
	w.observers.Restart()
	w.process = &Lifecycle{
		ECS:          w.cloud,
		Observers:    w.observers,
		Installation: "test",
		Class: func(context.Context, *v1alpha1.FargateJob) (*v1alpha1.FargateTaskClass, error) {
			return w.class, w.classErr
		},
		Wake:     func(job types.NamespacedName) { w.woken = append(w.woken, job) },
		Launched: func(reason string) { w.launches = append(w.launches, reason) },
		Now:      w.clock.Now,
	}
}

// attempt advances a copy of the stored job and returns it.
func (w *world) attempt(t *testing.T) (*v1alpha1.FargateJob, time.Time, error) {
	t.Helper()
	job := w.stored.DeepCopy()
	ctx := w.ctx
	if ctx == nil {
		ctx = t.Context()
	}
	due, err := w.process.Advance(ctx, job)
	return job, due, err
}

// advance brings the stored job one step further.
func (w *world) advance(t *testing.T) (time.Time, error) {
	t.Helper()
	job, due, err := w.attempt(t)
	w.stored = job
	return due, err
}

// mustAdvance advances the stored job until that changes nothing.
func (w *world) mustAdvance(t *testing.T) (due time.Time) {
	t.Helper()
	for range 20 {
		before := w.stored.Status.DeepCopy()
		due, err := w.advance(t)
		if err != nil {
			t.Fatal(err)
		}
		if equality.Semantic.DeepEqual(before, &w.stored.Status) {
			return due
		}
	}
	t.Fatalf("the job changes without end: %+v", w.stored.Status)
	return due
}

// launch brings the job to the point where its task is written down.
func (w *world) launch(t *testing.T) {
	t.Helper()
	w.mustAdvance(t)
	if w.stored.Status.Task == nil {
		t.Fatalf("the job has no task: %+v", w.stored.Status)
	}
}

// show lets ECS say of the job's task that it is in a state, and the job hear it.
func (w *world) show(t *testing.T, state string, change func(*ecs.Observation)) {
	t.Helper()
	seen := ecs.Observation{Task: v1alpha1.TaskStatus{
		ARN: w.stored.Status.Task.ARN, LastStatus: state, DesiredStatus: ecs.Running,
	}}
	if change != nil {
		change(&seen)
	}
	w.observers.Show(seen)
	w.mustAdvance(t)
}

// run lets the job's task run, at a private address.
func (w *world) run(t *testing.T) {
	t.Helper()
	w.show(t, ecs.Running, atAddress)
}

func atAddress(seen *ecs.Observation) {
	seen.Address = v1alpha1.TaskAddress{PrivateIP: "10.0.0.7", PublicIP: "198.51.100.7", IPv6: "2001:db8::7"}
}

// stoppedBy returns what ECS shows of a task that has stopped.
func stoppedBy(code, reason string) func(*ecs.Observation) {
	return func(seen *ecs.Observation) {
		seen.Task.DesiredStatus, seen.Task.StopCode, seen.Task.StoppedReason = ecs.Stopped, code, reason
	}
}

func (w *world) condition(kind string) metav1.Condition {
	if found := meta.FindStatusCondition(w.stored.Status.Conditions, kind); found != nil {
		return *found
	}
	return metav1.Condition{}
}

// wantCondition checks a condition of the stored job, and that its message has
// a part.
func (w *world) wantCondition(t *testing.T, kind string, status metav1.ConditionStatus, reason, message string) {
	t.Helper()
	got := w.condition(kind)
	if got.Status != status || got.Reason != reason || !strings.Contains(got.Message, message) {
		t.Errorf("condition %s is %s, %s: %s; want %s, %s: %s", kind, got.Status, got.Reason, got.Message, status, reason, message)
	}
}

// wantStalled checks that the job has stalled for a reason.
func (w *world) wantStalled(t *testing.T, reason, message string) {
	t.Helper()
	w.wantCondition(t, v1alpha1.ConditionStalled, metav1.ConditionTrue, reason, message)
	w.wantCondition(t, v1alpha1.ConditionReady, metav1.ConditionFalse, reason, message)
	if reconciling := w.condition(v1alpha1.ConditionReconciling); reconciling.Type != "" {
		t.Errorf("a job that has stalled is still reconciling: %s", reconciling.Message)
	}
}

// wantRunning checks how many tasks are to run.
func (w *world) wantRunning(t *testing.T, want int) {
	t.Helper()
	if arns := w.cloud.Running(); len(arns) != want {
		t.Errorf("%d tasks are to run, want %d: %v", len(arns), want, arns)
	}
}
