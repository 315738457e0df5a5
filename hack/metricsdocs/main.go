// Command metricsdocs writes the reference page of the controller's metrics to
// the file that is its argument.
package main

import (
	"fmt"
	"os"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fargate-operator/fargate-operator/controllers/metrics"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: metricsdocs FILE")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "metricsdocs:", err)
		os.Exit(1)
	}
}

func write(file string) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics.Collectors()...)
	families, err := registry.Gather()
	if err != nil {
		return fmt.Errorf("gathering the metrics: %w", err)
	}
	return os.WriteFile(file, []byte(page(families)), 0o600)
}
