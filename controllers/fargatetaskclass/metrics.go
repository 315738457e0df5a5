package fargatetaskclass

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/fargate-operator/fargate-operator/internal/handoff"
)

var waits = handoff.NewMetrics("fargatetaskclass")

// Metrics are the collectors of this package, for the caller's registry.
func Metrics() []prometheus.Collector { return waits.Collectors() }
