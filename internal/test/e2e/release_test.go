package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/fakerunner"
	"github.com/fargate-operator/fargate-operator/internal/test/helm"
)

// webhookCertificates is where the chart mounts the webhook's certificate.
const webhookCertificates = "/etc/fargate-operator/webhook"

// cluster is a second stack, whose cluster only contains what the tests install
// with Helm. startCluster starts it when the first test needs it.
var cluster *devstack.Stack

var startCluster = sync.OnceValue(func() (err error) {
	cluster, err = devstack.Start(context.Background(), devstack.Options{
		Programs: filepath.Dir(stack.Executor()),
		Delays:   taskDelays,
		Log:      &managerLog,
		Bare:     true,
	})
	return err
})

// stopCluster stops the cluster if a test has started it.
func stopCluster() error {
	if cluster == nil {
		return nil
	}
	return cluster.Stop()
}

// release is an installation with Helm, in its own two namespaces, which enforce
// Pod Security's level restricted: one for the controller, one for jobs.
type release struct {
	*devstack.Stack
	name   string
	tenant string
	values string
}

// newRelease creates the namespaces of a release and writes its values: a tenant
// with a class, and the given values.
func newRelease(t *testing.T, name, values string) *release {
	t.Helper()
	if err := startCluster(); err != nil {
		t.Fatal(err)
	}
	r := &release{Stack: cluster, name: name, values: filepath.Join(t.TempDir(), "values.yaml")}
	r.tenant = r.name + "-jobs"
	for _, name := range []string{r.name, r.tenant} {
		if err := r.Client.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: name, Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
		}}); err != nil {
			t.Fatal(err)
		}
	}
	text := fmt.Sprintf(`
fullnameOverride: %s
tenants:
  - namespace: %[2]s
taskClasses:
  - name: default
    namespace: %[2]s
    spec:
      region: %s
      cluster: %s
      taskDefinition: %s
      network: {subnets: [subnet-local-a, subnet-local-b], securityGroups: [sg-local]}
      ssh: {port: %d}
`, r.name, r.tenant, devstack.Region, devstack.Cluster, devstack.TaskDefinition, devstack.Port)
	values = strings.ReplaceAll(values, "TENANT", r.tenant)
	if err := os.WriteFile(r.values, []byte(text+values), 0o600); err != nil {
		t.Fatal(err)
	}
	return r
}

// helm runs Helm in the namespace of the controller.
func (r *release) helm(t *testing.T, args ...string) {
	t.Helper()
	args = append(args, "--kubeconfig", r.Kubeconfig, "--namespace", r.name)
	if _, err := helm.Run(context.WithoutCancel(t.Context()), args...); err != nil {
		t.Fatal(err)
	}
}

// crdsChart packages the chart with the definitions.
func crdsChart(t *testing.T) (archive string) {
	t.Helper()
	return packaged(t, "fargate-operator-crds")
}

// operatorChart packages the chart with the controller.
func operatorChart(t *testing.T) (archive string) {
	t.Helper()
	return packaged(t, "fargate-operator")
}

// packaged packages a chart, so that what is installed is what users get: a
// directory has files that .helmignore keeps out of a package.
func packaged(t *testing.T, chart string) (archive string) {
	t.Helper()
	archive, err := helm.Package(t.Context(), filepath.Join("../../../charts", chart), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return archive
}

// installCRDs installs or upgrades the chart of the definitions.
func (r *release) installCRDs(t *testing.T, chart string) {
	t.Helper()
	r.helm(t, "upgrade", "--install", "crds", chart, "--take-ownership")
}

// install installs or upgrades the chart of the controller.
func (r *release) install(t *testing.T, chart string) {
	t.Helper()
	r.helm(t, "upgrade", "--install", r.name, chart, "--values", r.values)
}

// uninstall stops the controller and uninstalls its chart, if they are there.
func (r *release) uninstall(t *testing.T) {
	t.Helper()
	if err := r.StopManager(); err != nil {
		t.Error(err)
	}
	r.helm(t, "uninstall", r.name, "--ignore-not-found")
}

// installAll installs both charts and starts the manager. The controller is
// uninstalled after the test.
func (r *release) installAll(t *testing.T, crds, controller string) {
	t.Helper()
	r.installCRDs(t, crds)
	r.install(t, controller)
	r.start(t)
	t.Cleanup(func() { r.uninstall(t) })
}

// start runs the manager as the kubelet would: with the arguments, the service
// account and the mounted Secret of the chart's Deployment.
func (r *release) start(t *testing.T) {
	t.Helper()
	var deployment appsv1.Deployment
	r.get(t, r.name, r.name, &deployment)
	pod := deployment.Spec.Template.Spec
	r.Manager = devstack.Manager{Namespace: r.name, ServiceAccount: pod.ServiceAccountName}
	certificates := t.TempDir()
	for _, volume := range pod.Volumes {
		r.mount(t, volume.Secret.SecretName, certificates)
	}
	for _, arg := range pod.Containers[0].Args {
		r.Manager.Args = append(r.Manager.Args, strings.Replace(arg, webhookCertificates, certificates, 1))
	}
	if err := r.StartManager(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// mount writes the keys of a Secret into a directory.
func (r *release) mount(t *testing.T, name, dir string) {
	t.Helper()
	var secret corev1.Secret
	r.get(t, r.name, name, &secret)
	for key, value := range secret.Data {
		if err := os.WriteFile(filepath.Join(dir, key), value, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func (r *release) get(t *testing.T, namespace, name string, object client.Object) {
	t.Helper()
	if err := r.Client.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, object); err != nil {
		t.Fatal(err)
	}
}

// runner is a gitlab-runner with the tenant's service account and the
// fargate.toml of the chart's ConfigMap. It does not run in a pod, so one line is
// added: the kubeconfig.
func (r *release) runner(t *testing.T) *fakerunner.Runner {
	t.Helper()
	kubeconfig, err := r.ServiceAccountKubeconfig(t.Context(), r.tenant, "gitlab-runner")
	if err != nil {
		t.Fatal(err)
	}
	var config corev1.ConfigMap
	r.get(t, r.tenant, "fargate-executor", &config)
	file := filepath.Join(t.TempDir(), "fargate.toml")
	text := config.Data["fargate.toml"] + fmt.Sprintf("Kubeconfig = %q\n", kubeconfig)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return newRunnerWith(t, file)
}

// runs takes a job from start to end.
func (r *release) runs(t *testing.T) {
	t.Helper()
	var log lockedBuffer
	if result := r.runner(t).Run(t.Context(), newJob(t), &log); result.Err != nil {
		t.Fatalf("%v\n%s", result.Err, log.String())
	}
	assertContains(t, log.String(), "It works!")
	r.assertNothingLeft(t)
}

// assertNothingLeft waits until no job of the tenant and no task is left.
func (r *release) assertNothingLeft(t *testing.T) {
	t.Helper()
	eventually.Shows(t, "nothing left", func() (bool, string) {
		tasks, err := r.Tasks(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		jobs := r.jobs(t)
		return tasks == 0 && len(jobs) == 0, fmt.Sprintf("%d tasks, %d jobs", tasks, len(jobs))
	})
}

func (r *release) jobs(t *testing.T) []v1alpha1.FargateJob {
	t.Helper()
	var jobs v1alpha1.FargateJobList
	if err := r.Client.List(context.Background(), &jobs, client.InNamespace(r.tenant)); err != nil {
		t.Fatal(err)
	}
	return jobs.Items
}

// deleteNamespaces deletes the release's namespaces and waits until they are gone,
// which shows that nothing in them is stuck.
func (r *release) deleteNamespaces(t *testing.T) {
	t.Helper()
	for _, name := range []string{r.tenant, r.name} {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
		if err := r.Client.Delete(t.Context(), namespace); err != nil {
			t.Fatal(err)
		}
		eventually.Shows(t, "namespace "+name+" is gone", func() (bool, string) {
			err := r.Client.Get(t.Context(), client.ObjectKeyFromObject(namespace), namespace)
			return apierrors.IsNotFound(err), fmt.Sprint(namespace.Status.Conditions)
		})
	}
}
