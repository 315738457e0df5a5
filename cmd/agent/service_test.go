package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
)

// start starts services as the executor will.
func (k *task) start(t *testing.T, services ...protocol.Service) result {
	t.Helper()
	input, err := json.Marshal(services)
	if err != nil {
		t.Fatal(err)
	}
	return k.command(t, "gateway", "services start", string(input))
}

func (k *task) status(t *testing.T) map[string]string {
	t.Helper()
	return states(t, k.command(t, "gateway", "services status", "").stdout)
}

func states(t *testing.T, output string) map[string]string {
	t.Helper()
	var all []protocol.ServiceStatus
	if err := json.Unmarshal([]byte(output), &all); err != nil {
		t.Fatalf("%v: %q", err, output)
	}
	found := map[string]string{}
	for _, one := range all {
		found[one.Name] = strings.TrimSpace(one.State + " " + one.Reason)
	}
	return found
}

func TestService_Started_BecomesProcessOneWithItsEnvironment(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{services: []string{"db", "cache"}})
	eventually.Shows(t, "both wait", func() (bool, string) {
		diff := cmp.Diff(map[string]string{"db": "waiting", "cache": "waiting"}, task.status(t))
		return diff == "", diff
	})
	got := task.start(t, protocol.Service{
		Name: "db", Env: map[string]string{"PASSWORD": "s3cr3t", "PATH": "/bin"}, Entrypoint: []string{"sh", "-c"},
		Command: []string{`echo "I am $$ in $PWD, $IN_IMAGE, $# arguments, ${#PASSWORD}"; echo "to stderr" >&2; exec sleep 3001`},
	})
	if got.err != nil {
		t.Fatalf("%v\n%s", got.err, got.stderr)
	}
	if diff := cmp.Diff(map[string]string{"db": "running", "cache": "waiting"}, states(t, got.stdout)); diff != "" {
		t.Error(diff)
	}
	eventually.Shows(t, "the service has printed", func() (bool, string) {
		log := task.command(t, "gateway", "services logs db", "").stdout
		return strings.Contains(log, "I am 1 in /work, yes, 0 arguments, 6\n") && strings.Contains(log, "to stderr\n"), log
	})
	eventually.Shows(t, "the gateway's log has it", func() (bool, string) {
		log := task.gateway.output.String()
		return strings.Contains(log, "[db] I am 1 in /work") && strings.Contains(log, "[db] to stderr\n"), log
	})
	for name, c := range map[string]*box{"gateway": task.gateway, "job": task.job, "db": task.services["db"]} {
		if strings.Contains(c.output.String(), "s3cr3t") {
			t.Errorf("the log of %s has the secret", name)
		}
	}
	if got := task.start(t, protocol.Service{Name: "db", Command: []string{"true"}}); got.err == nil || !strings.Contains(got.stderr, "service db has been started already") {
		t.Errorf("%v, %q", got.err, got.stderr)
	}
}

func TestService_ThatDies_LeavesItsLastLines(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{services: []string{"db"}})
	if got := task.start(t, protocol.Service{Name: "db", Entrypoint: []string{""}, Command: []string{
		"sh", "-c", `i=0; while [ $i -lt 5000 ]; do echo "line $i of the service that dies"; i=$((i+1)); done; echo "last words" >&2; printf unfinished; kill -KILL $$`,
	}}); got.err != nil {
		t.Fatalf("%v\n%s", got.err, got.stderr)
	}
	eventually.Shows(t, "the service has ended", func() (bool, string) {
		status := task.status(t)["db"]
		return status == "ended", status
	})
	log := task.command(t, "gateway", "services logs db", "").stdout
	if len(log) != 64<<10 || !strings.Contains(log, "line 4999 of the service that dies\n") || !strings.Contains(log, "last words\n") || !strings.Contains(log, "unfinished") {
		t.Errorf("%d bytes, the last of which are %q", len(log), log[max(0, len(log)-200):])
	}
}

func TestService_ThatRedirectsItsOutput_RunsUntilItsProcessEnds(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{services: []string{"db"}})
	before := pipes(t, task.gateway)
	if got := task.start(t, protocol.Service{Name: "db", Command: []string{
		"sh", "-c", `echo last line; exec sh -c 'until [ -e /builds/end ]; do sleep 0.05; done' >/dev/null 2>&1`,
	}}); got.err != nil {
		t.Fatalf("%v\n%s", got.err, got.stderr)
	}
	eventually.Shows(t, "its output has come, and its pipes are closed", func() (bool, string) {
		return strings.Contains(task.gateway.output.String(), "[db] last line\n") && pipes(t, task.gateway) == before, task.gateway.output.String()
	})
	if status := task.status(t)["db"]; status != "running" {
		t.Errorf("status %q", status)
	}
	task.want(t, "job", "touch /builds/end", "")
	eventually.Shows(t, "the service has ended", func() (bool, string) {
		status := task.status(t)["db"]
		return status == "ended", status
	})
	if log := task.gateway.output.String(); !strings.Contains(log, "[gateway] service db has ended\n") {
		t.Error(log)
	}
}

// pipes counts a container's agent's open pipes.
func pipes(t *testing.T, c *box) int {
	t.Helper()
	dir := filepath.Join("/proc", pidOf(c), "fd")
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, file := range files {
		target, _ := os.Readlink(filepath.Join(dir, file.Name()))
		if strings.HasPrefix(target, "pipe:") {
			count++
		}
	}
	return count
}

func TestService_ThatCannotStart_SaysWhy(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{services: []string{"missing", "directory", "interpreter", "nothing"}})
	got := task.start(t,
		protocol.Service{Name: "missing", Entrypoint: []string{"docker-entrypoint.sh"}},
		protocol.Service{Name: "directory", Entrypoint: []string{"/tmp"}},
		protocol.Service{Name: "interpreter", Entrypoint: []string{"/bin/busybox/x"}},
		protocol.Service{Name: "nothing", Entrypoint: []string{""}},
	)
	if got.err == nil {
		t.Error("no error")
	}
	for _, want := range []string{
		`service missing was not started: the entry point "docker-entrypoint.sh" is not in a directory of PATH`,
		`service directory was not started: the entry point "/tmp" is not executable for uid 0`,
		`service interpreter was not started: running the entry point "/bin/busybox/x"`,
		`service nothing was not started: the entry point is empty`,
	} {
		if !strings.Contains(got.stderr, want) {
			t.Errorf("%q is not in:\n%s", want, got.stderr)
		}
	}
	if status := task.status(t)["missing"]; !strings.HasPrefix(status, "failed the entry point") {
		t.Errorf("status %q", status)
	}
}

func TestServicesStart_WrongInput_StartsNothingAndShowsNoSecret(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{services: []string{"db"}})
	for input, want := range map[string]string{
		`{"s3cr3t`: "standard input is not a JSON array of services",
		`[{"name":"other","env":{"A":"s3cr3t"},"command":["x"]}]`:                             `the task has no service "other"`,
		`[{"name":"db","env":{"":"s3cr3t"},"command":["x"]}]`:                                 `service "db": entry 1 of the environment`,
		`[{"name":"db","env":{"A":"s3cr3t"}}]`:                                                `service "db": entry point and command are empty`,
		`[{"name":"db","command":["s3cr3t"]},{"name":"db","command":["s3cr3t"]}]`:             `service "db" is named twice`,
		`[{"name":"db","command":["` + strings.Repeat("s3cr3t", protocol.MaxRequest) + `"]}]`: "the services have more than",
	} {
		got := task.command(t, "gateway", "services start", input)
		if got.err == nil || !strings.Contains(got.stderr, want) || strings.Contains(got.stderr, "s3cr3t") {
			t.Errorf("%v, %q, want %q", got.err, got.stderr, want)
		}
	}
	eventually.Holds(t, "the service waits", func() bool { return task.status(t)["db"] == "waiting" })
	for _, command := range []string{"", "ls", "services logs other", "services"} {
		if got := task.command(t, "gateway", command, ""); got.err == nil || got.stderr == "" {
			t.Errorf("%q: %v, %q", command, got.err, got.stderr)
		}
	}
}

func TestService_LargeEnvironment_Arrives(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{services: []string{"db"}})
	env := map[string]string{}
	for i := range 15 {
		env["VARIABLE_"+string(rune('A'+i))] = strings.Repeat("x", 100<<10)
	}
	if got := task.start(t, protocol.Service{Name: "db", Env: env, Command: []string{"sh", "-c", `echo "${#VARIABLE_O}"`}}); got.err != nil {
		t.Fatalf("%v\n%s", got.err, got.stderr)
	}
	eventually.Shows(t, "the service has printed the size", func() (bool, string) {
		log := task.command(t, "gateway", "services logs db", "").stdout
		return log == "102400\n", log
	})
}

func TestService_TermedBeforeItsStart_Ends(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{services: []string{"db"}})
	eventually.Holds(t, "the service waits", func() bool { return task.status(t)["db"] == "waiting" })
	task.services["db"].signal(15)
	task.services["db"].code(t)
	eventually.Shows(t, "the gateway knows", func() (bool, string) {
		status := task.status(t)["db"]
		return status == "failed its agent has ended before it became the service", status
	})
}
