package e2e

import (
	"context"
	"testing"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
)

// valueSets are ways to install the chart. ServiceMonitor and cert-manager are
// left to the charts' own tests: their definitions are not in this cluster.
var valueSets = map[string]string{
	"minimal":          ``,
	"single-namespace": `watchNamespaces: [TENANT]`,
	"everything": `
priorityClassName: system-cluster-critical
networkPolicy: {enabled: true}
webhook: {enabled: true}
policy: {enabled: true}
runner: {enabled: true, namespace: TENANT, existingSecret: gitlab-runner}
`,
}

func TestInstall_AnyValueSet_RunsAJobAndGrantsNoMore(t *testing.T) {
	for name, values := range valueSets {
		t.Run(name, func(t *testing.T) {
			r := newRelease(t, name, values)
			r.installAll(t, crdsChart(t), operatorChart(t))
			r.runs(t)
			r.assertManagerIsRefused(t, name == "single-namespace")
			r.assertRunnerIsRefused(t)
		})
	}
}

// request is a request that the API server must refuse.
type request func(ctx context.Context, c client.Client) error

func (r *release) assertManagerIsRefused(t *testing.T, namespaced bool) {
	t.Helper()
	requests := map[string]request{
		"list secrets": list(&corev1.SecretList{}, r.name),
		"create a pod": create(&corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: r.tenant, Name: "pod"},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "i"}}},
		}),
		"create a job":       create(r.newJob(r.tenant)),
		"delete a class":     remove(&v1alpha1.FargateTaskClass{ObjectMeta: metav1.ObjectMeta{Namespace: r.tenant, Name: "default"}}),
		"take another Lease": get(&coordinationv1.Lease{}, r.name, "other"),
		"read a namespace":   get(&corev1.Namespace{}, "", r.tenant),
	}
	if namespaced {
		requests["list the jobs of all namespaces"] = list(&v1alpha1.FargateJobList{}, "")
		requests["list the jobs of its own namespace"] = list(&v1alpha1.FargateJobList{}, r.name)
	}
	r.assertForbidden(t, r.Manager.Namespace, r.Manager.ServiceAccount, requests)
}

func (r *release) assertRunnerIsRefused(t *testing.T) {
	t.Helper()
	r.assertForbidden(t, r.tenant, "gitlab-runner", map[string]request{
		"list jobs elsewhere":           list(&v1alpha1.FargateJobList{}, r.name),
		"read a class elsewhere":        get(&v1alpha1.FargateTaskClass{}, r.name, "default"),
		"list classes":                  list(&v1alpha1.FargateTaskClassList{}, r.tenant),
		"create a job elsewhere":        create(r.newJob(r.name)),
		"read a secret":                 get(&corev1.Secret{}, r.tenant, "gitlab-runner"),
		"read the controller's secrets": list(&corev1.SecretList{}, r.name),
		"write a job's status": func(ctx context.Context, c client.Client) error {
			return c.Status().Patch(ctx, r.newJob(r.tenant), client.RawPatch("application/merge-patch+json", []byte(`{"status":{"attempt":9}}`)))
		},
	})
}

// assertForbidden makes requests as a service account.
func (r *release) assertForbidden(t *testing.T, namespace, account string, requests map[string]request) {
	t.Helper()
	c := r.clientOf(t, namespace, account)
	for name, do := range requests {
		if err := do(t.Context(), c); !apierrors.IsForbidden(err) {
			t.Errorf("%s/%s may %s: got %v, want it forbidden", namespace, account, name, err)
		}
	}
}

func (r *release) clientOf(t *testing.T, namespace, account string) client.Client {
	t.Helper()
	kubeconfig, err := r.ServiceAccountKubeconfig(t.Context(), namespace, account)
	if err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	c, err := devstack.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (r *release) newJob(namespace string) *v1alpha1.FargateJob {
	return &v1alpha1.FargateJob{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "by-hand"},
		Spec:       v1alpha1.FargateJobSpec{SSHPublicKey: publicKey},
	}
}

func list(l client.ObjectList, namespace string) request {
	return func(ctx context.Context, c client.Client) error { return c.List(ctx, l, client.InNamespace(namespace)) }
}

func get(object client.Object, namespace, name string) request {
	return func(ctx context.Context, c client.Client) error {
		return c.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, object)
	}
}

func create(object client.Object) request {
	return func(ctx context.Context, c client.Client) error { return c.Create(ctx, object) }
}

func remove(object client.Object) request {
	return func(ctx context.Context, c client.Client) error { return c.Delete(ctx, object) }
}
