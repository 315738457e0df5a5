package helm_test

import (
	"strings"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/test/helm"
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

func TestPackage_ReturnsTheChartsArchive(t *testing.T) {
	archive, err := helm.Package(t.Context(), "../../../charts/fargate-operator", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	shown, err := helm.Run(t.Context(), "show", "chart", archive)
	if err != nil || !strings.Contains(shown, "name: fargate-operator\n") {
		t.Errorf("the archive has the chart %q (%v)", shown, err)
	}
}
