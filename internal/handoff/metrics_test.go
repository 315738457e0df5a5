package handoff

import (
	"context"
	"fmt"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
)

// measured are a controller's metrics by name and result, the histogram's as the
// number of its observations.
func measured(t *testing.T, m *Metrics) map[string]float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(m.Collectors()...)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			values[family.GetName()+result(metric)] = metric.GetGauge().GetValue() + metric.GetCounter().GetValue() +
				float64(metric.GetHistogram().GetSampleCount())
		}
	}
	return values
}

func result(metric *dto.Metric) string {
	for _, label := range metric.GetLabel() {
		if label.GetName() == "result" {
			return " " + label.GetValue()
		}
	}
	return ""
}

// awaitMeasured waits until a metric has a value.
func (b *bench) awaitMeasured(t *testing.T, name string, want float64) {
	t.Helper()
	eventually.Shows(t, name, func() (bool, string) {
		got := measured(t, b.metrics)
		return got["fargate_operator_reconcile_"+name] == want, fmt.Sprint(got)
	})
}

func TestMetrics_ReconciliationsWait_AreCounted(t *testing.T) {
	hangs := make(slow)
	b := newBench(t, 1, func(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
		if request.Name == "quick" {
			return reconcile.Result{}, errSlow
		}
		err := hangs.await(ctx)
		if request.Name == "bad" {
			err = errSlow
		}
		return reconcile.Result{}, err
	})
	b.add("good", "bad", "quick")
	b.awaitMeasured(t, "waiting", 2)
	b.setPurpose("another")
	b.add("good")
	b.awaitMeasured(t, "waited_total canceled", 1)
	b.awaitMeasured(t, "waiting", 2) // The one that follows waits, too.
	close(hangs)
	b.awaitMeasured(t, "waited_total success", 1)
	b.awaitMeasured(t, "waiting", 0)
	b.awaitEnds(t, "bad", 2)
	eventually.Holds(t, "every failure is counted", func() bool {
		got := measured(t, b.metrics)
		return got["fargate_operator_reconcile_waited_total error"] >= 2 && got["fargate_operator_reconcile_wait_seconds"] >= 4
	})
}
