// Package images_test runs the entry point of the task images, and tests what
// else works without a container engine.
package images_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/sshrun"
)

const (
	running = "RUNNING"
	stopped = "STOPPED"
)

func TestEntrypoint_Key_LogsItsOwnerInAndNobodyElse(t *testing.T) { asBoth(t, keyLogsIn) }

func keyLogsIn(t *testing.T, user account) {
	t.Helper()
	c := start(t, user.container(""))
	key, line := newKey(t)
	task := c.run(line, running)
	if got := c.output(task, user.name, key, "id -un"); got != user.name+"\n" {
		t.Errorf("logged in as %q", got)
	}
	other, _ := newKey(t)
	var refused *sshrun.AuthenticationError
	if _, err := c.connect(task, user.name, other); !errors.As(err, &refused) {
		t.Errorf("another key: got %v, want an AuthenticationError", err)
	}
	for _, name := range []string{"nobody", "root", ci} {
		if name == user.name {
			continue
		}
		if _, err := c.connect(task, name, key); !errors.As(err, &refused) {
			t.Errorf("user %s: got %v, want an AuthenticationError", name, err)
		}
	}
}

// fips stands for an OpenSSH that generates no Ed25519 keys.
const fips = `mkdir "$HOME/bin"; printf '#!/bin/sh\ncase "$*" in *ed25519*) exit 255 ;; esac\nexec /usr/bin/ssh-keygen "$@"\n' >"$HOME/bin/ssh-keygen"
chmod +x "$HOME/bin/ssh-keygen"; PATH=$HOME/bin:$PATH; `

func TestEntrypoint_FIPSMode_HasAnotherHostKey(t *testing.T) {
	user := root(t)
	c := start(t, user.container(fips))
	key, line := newKey(t)
	client, err := c.connect(c.run(line, running), user.name, key)
	if err != nil {
		t.Fatal(err)
	}
	if kind := client.HostKey().Type(); kind != "ecdsa-sha2-nistp256" {
		t.Errorf("the host key is of type %s", kind)
	}
}

func TestEntrypoint_UnusableSetup_EndsWithCode78AndSaysWhy(t *testing.T) { asBoth(t, unusableSetup) }

func unusableSetup(t *testing.T, user account) {
	t.Helper()
	_, line := newKey(t)
	for name, test := range map[string]struct{ before, key, want string }{
		"no key":         {"", "", "SSH_PUBLIC_KEY is empty"},
		"no public key":  {"", "ssh-ed25519 nonsense", "SSH_PUBLIC_KEY is not a public key"},
		"no home":        {"unset HOME; ", line, `HOME is ""`},
		"home not there": {"export HOME=/nonexistent; ", line, `HOME is "/nonexistent"`},
	} {
		t.Run(name, func(t *testing.T) {
			c := start(t, user.container(test.before))
			task := c.run(test.key, stopped)
			if code := aws.ToInt32(task.Containers[0].ExitCode); code != 78 {
				t.Errorf("exit code %d, want 78", code)
			}
			if log := c.log(*task.TaskArn); !strings.Contains(log, test.want) {
				t.Errorf("the log does not say %q:\n%s", test.want, log)
			}
		})
	}
}

func TestEntrypoint_Files_AreForTheirUserAlone(t *testing.T) { asBoth(t, filesAreForTheirUser) }

func filesAreForTheirUser(t *testing.T, user account) {
	t.Helper()
	c := start(t, user.container(""))
	key, line := newKey(t)
	task := c.run(line, running)
	// Once it accepts a login, all its files are there.
	c.output(task, user.name, key, "true")
	directory := filepath.Join(c.home(task), ".sshd")
	got := map[string]string{".": mode(t, directory)}
	files, err := os.ReadDir(directory)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		got[file.Name()] = mode(t, filepath.Join(directory, file.Name()))
	}
	want := map[string]string{
		".": "drwx------", "authorized_keys": "-rw-------", "host_key": "-rw-------",
		"host_key.pub": "-rw-------", "sshd_config": "-rw-------",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("modes differ (-want +got):\n%s", diff)
	}
}

func mode(t *testing.T, file string) string {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().String()
}

func TestEntrypoint_Sessions_HaveTheContainersEnvironment(t *testing.T) {
	asBoth(t, sessionsHaveTheEnvironment)
}

func sessionsHaveTheEnvironment(t *testing.T, user account) {
	t.Helper()
	values := map[string]string{
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/5a0d",
		"ECS_CONTAINER_METADATA_URI_V4":          "http://169.254.170.2/v4/5a0d",
		"QUOTES":                                 `"one" 'two' \three\\ $HOME %h #four`,
		"SPACES":                                 "  a\tb  ",
		"EMPTY":                                  "",
	}
	c := start(t, user.container(""), func(container *types.ContainerDefinition) {
		for name, value := range values {
			container.Environment = append(container.Environment, variable(name, value))
		}
		container.Environment = append(container.Environment,
			variable("LINES", "one\ntwo"), variable("PATH", "/opt/tools/bin:"+os.Getenv("PATH")))
	})
	key, line := newKey(t)
	task := c.run(line, running)
	got := map[string]string{}
	for entry := range strings.SplitSeq(c.output(task, user.name, key, "env -0"), "\x00") {
		name, value, _ := strings.Cut(entry, "=")
		got[name] = value
	}
	for name, want := range values {
		if value, found := got[name]; !found || value != want {
			t.Errorf("%s is %q, want %q", name, value, want)
		}
	}
	for _, name := range []string{"SSH_PUBLIC_KEY", "SSH_PORT", "LINES"} {
		if value, found := got[name]; found {
			t.Errorf("%s is %q, want none", name, value)
		}
	}
	// The user's .bashrc may have added more in front.
	if !strings.Contains(got["PATH"], "/opt/tools/bin:") {
		t.Errorf("PATH is %q, without the container's /opt/tools/bin", got["PATH"])
	}
	if got["HOME"] != user.home {
		t.Errorf("HOME is %q, not the user's", got["HOME"])
	}
	if log := c.log(*task.TaskArn); !strings.Contains(log, "LINES has more than one line") {
		t.Errorf("the log does not say that LINES is left out:\n%s", log)
	}
	if got := c.output(task, user.name, key, "umask"); got != "0022\n" {
		t.Errorf("umask %q, want 0022", got)
	}
}

func variable(name, value string) types.KeyValuePair {
	return types.KeyValuePair{Name: aws.String(name), Value: aws.String(value)}
}

func TestEntrypoint_SIGTERM_EndsItThoughSomebodyIsLoggedIn(t *testing.T) { asBoth(t, endsAtSIGTERM) }

func endsAtSIGTERM(t *testing.T, user account) {
	t.Helper()
	c := start(t, user.container(""), func(container *types.ContainerDefinition) {
		container.StopTimeout = aws.Int32(120) // longer than the test waits
	})
	key, line := newKey(t)
	task := c.run(line, running)
	if _, err := c.connect(task, user.name, key); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Client.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: aws.String("ci"), Task: task.TaskArn}); err != nil {
		t.Fatal(err)
	}
	task = c.await(*task.TaskArn, "is STOPPED", func(task *types.Task) bool { return aws.ToString(task.LastStatus) == stopped })
	if code := aws.ToInt32(task.Containers[0].ExitCode); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

func TestEntrypoint_ConfigurationOfSSHD_IsHardened(t *testing.T) { asBoth(t, configurationIsHardened) }

func configurationIsHardened(t *testing.T, user account) {
	t.Helper()
	c := start(t, user.container(""))
	key, line := newKey(t)
	task := c.run(line, running)
	output := c.output(task, user.name, key, "/usr/sbin/sshd -T -f "+user.directory(c.home(task))+"/sshd_config")
	inForce := "\n" + output
	for _, want := range []string{
		"port 2222", "authenticationmethods publickey", "passwordauthentication no", "kbdinteractiveauthentication no",
		"permitrootlogin without-password", "permitemptypasswords no", "permituserenvironment no", "strictmodes yes",
		"disableforwarding yes", "allowusers " + user.name, "clientaliveinterval 15", "clientalivecountmax 3",
	} {
		if !strings.Contains(inForce, "\n"+want+"\n") {
			t.Errorf("%q is not in force:\n%s", want, output)
		}
	}
	for line := range strings.Lines(inForce) {
		keyword, algorithms, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch keyword {
		case "kexalgorithms", "macs", "ciphers", "pubkeyacceptedalgorithms":
			for algorithm := range strings.SplitSeq(algorithms, ",") {
				if weak(algorithm) {
					t.Errorf("%s has %s", keyword, algorithm)
				}
			}
		}
	}
}

func weak(algorithm string) bool {
	return strings.Contains(algorithm, "sha1") || strings.HasPrefix(algorithm, "ssh-rsa") ||
		strings.HasPrefix(algorithm, "umac-64") || strings.HasSuffix(algorithm, "-cbc")
}

// documented are the directories of the runner that the manual names.
func documented(t *testing.T) []string {
	t.Helper()
	manual, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var directories []string
	for _, match := range regexp.MustCompile(`(?m)^ *(?:builds|cache)_dir = "(.+)"$`).FindAllStringSubmatch(string(manual), -1) {
		directories = append(directories, match[1])
	}
	if len(directories) != 2 {
		t.Fatalf("README.md names %q, want builds_dir and cache_dir", directories)
	}
	return directories
}

// Root can write anywhere.
func TestImages_UserCI_CanUseTheRunnersDirectories(t *testing.T) {
	user := userCI(t)
	c := start(t, user.container(""))
	key, line := newKey(t)
	task := c.run(line, running)
	for _, directory := range documented(t) {
		// As gitlab-runner's scripts do it.
		script := fmt.Sprintf("set -e; mkdir -p %[1]s/group/project.tmp; touch %[1]s/group/project.tmp/env; stat -c '%%U %%a' %[1]s; rm -r %[1]s/group", directory)
		if got := c.output(task, user.name, key, script); got != "ci 755\n" {
			t.Errorf("%s: %s", directory, got)
		}
	}
}
