package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
)

// callsTotal counts the calls to AWS.
var callsTotal = newCallsTotal()

// newCallsTotal returns a counter for each call that the controller makes,
// beginning at zero: a series that begins with its first event hides that event
// from rate().
func newCallsTotal() *prometheus.CounterVec {
	total := prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "fargate_operator",
		Subsystem: "aws",
		Name:      "calls_total",
		Help: "Calls to AWS, retries included, by service, operation and result: ok; denied (credentials or permissions), " +
			"throttled, failed (on AWS's side), refused (any other error that AWS answers with) or unreachable (no answer).",
	}, []string{"service", "operation", "result"})
	for _, calls := range []map[string][]string{ecs.Operations(), inspect.Operations()} {
		for service, operations := range calls {
			addOperations(total, service, operations)
		}
	}
	return total
}

func addOperations(total *prometheus.CounterVec, service string, operations []string) {
	for _, operation := range operations {
		for _, result := range ecs.Results() {
			total.WithLabelValues(service, operation, result)
		}
	}
}

// CountCall counts a call to AWS.
func CountCall(service, operation, result string) {
	callsTotal.WithLabelValues(service, operation, result).Inc()
}
