package fargatejob

import "github.com/prometheus/client_golang/prometheus"

var (
	// launchesTotal counts attempts to launch. Reasons are the API package's.
	launchesTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "fargate_operator",
		Subsystem: "job",
		Name:      "launches_total",
		Help:      "Attempts to launch a task, by reason: Launched, or why ECS did not start it.",
	}, []string{"reason"})

	// stalledTotal counts jobs that ended in Stalled.
	stalledTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "fargate_operator",
		Subsystem: "job",
		Name:      "stalled_total",
		Help:      "Jobs that stalled, by reason.",
	}, []string{"reason"})

	// readySeconds is what a job waits for. The buckets cover a Fargate start:
	// 11 to 44 s until the image pull begins, then the pull.
	readySeconds = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: "fargate_operator",
		Subsystem: "job",
		Name:      "ready_seconds",
		Help:      "Seconds from a job's creation until one can connect to its task.",
		Buckets:   []float64{1, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600},
	})
)

// Metrics are the collectors of this package, for the caller's registry.
func Metrics() []prometheus.Collector {
	return []prometheus.Collector{launchesTotal, stalledTotal, readySeconds}
}
