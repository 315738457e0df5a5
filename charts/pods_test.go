package charts_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// podSpec is that of a Deployment in manifests.
func podSpec(t *testing.T, manifests, name string) *corev1.PodSpec {
	t.Helper()
	for _, object := range decode(t, manifests) {
		if object.GetKind() != "Deployment" || object.GetName() != name {
			continue
		}
		var deployment appsv1.Deployment
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &deployment); err != nil {
			t.Fatal(err)
		}
		return &deployment.Spec.Template.Spec
	}
	t.Fatalf("no Deployment %s", name)
	return nil
}

func TestSecurityContexts_WithoutUsers_LeaveThemToOpenShift(t *testing.T) {
	manifests := render(t, operatorChart, "--values", valuesFile(t, runnerValues), "--values", valuesFile(t, `
podSecurityContext: {runAsUser: null, runAsGroup: null}
runner:
  podSecurityContext: {runAsUser: null, runAsGroup: null, fsGroup: null}
`))
	want := &corev1.PodSecurityContext{
		RunAsNonRoot:   new(true),
		SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
	for _, name := range []string{release, release + "-runner"} {
		if diff := cmp.Diff(want, podSpec(t, manifests, name).SecurityContext); diff != "" {
			t.Errorf("security context of %s differs (-want +got):\n%s", name, diff)
		}
	}
}

func TestSecurityContexts_Null_AreLeftOut(t *testing.T) {
	manifests := render(t, operatorChart, "--values", valuesFile(t, runnerValues), "--values", valuesFile(t, `
podSecurityContext: null
securityContext: null
runner: {podSecurityContext: null, securityContext: null}
`))
	for _, name := range []string{release, release + "-runner"} {
		spec := podSpec(t, manifests, name)
		if spec.SecurityContext != nil {
			t.Errorf("%s has a pod security context: %+v", name, spec.SecurityContext)
		}
		for _, container := range append(spec.InitContainers, spec.Containers...) {
			if container.SecurityContext != nil {
				t.Errorf("container %s of %s has a security context: %+v", container.Name, name, container.SecurityContext)
			}
		}
	}
}

func TestPods_TakeWhatIsAddedToThem(t *testing.T) {
	manifests := render(t, operatorChart, "--values", operatorChart+"/ci/everything-values.yaml")
	for name, containers := range map[string][]string{
		"fargate-controller":        {"manager"},
		"fargate-controller-runner": {"register", "gitlab-runner"},
	} {
		spec := podSpec(t, manifests, name)
		for _, container := range containers {
			if !mounts(spec, container, "private-ca") {
				t.Errorf("container %s of %s has no private CA", container, name)
			}
		}
		if len(spec.Tolerations) != 1 || spec.Affinity == nil || spec.NodeSelector["kubernetes.io/arch"] != "arm64" ||
			spec.PriorityClassName != "system-cluster-critical" {
			t.Errorf("the placement of %s is not the one given: %+v", name, spec)
		}
	}
}

func mounts(spec *corev1.PodSpec, container, volume string) bool {
	for _, c := range append(spec.InitContainers, spec.Containers...) {
		for _, mount := range c.VolumeMounts {
			if c.Name == container && mount.Name == volume {
				return true
			}
		}
	}
	return false
}
