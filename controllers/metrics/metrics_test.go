package metrics_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fargate-operator/fargate-operator/controllers/metrics"
)

func TestCollectors_EveryMetricExistsFromTheStart(t *testing.T) {
	for _, collector := range metrics.Collectors() {
		registry := prometheus.NewRegistry()
		registry.MustRegister(collector)
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		if len(families) == 0 {
			t.Errorf("%v has no series: begin with one for each value of its labels", collector)
		}
	}
}
