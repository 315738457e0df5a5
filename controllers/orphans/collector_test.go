package orphans

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/go-logr/logr/testr"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

// launch starts a task for an owner and returns its ARN.
func launch(t *testing.T, owner ecs.Owner, attempt int32) string {
	t.Helper()
	task, err := (&ecs.Clients{}).Launch(t.Context(), ecs.Launch{
		Template: template(), SSHPublicKey: "ssh-ed25519 AAAA", Owner: owner, Attempt: attempt,
	})
	if err != nil {
		t.Fatal(err)
	}
	return task.ARN
}

func template() *v1alpha1.TaskTemplate {
	return &v1alpha1.TaskTemplate{
		Region: "us-east-1", Cluster: "ci", TaskDefinition: "ci:1", ContainerName: "ci-coordinator",
		Network: v1alpha1.Network{Subnets: []string{"subnet-local-a"}},
	}
}

func job(uid, arn string) *v1alpha1.FargateJob {
	job := &v1alpha1.FargateJob{
		ObjectMeta: metav1.ObjectMeta{Name: uid, Namespace: "ci", UID: types.UID(uid)},
		Status:     v1alpha1.FargateJobStatus{Resolved: &v1alpha1.ResolvedTask{TaskTemplate: *template()}},
	}
	if arn != "" {
		job.Status.Task = &v1alpha1.TaskStatus{ARN: arn}
	}
	return job
}

func newCollector(t *testing.T, minAge time.Duration, jobs ...*v1alpha1.FargateJob) *Collector {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	objects := fake.NewClientBuilder().WithScheme(scheme).WithObjects(&v1alpha1.FargateTaskClass{
		ObjectMeta: metav1.ObjectMeta{Name: "default", Namespace: "ci"},
		Spec:       v1alpha1.FargateTaskClassSpec{TaskTemplate: *template()},
	})
	for _, job := range jobs {
		objects = objects.WithObjects(job)
	}
	return &Collector{
		Client: objects.Build(), ECS: &ecs.Clients{}, Installation: "ours",
		Interval: 10 * time.Millisecond, MinAge: minAge, Log: testr.New(t),
	}
}

// running returns the ARNs of the tasks that are to run on.
func running(t *testing.T, env *localecstest.Env) map[string]bool {
	t.Helper()
	arns := map[string]bool{}
	for _, task := range env.Tasks(t) {
		if aws.ToString(task.DesiredStatus) == "RUNNING" {
			arns[aws.ToString(task.TaskArn)] = true
		}
	}
	return arns
}

func TestCollect_StopsTasksWithoutAJobAlone(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	launch(t, ecs.Owner{Installation: "ours", UID: "gone"}, 1)
	launch(t, ecs.Owner{Installation: "ours", UID: "twice"}, 1)
	keep := map[string]bool{}
	for _, owner := range []ecs.Owner{{Installation: "ours", UID: "known"}, {Installation: "ours", UID: "unwritten"}, {Installation: "theirs", UID: "foreign"}} {
		keep[launch(t, owner, 1)] = true
	}
	second := launch(t, ecs.Owner{Installation: "ours", UID: "twice"}, 2)
	known := launch(t, ecs.Owner{Installation: "ours", UID: "known"}, 1)
	keep[second] = true

	collector := newCollector(t, 0, job("known", known), job("unwritten", ""), job("twice", second))
	if err := collector.collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(keep, running(t, env)); diff != "" {
		t.Errorf("running tasks differ (-want +got):\n%s", diff)
	}
}

func TestCollect_JobStalledWithoutATask_OwnsNothing(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	launch(t, ecs.Owner{Installation: "ours", UID: "stalled"}, 1)
	kept := launch(t, ecs.Owner{Installation: "ours", UID: "finished"}, 1)
	stalled, finished := job("stalled", ""), job("finished", kept)
	for _, j := range []*v1alpha1.FargateJob{stalled, finished} {
		j.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionStalled, Status: metav1.ConditionTrue}}
	}
	if err := newCollector(t, 0, stalled, finished).collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]bool{kept: true}, running(t, env)); diff != "" {
		t.Errorf("running tasks differ (-want +got):\n%s", diff)
	}
}

func TestCollect_YoungTask_IsLeftAlone(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	env.SetAhead(-48 * time.Hour) // it is this machine's clock that is wrong
	young := launch(t, ecs.Owner{Installation: "ours", UID: "gone"}, 1)
	if err := newCollector(t, time.Hour).collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !running(t, env)[young] {
		t.Error("a task younger than the least age was stopped")
	}
}

func TestCollect_OneClusterFails_OthersAreCollected(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	launch(t, ecs.Owner{Installation: "ours", UID: "gone"}, 1)
	elsewhere := job("elsewhere", "")
	elsewhere.Status.Resolved.Cluster = "nowhere"
	if err := newCollector(t, 0, elsewhere).collect(t.Context()); err == nil {
		t.Error("a cluster that does not exist is no error")
	}
	if left := running(t, env); len(left) != 0 {
		t.Errorf("%d orphans are left", len(left))
	}
}

func TestStart_CollectsFromTimeToTimeUntilTheContextEnds(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	launch(t, ecs.Owner{Installation: "ours", UID: "gone"}, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	collector := newCollector(t, 0)
	done := make(chan error, 1)
	go func() { done <- collector.Start(ctx) }()
	// It logs to the test, so it has to end before the test does.
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	for len(running(t, env)) > 0 {
		select {
		case <-ctx.Done():
			t.Fatal("the orphan was never stopped")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func TestCollect_NamespaceThatIsNotServed_ItsTasksAreLeftAlone(t *testing.T) {
	for name, test := range map[string]struct {
		served []string
		left   int
	}{
		"all namespaces": {nil, 0},
		"this one":       {[]string{"other", "team-a"}, 0},
		"others":         {[]string{"other"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			env := localecstest.Start(t, localecs.Config{})
			_, err := (&ecs.Clients{}).Launch(t.Context(), ecs.Launch{
				Template: template(), SSHPublicKey: "ssh-ed25519 AAAA", Owner: ecs.Owner{Installation: "ours", UID: "gone"}, Namespace: "team-a", Attempt: 1,
			})
			if err != nil {
				t.Fatal(err)
			}
			collector := newCollector(t, 0)
			collector.Namespaces = test.served
			if err := collector.collect(t.Context()); err != nil {
				t.Fatal(err)
			}
			if left := len(running(t, env)); left != test.left {
				t.Errorf("%d tasks run on, want %d", left, test.left)
			}
		})
	}
}
