// Package metrics lists what the controller measures. Each package has its own
// collectors; this one gathers them for the program that serves them and for
// their reference page.
package metrics

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fargate-operator/fargate-operator/controllers/fargatejob"
	"github.com/fargate-operator/fargate-operator/controllers/fargatetaskclass"
	"github.com/fargate-operator/fargate-operator/controllers/orphans"
)

// Collectors are all of the controller's own collectors. Every label has a
// closed set of values, and a counter for each value exists from the start.
func Collectors() []prometheus.Collector {
	return slices.Concat(fargatejob.Metrics(), fargatetaskclass.Metrics(), []prometheus.Collector{callsTotal}, orphans.Metrics())
}
