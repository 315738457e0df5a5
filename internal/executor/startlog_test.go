package executor

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

// varying matches what differs between two runs of a test.
var varying = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`section_(start|end):\d+:`), "section_$1:UNIX:"},
	{regexp.MustCompile(`\[ +\d+\.\ds\]`), "[TIME]"},
	{regexp.MustCompile(`\d+\.\ds`), "N.Ns"},
	{regexp.MustCompile(`job-4711-[a-z0-9]{8}`), "job-4711-SUFFIX"},
	{regexp.MustCompile(`127\.0\.0\.1( port |:)\d+`), "ADDRESS"},
	{regexp.MustCompile(`SHA256:\S+`), "SHA256:HASH"},
}

// snapshot is the job log with what varies replaced and control characters
// spelled out.
func (a *attempt) snapshot() string {
	text := a.stdout.String()
	for _, v := range varying {
		text = v.pattern.ReplaceAllString(text, v.instead)
	}
	return strings.NewReplacer("\r", `\r`, "\x1b", `\e`).Replace(text)
}

// pulled gives a task the times of its image pull.
func pulled(took time.Duration) func(*v1alpha1.FargateJob) {
	return func(job *v1alpha1.FargateJob) {
		begun := metav1.NewTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
		end := metav1.NewTime(begun.Add(took))
		job.Status.Task.PullStartTime, job.Status.Task.PullStopTime = &begun, &end
	}
}

func TestPrepare_JobLog_HasSectionTaskAndTimes(t *testing.T) {
	server := sshdtest.Start(t)
	a := newAttempt(t)
	seen := func(text string) {
		eventually.Check(t, text+" is in the log", func() bool { return strings.Contains(a.stdout.String(), text) })
	}
	a.store.onCreate = func(key types.NamespacedName) {
		admit(t, server, a.store.publicKey(key))
		a.store.change(key, waitingIn("PROVISIONING", v1alpha1.ReasonProvisioning, "ECS is provisioning the task"))
		seen("PROVISIONING: ")
		a.store.change(key, waitingIn("PENDING", v1alpha1.ReasonPending, "Fargate is preparing the task"))
		seen("PENDING: ")
		a.store.change(key, func(job *v1alpha1.FargateJob) {
			readyAt(server.Host, server.Port, server.User)(job)
			pulled(21400 * time.Millisecond)(job)
		})
	}
	if err := a.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := `section_start:UNIX:fargate_task[collapsed=true]\r\e[0KStarting the job's task on AWS Fargate
[TIME] created FargateJob ci/job-4711-SUFFIX (class default)
[TIME] task arn:aws:ecs:eu-central-1:123456789012:task/ci/abc
[TIME] https://console.aws.amazon.com/ecs/v2/clusters/ci/tasks/abc?region=eu-central-1
[TIME] PROVISIONING: ECS is provisioning the task
[TIME] PENDING: Fargate is preparing the task
[TIME] RUNNING in eu-central-1a on FARGATE: the task is reached at 127.0.0.1
[TIME] connected to ADDRESS as ` + server.User + `, host key SHA256:HASH
section_end:UNIX:fargate_task\r\e[0KThe task in eu-central-1a on FARGATE is ready after N.Ns: launch N.Ns, provisioning N.Ns, pending N.Ns (image pull about 21s), SSH N.Ns
`
	if diff := cmp.Diff(want, a.snapshot()); diff != "" {
		t.Errorf("job log (-want +got):\n%s", diff)
	}
}

func TestPrepare_JobLogOfAFailure_EndsWithTimesAndTaskPage(t *testing.T) {
	a := newAttempt(t)
	a.store.onCreate = func(key types.NamespacedName) {
		a.store.change(key, func(job *v1alpha1.FargateJob) {
			waitingIn("STOPPED", v1alpha1.ReasonTaskFailedToStart, "the task stopped")(job)
			stalledBecause(v1alpha1.ReasonTaskFailedToStart, "CannotPullContainerError")(job)
		})
	}
	wantError(t, a.Prepare(t.Context()), "CannotPullContainerError")
	want := `section_start:UNIX:fargate_task[collapsed=true]\r\e[0KStarting the job's task on AWS Fargate
[TIME] created FargateJob ci/job-4711-SUFFIX (class default)
[TIME] task arn:aws:ecs:eu-central-1:123456789012:task/ci/abc
[TIME] https://console.aws.amazon.com/ecs/v2/clusters/ci/tasks/abc?region=eu-central-1
[TIME] deleted FargateJob ci/job-4711-SUFFIX
section_end:UNIX:fargate_task\r\e[0KThe task is given up after N.Ns: launch N.Ns, stopped N.Ns
The task's page with its containers and their logs: https://console.aws.amazon.com/ecs/v2/clusters/ci/tasks/abc?region=eu-central-1
`
	if diff := cmp.Diff(want, a.snapshot()); diff != "" {
		t.Errorf("job log (-want +got):\n%s", diff)
	}
}

func TestPrepare_KeysWithoutEffect_AreListedInTheSection(t *testing.T) {
	a := newAttempt(t)
	a.Idle = []string{"Fargate.Cluster: spec.cluster of the FargateTaskClass takes its place", "Fargate.CPU: spec.cpu of the FargateTaskClass takes its place"}
	a.startsOn(t, sshdtest.Start(t))
	if err := a.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantText(t, a.snapshot(), `Starting the job's task on AWS Fargate
[TIME] fargate.toml sets a key that has no effect: Fargate.Cluster: spec.cluster of the FargateTaskClass takes its place
[TIME] fargate.toml sets a key that has no effect: Fargate.CPU: spec.cpu of the FargateTaskClass takes its place
[TIME] created FargateJob`)
}

func TestPrepare_NothingCreated_LogStillEndsItsSection(t *testing.T) {
	a := newAttempt(t)
	a.store.createErrs = []error{errors.New("no permission")}
	wantError(t, a.Prepare(t.Context()), "no permission")
	want := `section_start:UNIX:fargate_task[collapsed=true]\r\e[0KStarting the job's task on AWS Fargate
section_end:UNIX:fargate_task\r\e[0KThe task is given up after N.Ns: launch N.Ns
`
	if diff := cmp.Diff(want, a.snapshot()); diff != "" {
		t.Errorf("job log (-want +got):\n%s", diff)
	}
}
