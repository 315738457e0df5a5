package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

// Exit codes other than the defaults, which a runner may choose.
const (
	buildFailure  = 3
	systemFailure = 4
)

// attempt is one attempt of a CI job as gitlab-runner makes it: its own TMPDIR,
// the job's variables, and launches of the binary. Its runner has exactly the
// permissions in the API server that the documentation names.
type attempt struct {
	t          *testing.T
	namespace  string
	dir        string
	config     string
	kubeconfig string
	logFile    string
	client     client.Client // the cluster's administrator, who plays the controller
}

func newAttempt(t *testing.T) *attempt {
	t.Helper()
	dir := t.TempDir()
	a := &attempt{
		t:         t,
		namespace: env.NewNamespace(t),
		dir:       dir,
		config:    filepath.Join(dir, "fargate.toml"),
		logFile:   filepath.Join(dir, "fargate.log"),
	}
	a.kubeconfig = env.UserKubeconfig(t, a.namespace, rbacv1.PolicyRule{
		APIGroups: []string{v1alpha1.GroupVersion.Group},
		Resources: []string{"fargatejobs"},
		Verbs:     []string{"create", "get", "list", "watch", "delete"},
	})
	a.write("fargate.toml", fmt.Sprintf("LogFile = %q\nLogLevel = 'debug'\n[Kubernetes]\nKubeconfig = %q\n", a.logFile, a.kubeconfig))
	a.write("response.json", `{"id": 4711, "token": "s3cret-token", "job_info": {"name": "build", "project_id": 12},
		"variables": [{"key": "PASSWORD", "value": "s3cret-variable"}], "runner_info": {"timeout": 3600}}`)
	scheme := runtime.NewScheme()
	err := v1alpha1.AddToScheme(scheme)
	if err == nil {
		a.client, err = client.New(env.Config(), client.Options{Scheme: scheme})
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *attempt) path(name string) string { return filepath.Join(a.dir, name) }

func (a *attempt) write(name, text string) string {
	a.t.Helper()
	if err := os.WriteFile(a.path(name), []byte(text), 0o700); err != nil {
		a.t.Fatal(err)
	}
	return a.path(name)
}

// launched is one run of the binary.
type launched struct {
	command        *exec.Cmd
	stdout, stderr buffer
}

// start launches the binary with the configuration.
func (a *attempt) start(args ...string) *launched {
	a.t.Helper()
	return a.startWith(append([]string{"--config", a.config}, args...)...)
}

func (a *attempt) startWith(args ...string) *launched {
	a.t.Helper()
	l := a.launchOf(args...)
	l.command.Stdout = &l.stdout
	a.begin(l)
	return l
}

// launchOf is a run of the binary that has not started.
func (a *attempt) launchOf(args ...string) *launched {
	l := &launched{command: exec.Command(program, args...)}
	l.command.Dir = a.dir
	l.command.Env = append(os.Environ(),
		"TMPDIR="+a.dir,
		"JOB_RESPONSE_FILE="+a.path("response.json"),
		"BUILD_EXIT_CODE_FILE="+a.path("exit_code"),
		fmt.Sprintf("BUILD_FAILURE_EXIT_CODE=%d", buildFailure),
		fmt.Sprintf("SYSTEM_FAILURE_EXIT_CODE=%d", systemFailure),
		"CUSTOM_ENV_PASSWORD=s3cret-variable",
	)
	l.command.Stderr = &l.stderr
	return l
}

func (a *attempt) begin(l *launched) {
	a.t.Helper()
	if err := l.command.Start(); err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() {
		if l.command.ProcessState == nil {
			_ = l.command.Process.Kill()
			_ = l.command.Wait()
		}
	})
}

// wait checks the exit code.
func (a *attempt) wait(l *launched, code int) *launched {
	a.t.Helper()
	err := l.command.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		a.t.Fatal(err)
	}
	if got := l.command.ProcessState.ExitCode(); got != code {
		a.t.Fatalf("%v ended with %d, want %d\nstdout:\n%s\nstderr:\n%s", l.command.Args, got, code, &l.stdout, &l.stderr)
	}
	return l
}

// controlled waits for the attempt's FargateJob and gives it a status, as the
// controller does.
func (a *attempt) controlled(alter func(*v1alpha1.FargateJob)) {
	a.t.Helper()
	a.setStatus(a.created(), alter)
}

// created waits for the attempt's FargateJob.
func (a *attempt) created() *v1alpha1.FargateJob {
	a.t.Helper()
	var jobs []v1alpha1.FargateJob
	eventually.Holds(a.t, "a FargateJob exists", func() bool {
		jobs = a.jobs()
		return len(jobs) == 1
	})
	return &jobs[0]
}

// setStatus gives a job a status. The executor may delete the job meanwhile,
// which keeps its finalizer.
func (a *attempt) setStatus(job *v1alpha1.FargateJob, alter func(*v1alpha1.FargateJob)) {
	a.t.Helper()
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		if err := a.client.Get(a.t.Context(), client.ObjectKeyFromObject(job), job); err != nil {
			return err
		}
		alter(job)
		return a.client.Status().Update(a.t.Context(), job)
	})
	if err != nil {
		a.t.Fatal(err)
	}
}

// prepared prepares a task that is the SSH server.
func (a *attempt) prepared(server *sshdtest.Server) *launched {
	a.t.Helper()
	prepare := a.start("custom", "prepare")
	a.controlled(func(job *v1alpha1.FargateJob) {
		if err := os.WriteFile(server.AuthorizedKeys, []byte(job.Spec.SSHPublicKey+"\n"), 0o600); err != nil {
			a.t.Fatal(err)
		}
		job.Status.Task = &v1alpha1.TaskStatus{ARN: "arn:aws:ecs:eu-central-1:123456789012:task/ci/abc", LastStatus: "RUNNING"}
		job.Status.Address = &v1alpha1.TaskAddress{Host: server.Host, Port: int32(server.Port), Username: server.User}
		setCondition(job, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady, "the task is reached")
	})
	return a.wait(prepare, 0)
}

func setCondition(job *v1alpha1.FargateJob, kind string, status metav1.ConditionStatus, reason, message string) {
	meta.SetStatusCondition(&job.Status.Conditions, metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message})
}

// jobs lists the FargateJobs that have not been deleted.
func (a *attempt) jobs() []v1alpha1.FargateJob {
	a.t.Helper()
	var list v1alpha1.FargateJobList
	if err := a.client.List(a.t.Context(), &list, client.InNamespace(a.namespace)); err != nil {
		a.t.Fatal(err)
	}
	var live []v1alpha1.FargateJob
	for _, job := range list.Items {
		if job.DeletionTimestamp.IsZero() {
			live = append(live, job)
		}
	}
	return live
}

func (a *attempt) wantNothingLeft() {
	a.t.Helper()
	if jobs := a.jobs(); len(jobs) != 0 {
		a.t.Errorf("%d FargateJobs are left", len(jobs))
	}
	if files := a.connectionFiles(); len(files) != 0 {
		a.t.Errorf("connection files are left: %v", files)
	}
}

func (a *attempt) connectionFiles() []string {
	a.t.Helper()
	files, err := filepath.Glob(a.path("*fargate-*.json*"))
	if err != nil {
		a.t.Fatal(err)
	}
	return files
}

func wantText(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in:\n%s", part, text)
		}
	}
}

// buffer collects output while the test may read it.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
