package e2e

import (
	"testing"

	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
)

// Two replicas with the account of the chart, as its Deployment has them.
func TestManager_LeaderIsAskedToStop_TheOtherTakesOver(t *testing.T) {
	r := newRelease(t, "led", "")
	r.installAll(t, crdsChart(t), operatorChart(t))
	first := r.awaitLeader(t, "")
	standby := *r.Stack // The same control plane and AWS, with another manager.
	if err := standby.StartManager(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := standby.StopManager(); err != nil {
			t.Error(err)
		}
	})
	if now := r.leader(t); now != first {
		t.Fatalf("%s leads although %s does not stop", now, first)
	}

	if err := r.StopManager(); err != nil {
		t.Fatal(err)
	}
	// Nothing has to wait until the Lease expires: the replica that stopped has released it.
	if now := r.leader(t); now == first {
		t.Errorf("%s has stopped and still holds the Lease", first)
	}
	r.awaitLeader(t, first)
	r.runs(t)
}

// leader is the identity that holds the Lease, empty if none does.
func (r *release) leader(t *testing.T) string {
	t.Helper()
	var lease coordinationv1.Lease
	err := r.Client.Get(t.Context(), client.ObjectKey{Namespace: r.name, Name: "fargate-operator"}, &lease)
	if client.IgnoreNotFound(err) != nil {
		t.Fatal(err)
	}
	return ptr.Deref(lease.Spec.HolderIdentity, "")
}

// awaitLeader waits until an identity other than the given one holds the Lease, and returns it.
func (r *release) awaitLeader(t *testing.T, other string) (leader string) {
	t.Helper()
	eventually.Shows(t, "another leader than "+other, func() (bool, string) {
		leader = r.leader(t)
		return leader != "" && leader != other, leader
	})
	return leader
}
