package helm_test

import (
	"strings"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/helm"
)

func TestRun_ReturnsWhatHelmPrints(t *testing.T) {
	version, err := helm.Run(t.Context(), "version", "--template", "{{.Version}}")
	if err != nil || !strings.HasPrefix(version, "v4.") {
		t.Errorf("version is %q (%v), want v4", version, err)
	}
}

func TestRun_HelmFails_ErrorHasWhatItSaid(t *testing.T) {
	_, err := helm.Run(t.Context(), "lint", "no-such-chart")
	if err == nil || !strings.Contains(err.Error(), "helm lint no-such-chart: exit status 1: Error:") {
		t.Errorf("got %v, want the command and what Helm said", err)
	}
}
