package lifecycle

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

func TestResolve_FreezesTheClassWithTheJobsOverrides(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.class.Spec.AllowedOverrides = v1alpha1.OverridePolicy{MaxCPU: 1024, MaxMemory: 2048}
	w.stored.Spec.Overrides = v1alpha1.TaskOverrides{CPU: 512, Memory: 1024}
	want := w.class.Spec.TaskTemplate.DeepCopy()
	want.TaskDefinition, want.CPU, want.Memory = w.cloud.Definition.ARN, 512, 1024
	w.mustAdvance(t)
	w.class.Spec.Cluster = "another"
	w.mustAdvance(t)
	if diff := cmp.Diff(want, &w.stored.Status.Resolved.TaskTemplate); diff != "" {
		t.Errorf("resolved (-want +got):\n%s", diff)
	}
	if calls := w.cloud.Calls("TaskDefinition"); calls != 1 {
		t.Errorf("the task definition was read %d times, want once", calls)
	}
}

func TestResolve_HealthCheck_IsOfTheTaskDefinition(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.mustAdvance(t)
	if got := w.stored.Status.Resolved.HealthCheck; got != v1alpha1.Disabled {
		t.Errorf("health check %q of a container that has none", got)
	}
	w = newWorld()
	w.withHealth()
	w.mustAdvance(t)
	if got := w.stored.Status.Resolved.HealthCheck; got != v1alpha1.Enabled {
		t.Errorf("health check %q of a container that has one", got)
	}
}

func TestResolve_CannotWork_StallsBeforeALaunch(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change  func(*world)
		reason  string
		message []string
	}{
		"no public key": {
			func(w *world) { w.stored.Spec.SSHPublicKey = "ssh-ed25519" },
			v1alpha1.ReasonInvalidParameter,
			[]string{"spec.sshPublicKey"},
		},
		"no class": {
			func(w *world) { w.classErr = Stallf(v1alpha1.ReasonClassNotFound, "none") },
			v1alpha1.ReasonClassNotFound,
			[]string{"none"},
		},
		"an override that is not allowed": {
			func(w *world) { w.stored.Spec.Overrides.CPU = 512 },
			v1alpha1.ReasonOverrideRefused,
			[]string{"cpu 512 (FARGATE_CPU)"},
		},
		"a size that Fargate does not offer": {func(w *world) {
			w.class.Spec.AllowedOverrides.MaxCPU = 4096
			w.stored.Spec.Overrides.CPU = 4096
		}, v1alpha1.ReasonOverrideRefused, []string{"cpu 4096 (FARGATE_CPU) with memory 512"}},
		"no task definition": {
			func(w *world) { w.cloud.Fail("TaskDefinition", 1, denied) },
			v1alpha1.ReasonAccessDenied,
			[]string{denied.Message},
		},
		"no such container": {func(w *world) {
			w.cloud.Definition.Containers = map[string]ecs.Container{"web": {}, "db": {}}
		}, v1alpha1.ReasonInvalidParameter, []string{`no container "ci-coordinator"`, "(db, web)", "set containerName in FargateTaskClass default"}},
		"no such container, in a file": {func(w *world) {
			w.cloud.Definition.Containers, w.class.Name = map[string]ecs.Container{"db": {}}, ""
		}, v1alpha1.ReasonInvalidParameter, []string{"(db)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			test.change(w)
			w.mustAdvance(t)
			for _, part := range test.message {
				w.wantStalled(t, test.reason, part)
			}
			if w.cloud.Calls("Launch") != 0 || w.cloud.Calls("FindByOwner") != 0 {
				t.Error("something was launched or searched for")
			}
			for _, kind := range []string{v1alpha1.ConditionLaunched, v1alpha1.ConditionAddressAssigned, v1alpha1.ConditionStopped} {
				w.wantCondition(t, kind, metav1.ConditionUnknown, v1alpha1.ReasonAccepted, "")
			}
		})
	}
}

func TestResolve_FailsForNow_IsTriedAgain(t *testing.T) {
	t.Parallel()
	away := errors.New("the API server is away")
	for name, test := range map[string]struct {
		change func(*world)
		want   error
	}{
		"the class cannot be read":           {func(w *world) { w.classErr = away }, away},
		"the task definition cannot be read": {func(w *world) { w.cloud.Fail("TaskDefinition", 1, throttled) }, throttled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			test.change(w)
			if _, err := w.advance(t); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			w.wantCondition(t, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonAccepted, test.want.Error())
			w.classErr = nil
			w.launch(t)
		})
	}
}
