package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/sshrun"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
)

// setup is how a test's task differs from the usual one: as root, with busybox in
// all containers.
type setup struct {
	job      image
	uid      int // of the job's user, and gid
	readOnly bool
	services []string
	jobEnv   []string
	args     []string // of the gateway and the job
	gateway  int      // uid of the gateway
	noJob    bool
	late     bool       // the test starts the services' containers
	key      ssh.Signer // that may log in
}

// task is a gateway, a job's container and services.
type task struct {
	setup    setup
	key      ssh.Signer
	shared   string
	builds   string
	port     int
	gateway  *box
	job      *box
	services map[string]*box
}

// startTask starts a task that ends with the test.
func startTask(t *testing.T, s setup) *task {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root, for containers")
	}
	if s.job == nil {
		s.job = busybox
	}
	if s.key == nil {
		s.key = newKey(t)
	}
	task := &task{setup: s, key: s.key, shared: t.TempDir(), builds: t.TempDir(), services: map[string]*box{}}
	task.install(t)
	task.startGateway(t)
	if !s.noJob {
		task.startJob(t)
	}
	if !s.late {
		task.startServices(t)
	}
	return task
}

func (k *task) startServices(t *testing.T) {
	t.Helper()
	for _, name := range k.setup.services {
		k.services[name] = startContainer(t, k.spec(t, busybox, "service", "-name", name))
	}
}

// spec is a container of the task that runs the agent.
func (k *task) spec(t *testing.T, from image, args ...string) containerSpec {
	t.Helper()
	root := t.TempDir()
	skeleton(t, root)
	spec := containerSpec{
		Root: root, Binds: map[string]string{"/builds": k.builds}, ReadOnlyBinds: map[string]string{"/agent": k.shared},
		Dir: "/work", Env: []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/root", "IN_IMAGE=yes"},
		Args: append([]string{"/agent/bin/agent"}, args...),
	}
	if raceDetector { // By default it makes a program wait a second before it exits.
		spec.Env = append(spec.Env, "GORACE=atexit_sleep_ms=0")
	}
	maps.Copy(spec.Binds, from(t, root))
	return spec
}

// install runs the agent's install command, in a container that has nothing else.
func (k *task) install(t *testing.T) {
	t.Helper()
	root := t.TempDir()
	skeleton(t, root)
	link(t, agentProgram, filepath.Join(root, "agent-image"))
	installing := startContainer(t, containerSpec{
		Root: root, ReadOnly: true, Binds: map[string]string{"/agent": k.shared}, Dir: "/", Args: []string{"/agent-image", "install", "/agent"},
	})
	if code := installing.code(t); code != 0 {
		t.Fatalf("install ended with %d: %s", code, installing.output)
	}
}

var listening = regexp.MustCompile(`listening on \S+:(\d+), host key SHA256:`)

func (k *task) startGateway(t *testing.T) {
	t.Helper()
	args := append([]string{"gateway", "-port", "0", "-own", "/builds/project,/builds/cache"}, k.setup.args...)
	if len(k.setup.services) > 0 {
		args = append(args, "-services", strings.Join(k.setup.services, ","))
	}
	spec := k.spec(t, busybox, args...)
	delete(spec.ReadOnlyBinds, "/agent")
	spec.Binds["/agent"] = k.shared
	spec.UID, spec.GID = k.setup.gateway, k.setup.gateway
	if spec.UID != 0 {
		for _, dir := range []string{k.shared, filepath.Join(k.shared, "run"), k.builds} {
			if err := os.Chown(dir, spec.UID, spec.GID); err != nil {
				t.Fatal(err)
			}
		}
	}
	spec.Env = append(spec.Env, "SSH_PUBLIC_KEY="+string(ssh.MarshalAuthorizedKey(k.key.PublicKey())))
	k.gateway = startContainer(t, spec)
	eventually.Shows(t, "the gateway listens", func() (bool, string) {
		output := k.gateway.output.String()
		match := listening.FindStringSubmatch(output)
		if match != nil {
			k.port, _ = strconv.Atoi(match[1])
		}
		return match != nil, output
	})
}

func (k *task) startJob(t *testing.T) {
	t.Helper()
	spec := k.spec(t, k.setup.job, append([]string{"job"}, k.setup.args...)...)
	spec.ReadOnly, spec.UID, spec.GID = k.setup.readOnly, k.setup.uid, k.setup.uid
	spec.Env = append(spec.Env, k.setup.jobEnv...)
	k.job = startContainer(t, spec)
}

func (k *task) target(user string) sshrun.Target {
	return sshrun.Target{Host: "127.0.0.1", Port: k.port, User: user, Key: k.key}
}

// connect logs in as the executor does.
func (k *task) connect(t *testing.T, user string) *sshrun.Client {
	t.Helper()
	client, err := sshrun.Dial(t.Context(), k.target(user))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// raw logs in with the SSH library.
func (k *task) raw(t *testing.T, user string) *ssh.Client {
	t.Helper()
	client, err := ssh.Dial("tcp", k.target(user).Address(), &ssh.ClientConfig{
		User: user, Auth: []ssh.AuthMethod{ssh.PublicKeys(k.key)},
		HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// result is what a script did.
type result struct {
	stdout, stderr string
	err            error
}

// code is the exit code, or -1 for an error that is not the script's.
func (r result) code() int {
	var exit *sshrun.ExitError
	switch {
	case r.err == nil:
		return 0
	case errors.As(r.err, &exit):
		return exit.Code
	}
	return -1
}

// script runs a script as the executor does.
func (k *task) script(t *testing.T, user, text string) result {
	t.Helper()
	client := k.connect(t, user)
	defer func() { _ = client.Close() }()
	var stdout, stderr bytes.Buffer
	err := client.Run(t.Context(), sshrun.Script{Body: strings.NewReader(text), Stdout: &stdout, Stderr: &stderr})
	return result{stdout.String(), stderr.String(), err}
}

// want fails the test unless a script succeeds with an output.
func (k *task) want(t *testing.T, user, script, want string) {
	t.Helper()
	if got := k.script(t, user, script); got.err != nil || got.stdout != want {
		t.Errorf("%s: %v, stdout %q, stderr %q, want %q", script, got.err, got.stdout, got.stderr, want)
	}
}

// command runs a command of a user's session, and returns what ssh would.
func (k *task) command(t *testing.T, user, command, stdin string) result {
	t.Helper()
	client := k.raw(t, user)
	defer func() { _ = client.Close() }()
	session, err := client.NewSession()
	if err != nil {
		return result{err: err}
	}
	var stdout, stderr bytes.Buffer
	session.Stdin, session.Stdout, session.Stderr = strings.NewReader(stdin), &stdout, &stderr
	err = session.Run(command)
	return result{stdout.String(), stderr.String(), err}
}

func newKey(t testing.TB) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func pidOf(c *box) string { return strconv.Itoa(c.process.Process.Pid) }

// processes lists the command lines of a container, but for its agent's.
func (c *box) processes() []string {
	own, err := os.Readlink("/proc/" + pidOf(c) + "/ns/pid")
	if err != nil {
		return nil
	}
	files, _ := filepath.Glob("/proc/[0-9]*/ns/pid")
	var found []string
	for _, file := range files {
		namespace, _ := os.Readlink(file)
		pid := filepath.Base(filepath.Dir(filepath.Dir(file)))
		if namespace != own || pid == pidOf(c) {
			continue
		}
		// What has ended, and is not reaped, has no command line.
		if line, _ := os.ReadFile("/proc/" + pid + "/cmdline"); len(line) > 0 {
			found = append(found, strings.TrimSpace(strings.ReplaceAll(string(line), "\x00", " ")))
		}
	}
	slices.Sort(found)
	return found
}
