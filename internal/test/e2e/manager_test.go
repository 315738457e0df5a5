package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
)

func TestManager_AfterAJob_HasMetricsAndAStructuredLog(t *testing.T) {
	var log lockedBuffer
	if result := defaultRunner(t).Run(t.Context(), newJob(t), &log); result.Err != nil {
		t.Fatalf("%v\n%s", result.Err, log.String())
	}
	assertNothingLeft(t)

	response, err := http.Get(stack.MetricsURL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	metrics, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	assertContains(t, string(metrics),
		`fargate_operator_job_ready_seconds_count`,
		`fargate_operator_job_launches_total{reason="Launched"}`,
		`fargate_operator_aws_calls_total{operation="RunTask",result="ok",service="ECS"}`,
		`fargate_operator_orphans_stopped_total`,
		`controller_runtime_reconcile_total{controller="fargatejob"`,
	)
	for line := range strings.Lines(managerLog.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("a line of the manager's log is not JSON: %s", line)
		}
	}
}

// The kubelet restarts a manager that does not answer this.
func TestManager_WhileItRuns_IsHealthy(t *testing.T) {
	response, err := http.Get(stack.HealthURL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("GET %s: %s", stack.HealthURL, response.Status)
	}
}

func TestJob_RunnersPodGone_ObjectAndTaskGo(t *testing.T) {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "gitlab-runner", Namespace: devstack.Namespace},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "runner", Image: "gitlab-runner"}}},
	}
	if err := stack.Client.Create(t.Context(), pod); err != nil {
		t.Fatal(err)
	}
	runner := defaultRunner(t)
	runner.Env = []string{"POD_NAMESPACE=" + pod.Namespace, "POD_NAME=" + pod.Name, "POD_UID=" + string(pod.UID)}
	var log lockedBuffer
	prepared(t, runner, newJob(t), &log)
	if owners := theJob(t).OwnerReferences; len(owners) != 1 || owners[0].UID != pod.UID {
		t.Fatalf("the job is owned by %v, want pod %s", owners, pod.UID)
	}
	if err := stack.Client.Delete(t.Context(), pod, client.GracePeriodSeconds(0)); err != nil {
		t.Fatal(err)
	}
	assertNothingLeft(t)
}
