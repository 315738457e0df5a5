package charts_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/controlplane"
	"github.com/fargate-operator/fargate-operator/internal/test/helm"
)

// class is a FargateTaskClass among the chart's values.
const class = `
taskClasses:
  - name: default
    spec: {region: eu-central-1, cluster: ci, taskDefinition: ci-build, network: {subnets: [subnet-0a1b2c3d]}}
`

// The custom resource definitions have their own life cycle: they come first, and no accident of a user deletes the
// objects.
func TestCharts_InstalledAndUninstalled_WantAndKeepTheDefinitions(t *testing.T) {
	plane := bareControlPlane(t)
	crdsPackage, operatorPackage := packaged(t, crdsChart), packaged(t, operatorChart)
	install := func(release, chart string, args ...string) (string, error) {
		return helm.Run(t.Context(), append([]string{
			"upgrade", "--install", release, chart, "--kubeconfig", plane.Kubeconfig(), "--namespace", release, "--create-namespace",
		}, args...)...)
	}
	classes := valuesFile(t, class)
	const warning = "WARNING: its custom resource definitions are not in this cluster"

	notes, err := install(operatorChart, operatorPackage)
	if err != nil || !strings.Contains(notes, warning) {
		t.Fatalf("without definitions the notes do not warn (%v):\n%s", err, notes)
	}
	_, err = install(operatorChart, operatorPackage, "--values", classes)
	if err == nil || !strings.Contains(err.Error(), "ensure CRDs are installed first") {
		t.Fatalf("a class without definitions: got %v, want Helm to ask for them", err)
	}
	if _, err := install(crdsChart, crdsPackage); err != nil {
		t.Fatal(err)
	}
	notes, err = install(operatorChart, operatorPackage, "--values", classes)
	if err != nil || strings.Contains(notes, warning) {
		t.Fatalf("with definitions the notes warn (%v):\n%s", err, notes)
	}
	if _, err := helm.Run(t.Context(), "uninstall", crdsChart, "--kubeconfig", plane.Kubeconfig(), "--namespace", crdsChart); err != nil {
		t.Fatal(err)
	}
	var list v1alpha1.FargateTaskClassList
	if err := classClient(t, plane).List(t.Context(), &list); err != nil || len(list.Items) != 1 {
		t.Errorf("after the definitions' chart is uninstalled there are %d classes, want 1 (%v)", len(list.Items), err)
	}
}

// packaged packages a chart as a release does.
func packaged(t *testing.T, chart string) (archive string) {
	t.Helper()
	archive, err := helm.Package(t.Context(), chart, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return archive
}

// bareControlPlane returns a control plane without the custom resource definitions. It stops with the test.
func bareControlPlane(t *testing.T) *controlplane.ControlPlane {
	t.Helper()
	plane, err := controlplane.Start(t.Context(), controlplane.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := plane.Stop(); err != nil {
			t.Error(err)
		}
	})
	return plane
}

func classClient(t *testing.T, plane *controlplane.ControlPlane) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	c, err := client.New(plane.Config(), client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
