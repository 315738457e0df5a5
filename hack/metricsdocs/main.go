// Command metricsdocs writes the reference page of the controller's metrics.
package main

import (
	"fmt"
	"os"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fargate-operator/fargate-operator/controllers/metrics"
	"github.com/fargate-operator/fargate-operator/internal/test/gobuild"
)

const document = "docs/reference/metrics.md"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "metricsdocs:", err)
		os.Exit(1)
	}
}

func run() error {
	if err := gobuild.EnterRepositoryRoot(); err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics.Collectors()...)
	families, err := registry.Gather()
	if err != nil {
		return fmt.Errorf("gathering the metrics: %w", err)
	}
	return os.WriteFile(document, []byte(page(families)), 0o600)
}
