package executor

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/internal/gitlab"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

// shortTiming keeps tests quick. What has to be longer than a test is a minute.
var shortTiming = timing{
	outage:     200 * time.Millisecond,
	retry:      10 * time.Millisecond,
	silence:    time.Minute,
	unattended: time.Minute,
	overdue:    time.Minute,
	sshQuiet:   time.Millisecond,
	probe:      time.Minute,
	release:    200 * time.Millisecond,
	reconnect:  10 * time.Millisecond,
	explain:    300 * time.Millisecond,
	lastLines:  time.Minute,
	refusal:    300 * time.Millisecond,
}

// attempt is one attempt of a CI job, with an executor for its stages.
type attempt struct {
	*Executor
	store          *fakeStore
	stdout, stderr *buffer
	dir            string
}

func newAttempt(t *testing.T) *attempt {
	t.Helper()
	return newAttemptIn(t, t.TempDir())
}

// newAttemptIn is newAttempt in a directory.
func newAttemptIn(t *testing.T, dir string) *attempt {
	t.Helper()
	a := &attempt{store: newFakeStore(), stdout: &buffer{}, stderr: &buffer{}, dir: dir}
	a.Executor = New(Options{
		Environment:  environment(t, a.dir),
		OpenStore:    func() (JobStore, string, error) { return a.store, a.store.namespace, nil },
		LastLines:    a.store.lastLines,
		Class:        "default",
		ReadyTimeout: time.Minute,
		Stdout:       a.stdout,
		Stderr:       a.stderr,
		Log:          slog.New(slog.DiscardHandler),
	})
	a.limits = shortTiming
	return a
}

func environment(t *testing.T, dir string, more ...string) gitlab.Environment {
	t.Helper()
	response := filepath.Join(dir, "response.json")
	write(t, response, `{"id": 4711, "token": "job-token",
		"job_info": {"name": "build", "stage": "test", "project_id": 12, "pipeline_id": 99, "project_full_path": "group/project"},
		"git_info": {"ref": "main"}, "runner_info": {"timeout": 3600}}`)
	parsed, err := gitlab.ParseEnvironment(append(more,
		"TMPDIR="+dir,
		"JOB_RESPONSE_FILE="+response,
		"CUSTOM_ENV_CI_JOB_URL=https://gitlab.example.com/group/project/-/jobs/4711",
		"CUSTOM_ENV_CI_RUNNER_SHORT_TOKEN=abc123",
	))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// connectionFiles lists what prepare has left on disk.
func (a *attempt) connectionFiles(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(a.dir)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, entry := range entries {
		if strings.Contains(entry.Name(), "fargate-") {
			files = append(files, filepath.Join(a.dir, entry.Name()))
		}
	}
	return files
}

func (a *attempt) wantNothingLeft(t *testing.T) {
	t.Helper()
	if n := a.store.count(); n != 0 {
		t.Errorf("%d FargateJobs are left", n)
	}
	if files := a.connectionFiles(t); len(files) != 0 {
		t.Errorf("connection files are left: %v", files)
	}
}

// connected writes the connection file that prepare leaves for an SSH server.
func (a *attempt) connected(t *testing.T, server *sshdtest.Server) *connection {
	t.Helper()
	private, err := os.ReadFile(server.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	conn := newConnection(types.NamespacedName{Namespace: "ci", Name: "job-4711-abcdefgh"}, private)
	conn.Host, conn.Port, conn.User = server.Host, server.Port, server.User
	conn.HostKey = string(ssh.MarshalAuthorizedKey(server.HostKey))
	path, err := a.connectionPath()
	if err != nil {
		t.Fatal(err)
	}
	if err := writeConnection(path, conn); err != nil {
		t.Fatal(err)
	}
	return conn
}

// somePrivateKey looks like one.
const somePrivateKey = "-----BEGIN OPENSSH PRIVATE KEY-----\n"

// wantNoKey fails unless there is a connection file, without a private key.
func wantNoKey(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "PRIVATE KEY") {
		t.Error("the private key is left")
	}
}

func (a *attempt) script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(a.dir, "script")
	write(t, path, text)
	return path
}

// admit makes a server accept the public key of a job.
func admit(t *testing.T, server *sshdtest.Server, publicKey string) {
	t.Helper()
	write(t, server.AuthorizedKeys, publicKey+"\n")
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Error(err)
	}
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	wantText(t, err.Error(), parts...)
}

func wantText(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in:\n%s", part, text)
		}
	}
}

func wantBuildFailure(t *testing.T, err error, code int) {
	t.Helper()
	var failure *gitlab.BuildFailure
	if !errors.As(err, &failure) || failure.Code != code {
		t.Errorf("got error %v, want a build failure with code %d", err, code)
	}
}

func wantSystemFailure(t *testing.T, err error) {
	t.Helper()
	var failure *gitlab.BuildFailure
	if err == nil || errors.As(err, &failure) {
		t.Errorf("got error %v, want a system failure", err)
	}
}

// buffer collects output while the test may read it.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

var _ io.Writer = (*buffer)(nil)

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
