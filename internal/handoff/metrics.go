package handoff

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics measure the waits of one controller. Its own metrics take a
// reconciliation that has left its worker for one that has succeeded.
type Metrics struct {
	waiting prometheus.Gauge
	seconds prometheus.Histogram
	ended   *prometheus.CounterVec
}

// The results of reconciliations that have left their worker.
const (
	resultSuccess  = "success"
	resultError    = "error"
	resultCanceled = "canceled"
)

// NewMetrics returns those of a controller. The buckets cover an answer of AWS
// and, at the other end, calls that it does not answer and that are repeated.
func NewMetrics(controller string) *Metrics {
	labels := prometheus.Labels{"controller": controller}
	m := &Metrics{
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: "fargate_operator", Subsystem: "reconcile", Name: "waiting", ConstLabels: labels,
			Help: "Reconciliations that wait for AWS, without a worker, by controller.",
		}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: "fargate_operator", Subsystem: "reconcile", Name: "wait_seconds", ConstLabels: labels,
			Help:    "Seconds that a reconciliation waited for AWS, and for its turn to go on, by controller.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 20, 30, 60, 120},
		}),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "fargate_operator", Subsystem: "reconcile", Name: "waited_total", ConstLabels: labels,
			Help: "Reconciliations that waited for AWS and have ended, by controller and result: success, error, or canceled because their object " +
				"was deleted or changed. controller_runtime_reconcile_total counts them as successes when their wait begins.",
		}, []string{"result"}),
	}
	for _, result := range []string{resultSuccess, resultError, resultCanceled} {
		m.ended.WithLabelValues(result)
	}
	return m
}

// Collectors are the metrics, for the caller's registry.
func (m *Metrics) Collectors() []prometheus.Collector {
	return []prometheus.Collector{m.waiting, m.seconds, m.ended}
}

// beginWait counts a wait, and returns what ends it.
func (m *Metrics) beginWait() (end func()) {
	begun := time.Now()
	m.waiting.Inc()
	return func() {
		m.waiting.Dec()
		m.seconds.Observe(time.Since(begun).Seconds())
	}
}

// end counts the end of a reconciliation that has left its worker.
func (m *Metrics) end(t *trip, canceled bool) {
	result := resultSuccess
	switch {
	case canceled:
		result = resultCanceled
	case t.err != nil:
		result = resultError
	}
	m.ended.WithLabelValues(result).Inc()
}
