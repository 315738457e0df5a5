package orphans

import "github.com/prometheus/client_golang/prometheus"

// collectedTotal counts the orphans that were stopped.
var collectedTotal = prometheus.NewCounter(prometheus.CounterOpts{
	Namespace: "fargate_operator",
	Subsystem: "orphans",
	Name:      "stopped_total",
	Help:      "Tasks stopped because no FargateJob owned them.",
})

// Metrics are the collectors of this package, for the caller's registry.
func Metrics() []prometheus.Collector { return []prometheus.Collector{collectedTotal} }
