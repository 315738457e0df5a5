package e2e

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/controlplane"
	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
	"github.com/fargate-operator/fargate-operator/internal/test/docs"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
)

var update = flag.Bool("update", false, "write what kubectl prints into docs/kubectl.md")

// kubectlNamespace keeps what other tests leave behind out of the page.
const kubectlNamespace = "team-a"

func TestKubectl_PrintsWhatItsPageShows(t *testing.T) {
	createKubectlObjects(t)
	const file = "../../../docs/kubectl.md"
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, err := docs.Parse(file, source).Run(t.Context(), kubectlShell(t), func(docs.Block) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(source, got) {
		return
	}
	if !*update {
		t.Fatalf("kubectl does not print what docs/kubectl.md shows (-page +kubectl); "+
			"if it is right: go test ./internal/test/e2e -run Kubectl -update\n%s", cmp.Diff(string(source), string(got)))
	}
	if err := os.WriteFile(file, got, 0o600); err != nil {
		t.Fatal(err)
	}
}

// createKubectlObjects creates a class, a job that becomes ready and one that
// stalls, and waits until their conditions and events are there.
func createKubectlObjects(t *testing.T) {
	t.Helper()
	class := devstack.Class()
	class.Namespace = kubectlNamespace
	ready := kubectlJob(4711, "job-4711-6f2e91c4", v1alpha1.DefaultClassName)
	stalled := kubectlJob(4712, "job-4712-b21c7d0e", "gpu")
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: kubectlNamespace}}
	for _, object := range []client.Object{namespace, class, ready, stalled} {
		if err := stack.Client.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		for _, object := range []client.Object{ready, stalled, class} {
			if err := client.IgnoreNotFound(stack.Client.Delete(context.Background(), object)); err != nil {
				t.Error(err)
			}
		}
		assertNothingLeft(t)
	})
	awaitConditionAndEvent(t, class, v1alpha1.ConditionReady)
	awaitConditionAndEvent(t, ready, v1alpha1.ConditionReady)
	awaitConditionAndEvent(t, stalled, v1alpha1.ConditionStalled)
}

func kubectlJob(id int64, name, class string) *v1alpha1.FargateJob {
	return &v1alpha1.FargateJob{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: kubectlNamespace, Finalizers: []string{v1alpha1.Finalizer}},
		Spec: v1alpha1.FargateJobSpec{
			ClassRef:     v1alpha1.ClassReference{Name: class},
			SSHPublicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9pGqvN3NbDTcKVd0g7ySAdYLbnZ3eY5Hcu0nqgvGqL",
			Job: v1alpha1.JobIdentity{
				Runner: "glrt-x1y2", ProjectPath: "group/project", ProjectID: 12, PipelineID: 345, ID: id, Name: "build",
				URL: fmt.Sprintf("https://gitlab.example.com/group/project/-/jobs/%d", id), Ref: "main",
			},
			ActiveDeadlineSeconds: 5400,
		},
	}
}

// awaitConditionAndEvent waits until a condition is true and an event is written.
func awaitConditionAndEvent(t *testing.T, object client.Object, condition string) {
	t.Helper()
	eventually.Shows(t, object.GetName()+" "+condition, func() (bool, string) {
		if err := stack.Client.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
			t.Fatal(err)
		}
		var conditions []metav1.Condition
		switch object := object.(type) {
		case *v1alpha1.FargateTaskClass:
			conditions = object.Status.Conditions
		case *v1alpha1.FargateJob:
			conditions = object.Status.Conditions
		}
		var events eventsv1.EventList
		if err := stack.Client.List(t.Context(), &events, client.InNamespace(kubectlNamespace)); err != nil {
			t.Fatal(err)
		}
		written := false
		for i := range events.Items {
			written = written || events.Items[i].Regarding.UID == object.GetUID()
		}
		return written && meta.IsStatusConditionTrue(conditions, condition), managerLog.String()
	})
}

// kubectlShell has kubectl and a kubeconfig with the page's namespace.
func kubectlShell(t *testing.T) docs.Shell {
	t.Helper()
	kubectl, err := controlplane.BuildKubectl(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.LoadFromFile(stack.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	config.Contexts[config.CurrentContext].Namespace = kubectlNamespace
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, kubeconfig); err != nil {
		t.Fatal(err)
	}
	return docs.Shell{
		Dir: t.TempDir(),
		Env: []string{"PATH=" + filepath.Dir(kubectl) + ":/usr/bin:/bin", "HOME=" + t.TempDir(), "KUBECONFIG=" + kubeconfig},
	}
}
