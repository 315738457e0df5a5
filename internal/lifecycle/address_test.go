package lifecycle

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

func TestAssignAddress_IsTheOneThatTheClassChooses(t *testing.T) {
	t.Parallel()
	for via, host := range map[v1alpha1.AddressKind]string{
		"":                 "10.0.0.7",
		v1alpha1.PrivateIP: "10.0.0.7",
		v1alpha1.PublicIP:  "198.51.100.7",
		v1alpha1.IPv6:      "2001:db8::7",
	} {
		t.Run(string(via), func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.class.Spec.Network.ConnectVia = via
			w.class.Spec.SSH = v1alpha1.SSHServer{Username: "ci", Port: 2222}
			w.launch(t)
			w.run(t)
			want := &v1alpha1.TaskAddress{
				Host: host, Port: 2222, Username: "ci", PrivateIP: "10.0.0.7", PublicIP: "198.51.100.7", IPv6: "2001:db8::7",
			}
			if diff := cmp.Diff(want, w.stored.Status.Address); diff != "" {
				t.Errorf("address (-want +got):\n%s", diff)
			}
			w.wantCondition(t, v1alpha1.ConditionAddressAssigned, metav1.ConditionTrue, v1alpha1.ReasonAddressAssigned, host+" port 2222")
		})
	}
}

func TestAssignAddress_NoneYet_SaysWhatToCheck(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		via  v1alpha1.AddressKind
		err  error
		want []string
	}{
		"private":               {v1alpha1.PrivateIP, nil, []string{"no PrivateIP yet"}},
		"public":                {v1alpha1.PublicIP, nil, []string{"no PublicIP yet", "its subnet is a public one"}},
		"IPv6":                  {v1alpha1.IPv6, nil, []string{"no IPv6 yet", "dualStackIPv6"}},
		"EC2 cannot be reached": {v1alpha1.PublicIP, errors.New("EC2 is away"), []string{"no PublicIP yet", "EC2 is away"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.class.Spec.Network.ConnectVia = test.via
			w.launch(t)
			w.show(t, ecs.Running, func(seen *ecs.Observation) { seen.AddressErr = test.err })
			for _, part := range test.want {
				w.wantCondition(t, v1alpha1.ConditionAddressAssigned, metav1.ConditionFalse, v1alpha1.ReasonAwaitingAddress, part)
				w.wantCondition(t, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonAwaitingAddress, part)
			}
			if w.stored.Status.Address != nil {
				t.Errorf("address %+v", w.stored.Status.Address)
			}
		})
	}
}

func TestAssignAddress_TaskDoesNotRunYet_IsNotPublished(t *testing.T) {
	t.Parallel()
	w := launchedWorld(t)
	w.show(t, ecs.Pending, atAddress)
	if w.stored.Status.Address != nil {
		t.Errorf("address %+v of a task that does not run", w.stored.Status.Address)
	}
}

func TestAssignAddress_NewProcess_KeepsTheAddressUntilItHasSeenTheTask(t *testing.T) {
	t.Parallel()
	w := launchedWorld(t)
	w.run(t)
	want := w.stored.Status.DeepCopy()
	w.observers.Show(ecs.Observation{Task: v1alpha1.TaskStatus{ARN: w.stored.Status.Task.ARN}})
	w.observers.Restart()
	w.process.watched = byJob[string]{}
	w.observers = newWorld().observers // which has seen nothing
	w.process.Observers = w.observers
	w.mustAdvance(t)
	if diff := cmp.Diff(want, &w.stored.Status); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}
