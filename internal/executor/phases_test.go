package executor

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

func TestPhases_AddUpToTheWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p phases
		for _, step := range []struct {
			name string
			time time.Duration
		}{
			{phaseLaunch, 300 * time.Millisecond},
			{"provisioning", 4 * time.Second},
			{"provisioning", 5 * time.Second}, // seen once more
			{phaseLaunch, time.Second},        // capacity ran out, a second attempt
			{"provisioning", 1100 * time.Millisecond},
			{"pending", 28 * time.Second},
			{"running", 200 * time.Millisecond},
			{phaseSSH, 400 * time.Millisecond},
		} {
			p.enter(step.name)
			<-time.After(step.time)
		}
		started := metav1.Now()
		stopped := metav1.NewTime(started.Add(21 * time.Second))
		got := p.summary(&v1alpha1.TaskStatus{PullStartTime: &started, PullStopTime: &stopped})
		want := "40.0s: launch 1.3s, provisioning 10.1s, pending 28.0s (image pull about 21s), running 0.2s, SSH 0.4s"
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPhases_ClockOfECSJumps_IsLeftOut(t *testing.T) {
	started := metav1.Now()
	stopped := metav1.NewTime(started.Add(-time.Hour))
	if got := imagePull(&v1alpha1.TaskStatus{PullStartTime: &started, PullStopTime: &stopped}); got > 0 {
		t.Errorf("the image pull took %s", got)
	}
}

// entered is a start that was in each phase for some time.
func entered(spent ...phase) *phases {
	p := &phases{}
	for _, one := range spent {
		p.enter(one.name)
		<-time.After(one.time)
	}
	return p
}

func TestPhases_ControllerIsAway_IsNotTheLaunch(t *testing.T) {
	for name, test := range map[string]struct {
		create, controller, launch time.Duration
		want                       string
	}{
		"away": {time.Second, 90 * time.Second, 2 * time.Second, "93.0s: waiting for the controller 90.0s, launch 3.0s"},
		"the API server too": {
			30 * time.Second, 90 * time.Second, 2 * time.Second,
			"122.0s: creating the job 30.0s, waiting for the controller 90.0s, launch 2.0s",
		},
		"both at work":  {time.Second, time.Second, 2 * time.Second, "4.0s: launch 4.0s"},
		"it never came": {time.Second, 300 * time.Second, 0, "301.0s: waiting for the controller 300.0s, launch 1.0s"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				spent := []phase{{phaseCreate, test.create}, {phaseController, test.controller}}
				if test.launch > 0 {
					spent = append(spent, phase{phaseLaunch, test.launch})
				}
				if diff := cmp.Diff(test.want, entered(spent...).summary(nil)); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestPhases_TaskIsSeenLate_IsNotItsState(t *testing.T) {
	for name, test := range map[string]struct {
		start time.Duration // by ECS's clock
		want  string
	}{
		"late":              {22 * time.Second, "151.0s: launch 1.0s, provisioning 10.0s, pending 12.0s, SSH 1.0s, no news 127.0s"},
		"as late as normal": {146 * time.Second, "151.0s: launch 1.0s, provisioning 10.0s, pending 139.0s, SSH 1.0s"},
		"not started":       {0, "151.0s: launch 1.0s, provisioning 10.0s, pending 139.0s, SSH 1.0s"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := entered(phase{phaseLaunch, time.Second}, phase{"provisioning", 10 * time.Second}, phase{"pending", 139 * time.Second}, phase{phaseSSH, time.Second})
				created := metav1.Now()
				task := &v1alpha1.TaskStatus{CreationTime: &created}
				if test.start > 0 {
					started := metav1.NewTime(created.Add(test.start))
					task.StartTime = &started
				}
				if diff := cmp.Diff(test.want, p.summary(task)); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}
