package charts_test

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/helm"
)

// foreignGroups are the API groups of other projects, whose definitions are not here.
var foreignGroups = map[string]bool{"monitoring.coreos.com": true, "cert-manager.io": true}

func TestCharts_EveryValueSet_IsAcceptedByTheAPIServer(t *testing.T) {
	c := newClient(t)
	for name, values := range valueSets(t) {
		t.Run(name, func(t *testing.T) {
			namespace := restrictedNamespace(t, c)
			manifests := render(t, operatorChart, "--namespace", namespace, "--values", values)
			for _, object := range decode(t, manifests) {
				dryRun(t, c, object)
			}
		})
	}
}

func TestCharts_LongestReleaseName_IsAcceptedByTheAPIServer(t *testing.T) {
	c := newClient(t)
	const longest = 53 // as Helm has it
	name := strings.Repeat("n", longest)
	manifests, err := helm.Run(t.Context(), "template", name, operatorChart, "--namespace", env.NewNamespace(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range decode(t, manifests) {
		dryRun(t, c, object)
	}
}

func TestPods_OfEveryWorkload_AreAdmittedAtLevelRestricted(t *testing.T) {
	c := newClient(t)
	for name, values := range valueSets(t) {
		t.Run(name, func(t *testing.T) {
			pods := podsOf(t, render(t, operatorChart, "--values", values))
			if len(pods) == 0 {
				t.Fatal("no workload")
			}
			namespace := restrictedNamespace(t, c)
			for _, pod := range pods {
				pod.Namespace = namespace
				// The API server demands that a pod's account exists.
				pod.Spec.ServiceAccountName = serviceAccount(t, c, namespace)
				// The level is in force a moment after the label was written.
				eventually.Succeeds(t, "a pod that may escalate its privileges is refused", func() error {
					escalating := pod.DeepCopy()
					escalating.Spec.Containers[0].SecurityContext = &corev1.SecurityContext{AllowPrivilegeEscalation: ptr.To(true)}
					return missing(c.Create(t.Context(), escalating, client.DryRunAll), "violates PodSecurity")
				})
				if err := c.Create(t.Context(), pod, client.DryRunAll); err != nil {
					t.Errorf("a pod of %s: %v", pod.Name, err)
				}
			}
		})
	}
}

func newClient(t *testing.T) client.Client {
	t.Helper()
	c, err := client.New(env.Config(), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return client.WithFieldValidation(c, metav1.FieldValidationStrict)
}

// restrictedNamespace returns a namespace that enforces Pod Security's level restricted.
func restrictedNamespace(t *testing.T, c client.Client) string {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: env.NewNamespace(t)}}
	patch := client.RawPatch("application/merge-patch+json",
		[]byte(`{"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}`))
	if err := c.Patch(t.Context(), namespace, patch); err != nil {
		t.Fatal(err)
	}
	return namespace.Name
}

func serviceAccount(t *testing.T, c client.Client, namespace string) string {
	t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, GenerateName: "pod-"}}
	if err := c.Create(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	return account.Name
}

// dryRun has the API server validate an object, in a namespace that is created if it is missing.
func dryRun(t *testing.T, c client.Client, object *unstructured.Unstructured) {
	t.Helper()
	if name := object.GetNamespace(); name != "" {
		err := c.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			t.Fatal(err)
		}
	}
	err := c.Create(t.Context(), object, client.DryRunAll)
	if meta.IsNoMatchError(err) && foreignGroups[object.GroupVersionKind().Group] {
		return
	}
	if err != nil {
		t.Errorf("%s %s: %v", object.GetKind(), object.GetName(), err)
	}
}

// podsOf returns a pod of each Deployment's template.
func podsOf(t *testing.T, manifests string) []*corev1.Pod {
	t.Helper()
	var pods []*corev1.Pod
	for _, object := range decode(t, manifests) {
		if object.GetKind() != "Deployment" {
			continue
		}
		var deployment appsv1.Deployment
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &deployment); err != nil {
			t.Fatal(err)
		}
		template := deployment.Spec.Template
		pods = append(pods, &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: deployment.Name, Labels: template.Labels},
			Spec:       template.Spec,
		})
	}
	return pods
}
