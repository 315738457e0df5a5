// Package images_test runs the entry point of the task images, and tests what
// else works without a container engine.
package images_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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

func TestEntrypoint_Key_LogsItsOwnerInAndNobodyElse(t *testing.T) {
	c := start(t, asContainer)
	key, line := newKey(t)
	task := c.run(line, running)
	if got := c.output(task, "root", key, "echo it works"); got != "it works\n" {
		t.Errorf("output %q", got)
	}
	other, _ := newKey(t)
	var refused *sshrun.AuthenticationError
	if _, err := c.connect(task, "root", other); !errors.As(err, &refused) {
		t.Errorf("another key: got %v, want an AuthenticationError", err)
	}
	if _, err := c.connect(task, "nobody", key); !errors.As(err, &refused) {
		t.Errorf("another user: got %v, want an AuthenticationError", err)
	}
}

func TestEntrypoint_UnusableSetup_EndsWithCode78AndSaysWhy(t *testing.T) {
	_, line := newKey(t)
	for name, test := range map[string]struct{ command, key, want string }{
		"no key":         {asContainer, "", "SSH_PUBLIC_KEY is empty"},
		"no public key":  {asContainer, "ssh-ed25519 nonsense", "SSH_PUBLIC_KEY is not a public key"},
		"no home":        {"unset HOME; " + asContainer, line, `HOME is ""`},
		"home not there": {"export HOME=/nonexistent; " + asContainer, line, `HOME is "/nonexistent"`},
	} {
		t.Run(name, func(t *testing.T) {
			c := start(t, test.command)
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

func TestEntrypoint_Files_AreForTheirUserAlone(t *testing.T) {
	c := start(t, asContainer)
	key, line := newKey(t)
	task := c.run(line, running)
	// Once it accepts a login, all its files are there.
	c.output(task, "root", key, "true")
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
	values := map[string]string{
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/5a0d",
		"ECS_CONTAINER_METADATA_URI_V4":          "http://169.254.170.2/v4/5a0d",
		"QUOTES":                                 `"one" 'two' \three\\ $HOME %h #four`,
		"SPACES":                                 "  a\tb  ",
		"EMPTY":                                  "",
	}
	c := start(t, asContainer, func(container *types.ContainerDefinition) {
		for name, value := range values {
			container.Environment = append(container.Environment, variable(name, value))
		}
		container.Environment = append(container.Environment,
			variable("LINES", "one\ntwo"), variable("PATH", "/opt/tools/bin:"+os.Getenv("PATH")))
	})
	key, line := newKey(t)
	task := c.run(line, running)
	got := map[string]string{}
	for entry := range strings.SplitSeq(c.output(task, "root", key, "env -0"), "\x00") {
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
	if got["HOME"] == c.home(task) {
		t.Error("HOME is the container's, not the user's")
	}
	if log := c.log(*task.TaskArn); !strings.Contains(log, "LINES has more than one line") {
		t.Errorf("the log does not say that LINES is left out:\n%s", log)
	}
	if got := c.output(task, "root", key, "umask"); got != "0022\n" {
		t.Errorf("umask %q, want 0022", got)
	}
}

func variable(name, value string) types.KeyValuePair {
	return types.KeyValuePair{Name: aws.String(name), Value: aws.String(value)}
}

func TestEntrypoint_SIGTERM_EndsItThoughSomebodyIsLoggedIn(t *testing.T) {
	c := start(t, asContainer, func(container *types.ContainerDefinition) {
		container.StopTimeout = aws.Int32(120) // longer than the test waits
	})
	key, line := newKey(t)
	task := c.run(line, running)
	if _, err := c.connect(task, "root", key); err != nil {
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

func TestEntrypoint_ConfigurationOfSSHD_IsHardened(t *testing.T) {
	c := start(t, asContainer)
	key, line := newKey(t)
	task := c.run(line, running)
	c.output(task, "root", key, "true")
	config := filepath.Join(c.home(task), ".sshd", "sshd_config")
	output, err := exec.CommandContext(t.Context(), "/usr/sbin/sshd", "-T", "-f", config).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	inForce := "\n" + string(output)
	for _, want := range []string{
		"port 2222", "authenticationmethods publickey", "passwordauthentication no", "kbdinteractiveauthentication no",
		"permitrootlogin without-password", "permitemptypasswords no", "permituserenvironment no", "strictmodes yes",
		"disableforwarding yes", "allowusers root", "clientaliveinterval 15", "clientalivecountmax 3",
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

// asUser runs the entry point as a user that the machine does not have, in a mount
// namespace that has it. The /tmp of that namespace hides the machine's, and the
// script if it is there.
const asUser = `
script=$(cat "$1")
echo "ci:x:%[1]d:%[1]d::$HOME:/bin/bash" >passwd
chown -R %[1]d:%[1]d .
mount --bind passwd /etc/passwd
mount -t tmpfs tmpfs /tmp
mkdir -p "$HOME"
chown %[1]d:%[1]d "$HOME"
cd "$HOME"
printf "%%s\n" "$script" >entrypoint.sh
exec setpriv --reuid %[1]d --regid %[1]d --clear-groups sh ./entrypoint.sh -o ListenAddress="${LOCALECS_ADDRESSES%%%%,*}"`

func TestEntrypoint_NotRoot_LogsInTheUserOfTheContainer(t *testing.T) {
	if err := exec.CommandContext(t.Context(), "unshare", "--mount", "true").Run(); err != nil {
		t.Skipf("needs the right to make mount namespaces: unshare: %v", err)
	}
	const id = 54321
	c := start(t, fmt.Sprintf(`exec unshare --mount sh -c '%s' sh "$1"`, fmt.Sprintf(asUser, id)))
	key, line := newKey(t)
	task := c.run(line, running)
	got := c.output(task, "ci", key, `id -u; stat -c '%u %a' ~/.sshd/authorized_keys; touch made; stat -c %u made`)
	if diff := cmp.Diff("54321\n54321 600\n54321\n", got); diff != "" {
		t.Errorf("output differs (-want +got):\n%s", diff)
	}
	var refused *sshrun.AuthenticationError
	if _, err := c.connect(task, "root", key); !errors.As(err, &refused) {
		t.Errorf("root: got %v, want an AuthenticationError", err)
	}
}
