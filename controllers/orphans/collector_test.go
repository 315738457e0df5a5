package orphans

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/leftover"
)

func TestCollect_StopsOnlyTasksThatNoJobOwns(t *testing.T) {
	cloud := cloudWith(task("of-none", "gone"), task("current", "known"), task("former", "known"), task("unwritten", "launching"))
	if err := newCollector(t, cloud, job("known", "current"), job("launching", "")).collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	cloud.wantStopped(t, "of-none", "former")
}

func TestCollect_JobStalledWithoutATask_OwnsNothing(t *testing.T) {
	cloud := cloudWith(task("lost", "stalled"), task("kept", "finished"))
	stalled, finished := job("stalled", ""), job("finished", "kept")
	for _, j := range []*v1alpha1.FargateJob{stalled, finished} {
		j.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionStalled, Status: metav1.ConditionTrue}}
	}
	if err := newCollector(t, cloud, stalled, finished).collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	cloud.wantStopped(t, "lost")
}

func TestCollect_JobCreatedAfterTheTasksAreListed_KeepsItsTask(t *testing.T) {
	cloud := cloudWith(task("new", "new"))
	collector := newCollector(t, cloud)
	writer, ok := collector.Client.(client.Client)
	if !ok {
		t.Fatal("the fake client cannot write")
	}
	cloud.listed = func() {
		if err := writer.Create(t.Context(), job("new", "")); err != nil {
			t.Error(err)
		}
	}
	if err := collector.collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	cloud.wantStopped(t)
}

func TestCollect_TaskYoungerThanTheLeastAge_IsLeftAlone(t *testing.T) {
	young, old := task("young", "gone"), task("old", "gone")
	young.Age, old.Age = leftover.MinAge-1, leftover.MinAge
	cloud := cloudWith(young, old)
	if err := newCollector(t, cloud).collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	cloud.wantStopped(t, "old")
}

func TestCollect_Namespaces_TasksOfOthersAreLeftAlone(t *testing.T) {
	for name, test := range map[string]struct {
		served  []string
		stopped []string
	}{
		"all":      {nil, []string{"a", "b", "none"}},
		"some":     {[]string{"team-a", "other"}, []string{"a"}},
		"no tasks": {[]string{"other"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			a, b, none := task("a", "gone"), task("b", "gone"), task("none", "gone")
			a.Namespace, b.Namespace, none.Namespace = "team-a", "team-b", ""
			cloud := cloudWith(a, b, none)
			collector := newCollector(t, cloud)
			collector.Namespaces = test.served
			if err := collector.collect(t.Context()); err != nil {
				t.Fatal(err)
			}
			cloud.wantStopped(t, test.stopped...)
		})
	}
}

func TestCollect_ClusterCannotBeListed_OthersAreCollected(t *testing.T) {
	cloud := cloudWith(task("here", "gone"))
	cloud.unlisted = "elsewhere"
	elsewhere := job("elsewhere", "")
	elsewhere.Status.Resolved.Cluster = cloud.unlisted
	if err := newCollector(t, cloud, elsewhere).collect(t.Context()); !errors.Is(err, errNoAnswer) {
		t.Errorf("got error %v, want that of the cluster that cannot be listed", err)
	}
	cloud.wantStopped(t, "here")
}

func TestCollect_ClusterDoesNotAnswer_OthersAreCollectedMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := cloudWith(task("here", "gone"))
		cloud.silent = "elsewhere"
		elsewhere := job("elsewhere", "")
		elsewhere.Status.Resolved.Cluster = cloud.silent
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- newCollector(t, cloud, elsewhere).collect(ctx) }()

		synctest.Wait()
		cloud.wantStopped(t, "here")

		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v, want that of the cluster that did not answer", err)
		}
	})
}

func TestCollect_FormerInstallation_IsCollectedOnlyIfItIsAdopted(t *testing.T) {
	cloud := cloudWith(task("ours", "gone"))
	cloud.former = []ecs.OwnedTask{task("theirs", "gone"), task("restored", "known")}
	collector := newCollector(t, cloud, job("known", ""))
	if err := collector.collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	cloud.wantStopped(t, "ours")
	collector.Adopted = []string{"former"}
	if err := collector.collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	cloud.wantStopped(t, "ours", "ours", "theirs")
}

func TestCollect_ClusterOfJobsAlone_IsCollected(t *testing.T) {
	cloud := &fakeCloud{tasks: map[string][]ecs.OwnedTask{"former": {task("orphan", "gone")}}}
	former := job("former", "")
	former.Status.Resolved.Cluster = "former"
	if err := newCollector(t, cloud, former).collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	cloud.wantStopped(t, "orphan")
}

func TestCollect_TaskCannotBeStopped_OthersAreStopped(t *testing.T) {
	cloud := cloudWith(task("stuck", "gone"), task("other", "gone"))
	cloud.unstopped = "stuck"
	if err := newCollector(t, cloud).collect(t.Context()); !errors.Is(err, errNoAnswer) {
		t.Errorf("got error %v, want that of the task that cannot be stopped", err)
	}
	cloud.wantStopped(t, "other")
}

func TestStart_CollectsAtOnceAndAfterEachIntervalUntilTheContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := cloudWith(task("orphan", "gone"))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- newCollector(t, cloud).Start(ctx) }()

		<-time.After(DefaultInterval - 1)
		cloud.wantStopped(t, "orphan")
		<-time.After(DefaultInterval)
		cloud.wantStopped(t, "orphan", "orphan") // It is still listed.

		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
