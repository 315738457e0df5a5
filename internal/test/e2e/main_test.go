// Package e2e runs CI jobs from end to end: a runner that calls the real
// executor binary, the real manager with its own service account, a real
// Kubernetes API server, and a local ECS whose containers are SSH servers.
package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/fakerunner"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/openssh"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

// opensshImage is the image whose container is OpenSSH's server.
const opensshImage = "openssh"

// startTimeout includes builds from cold caches.
const startTimeout = 25 * time.Minute

// taskDelays are long enough for the controller to see each state.
var taskDelays = localecs.Delays{Provisioning: 100 * time.Millisecond, Pending: 1200 * time.Millisecond}

var (
	stack      *devstack.Stack
	managerLog lockedBuffer
)

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	code, err := runTests(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func runTests(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "e2e-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if err := devstack.BuildPrograms(ctx, dir); err != nil {
		return 1, err
	}
	openSSH, err := openssh.Install(dir)
	if err != nil {
		return 1, err
	}
	auditLog := filepath.Join(dir, "audit.log")
	stack, err = devstack.Start(ctx, devstack.Options{
		Programs: dir,
		Delays:   taskDelays,
		Images:   map[string][]string{opensshImage: openSSH},
		Log:      &managerLog,
		AuditLog: auditLog,
	})
	if err != nil {
		return 1, err
	}
	code = m.Run()
	return code, errors.Join(checkGrants(auditLog), stack.Stop(), stopCluster())
}

// lockedBuffer is a buffer for several writers.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// useClass creates a class with the given container, and returns a runner whose
// jobs use it.
func useClass(t *testing.T, container types.ContainerDefinition) *fakerunner.Runner {
	t.Helper()
	name := strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name()))
	client, err := stack.ECS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := seed.TaskDefinition(t.Context(), client, name, container); err != nil {
		t.Fatal(err)
	}
	class := devstack.Class()
	class.Name, class.Spec.TaskDefinition = name, name
	if err := stack.Client.Create(t.Context(), class); err != nil {
		t.Fatal(err)
	}
	return newRunner(t, name)
}

// newRunner returns a runner whose jobs use a class.
func newRunner(t *testing.T, class string) *fakerunner.Runner {
	t.Helper()
	config, err := stack.ConfigFor(class)
	if err != nil {
		t.Fatal(err)
	}
	return newRunnerWith(t, config)
}

// newRunnerWith returns a runner with the given fargate.toml.
func newRunnerWith(t *testing.T, config string) *fakerunner.Runner {
	t.Helper()
	return &fakerunner.Runner{
		Custom:    fakerunner.Calling(stack.Executor(), config),
		BuildsDir: t.TempDir(),
		Pause:     10 * time.Millisecond,
	}
}

// configOf is the fargate.toml of a runner.
func configOf(runner *fakerunner.Runner) string { return runner.Custom.ConfigArgs[1] }

// wrap makes a runner call a shell command that ends with the executor's path and
// gets the executor's arguments.
func wrap(t *testing.T, runner *fakerunner.Runner, command string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "fargate")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"+command+" \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	runner.Custom = fakerunner.Calling(program, configOf(runner))
}

func defaultRunner(t *testing.T) *fakerunner.Runner {
	t.Helper()
	return newRunner(t, v1alpha1.DefaultClassName)
}

// newJob is a job that prints its name.
func newJob(t *testing.T) fakerunner.Job {
	t.Helper()
	return fakerunner.Job{
		ID: 4711, Name: t.Name(), ProjectPath: "group/project", ProjectID: 12, PipelineID: 345, Ref: "main",
		Script: []string{`echo "It works!"`},
	}
}

// prepared takes an attempt through config and prepare. Cleanup runs after the
// test.
func prepared(t *testing.T, runner *fakerunner.Runner, job fakerunner.Job, log *lockedBuffer) *fakerunner.Attempt {
	t.Helper()
	attempt := begin(t, runner, job, log)
	t.Cleanup(func() { attempt.Cleanup(context.Background()) })
	if err := attempt.Config(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	if err := attempt.Prepare(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	return attempt
}

// begin makes an attempt whose directory is removed after the test.
func begin(t *testing.T, runner *fakerunner.Runner, job fakerunner.Job, log *lockedBuffer) *fakerunner.Attempt {
	t.Helper()
	attempt, err := runner.Begin(job, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(attempt.Dir); err != nil {
			t.Error(err)
		}
	})
	return attempt
}

// theJob returns the only FargateJob.
func theJob(t *testing.T) *v1alpha1.FargateJob {
	t.Helper()
	jobs := listJobs(t)
	if len(jobs) != 1 {
		t.Fatalf("%d FargateJobs, want one", len(jobs))
	}
	return &jobs[0]
}

func listJobs(t *testing.T) []v1alpha1.FargateJob {
	t.Helper()
	var jobs v1alpha1.FargateJobList
	if err := stack.Client.List(context.Background(), &jobs, client.InNamespace(devstack.Namespace)); err != nil {
		t.Fatal(err)
	}
	return jobs.Items
}

// assertNothingLeft waits until no object and no task is left.
func assertNothingLeft(t *testing.T) {
	t.Helper()
	eventually.Shows(t, "nothing left", func() (bool, string) {
		tasks, err := stack.Tasks(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		jobs := listJobs(t)
		var names []string
		for i := range jobs {
			names = append(names, jobs[i].Name)
		}
		return tasks == 0 && len(jobs) == 0, fmt.Sprintf("%d tasks, jobs %v", tasks, names)
	})
}

// awaitLog waits until the log has the text.
func awaitLog(t *testing.T, log *lockedBuffer, text string) {
	t.Helper()
	eventually.Shows(t, fmt.Sprintf("%q in the log", text), func() (bool, string) {
		return strings.Contains(log.String(), text), log.String()
	})
}

func assertContains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in:\n%s", part, text)
		}
	}
}
