package charts_test

import (
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/test/helm"
)

func TestCharts_EveryValueSet_PassesLint(t *testing.T) {
	charts := map[string][]string{
		"custom resource definitions": {crdsChart},
		"defaults":                    {operatorChart},
	}
	for name, file := range valueSets(t) {
		charts[name] = []string{operatorChart, "--values", file}
	}
	for name, args := range charts {
		t.Run(name, func(t *testing.T) {
			if _, err := helm.Run(t.Context(), append([]string{"lint", "--strict"}, args...)...); err != nil {
				t.Error(err)
			}
		})
	}
}
