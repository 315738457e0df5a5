package fargatejob

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/handoff"
	"github.com/fargate-operator/fargate-operator/internal/lifecycle"
)

// launchFaults are the reasons why ECS does not start a task.
var launchFaults = []string{
	v1alpha1.ReasonAccessDenied,
	v1alpha1.ReasonClusterNotFound,
	v1alpha1.ReasonNoCapacityProvider,
	v1alpha1.ReasonTaskDefinitionNotFound,
	v1alpha1.ReasonInvalidParameter,
	v1alpha1.ReasonLaunchRefused,
	v1alpha1.ReasonCapacityUnavailable,
	v1alpha1.ReasonQuotaExceeded,
}

var (
	// launchesTotal counts attempts to launch.
	launchesTotal = countByReason("launches_total",
		"Attempts to launch a task, by reason: Launched, Retrying if ECS could not be asked, or why ECS did not start it.",
		slices.Concat([]string{v1alpha1.ReasonLaunched, v1alpha1.ReasonRetrying}, launchFaults))

	// stalledTotal counts jobs that ended in Stalled.
	stalledTotal = countByReason("stalled_total", "Jobs that stalled, by the reason of their condition Stalled.",
		slices.Concat([]string{v1alpha1.ReasonClassNotFound, v1alpha1.ReasonOverrideRefused}, launchFaults, lifecycle.StopCodes, []string{
			v1alpha1.ReasonTaskStopped,
			v1alpha1.ReasonTaskMissing,
			v1alpha1.ReasonLaunchDeadlineExceeded,
			v1alpha1.ReasonActiveDeadlineExceeded,
		}))

	// readySeconds is how long jobs wait for their tasks. The buckets cover a
	// Fargate start: 11 to 44 s until the image pull begins, then the pull.
	readySeconds = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: "fargate_operator",
		Subsystem: "job",
		Name:      "ready_seconds",
		Help:      "Seconds from a job's creation until a client can connect to its task.",
		Buckets:   []float64{1, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600},
	})

	waits = handoff.NewMetrics("fargatejob")
)

// countByReason returns a counter for each reason. All begin at zero: a series
// that begins with its first event hides that event from rate().
func countByReason(name, help string, reasons []string) *prometheus.CounterVec {
	total := prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "fargate_operator",
		Subsystem: "job",
		Name:      name,
		Help:      help,
	}, []string{"reason"})
	for _, reason := range reasons {
		total.WithLabelValues(reason)
	}
	return total
}

// Metrics are the collectors of this package, for the caller's registry.
func Metrics() []prometheus.Collector {
	return append(waits.Collectors(), launchesTotal, stalledTotal, readySeconds)
}
