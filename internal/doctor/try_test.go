package doctor_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/doctor"
	"github.com/fargate-operator/fargate-operator/internal/executor"
	"github.com/fargate-operator/fargate-operator/internal/standalone"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/sshserver"
)

// TestMain makes the test binary the SSH server of a container when it is started
// as one.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "sshd" {
		os.Exit(serveSSH(context.Background()))
	}
	os.Exit(m.Run())
}

func serveSSH(ctx context.Context) (code int) {
	config, err := sshserver.FromEnvironment(os.Getenv)
	if err != nil {
		return 1
	}
	server, err := sshserver.Listen(ctx, config)
	if err != nil {
		return 1
	}
	_ = server.Serve(ctx) // ends with the container
	return 0
}

// Images of containers with an SSH server that lets jobs in, and with one that
// has not installed their key.
const (
	lets    = "lets-in"
	refuses = "refuses"
)

const otherKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9pGqvN3NbDTcKVd0g7ySAdYLbnZ3eY5Hcu0nqgvGqL"

func images() map[string][]string {
	return map[string][]string{
		lets:    {os.Args[0], "sshd"},
		refuses: {"/usr/bin/env", "SSH_PUBLIC_KEY=" + otherKey, os.Args[0], "sshd"},
	}
}

// try starts a task of an image, as jobs without Kubernetes do.
func try(t *testing.T, env *localecstest.Env, image string, readyTimeout time.Duration) []doctor.Finding {
	t.Helper()
	env.Define(t, "trial", seed.Container(image, 22))
	class := &v1alpha1.FargateTaskClass{Spec: v1alpha1.FargateTaskClassSpec{TaskTemplate: *template(func(t *v1alpha1.TaskTemplate) {
		t.TaskDefinition, t.LaunchDeadlineSeconds = "trial", 600
	})}}
	log, directory := slog.New(slog.DiscardHandler), t.TempDir()
	findings := doctor.Try(t.Context(), executor.Options{
		OpenStore: func() (executor.JobStore, string, error) {
			store, err := standalone.Open(standalone.Options{Directory: directory, Class: class, Log: log})
			return store, "", err
		},
		LastLines:    standalone.LastLines,
		Directory:    directory,
		ReadyTimeout: readyTimeout,
		Stdout:       io.Discard,
		Stderr:       io.Discard,
		Log:          log,
	})
	for _, task := range env.Tasks(t) {
		if *task.DesiredStatus != "STOPPED" {
			t.Errorf("a task runs on: %+v", task)
		}
	}
	return findings
}

func TestTry_ServerLetsJobsIn_RunsAScriptAndStopsTheTask(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{Images: images()})
	findings := try(t, env, lets, time.Minute)
	if doctor.Failed(findings) || len(env.Tasks(t)) != 1 {
		t.Fatalf("%d tasks, findings %+v", len(env.Tasks(t)), findings)
	}
	ok := map[string]string{}
	for _, f := range findings {
		if f.Level == doctor.OK {
			ok[f.Subject] = f.What
		}
	}
	for subject, want := range map[string]string{"start of a task": "let us in after ", "script": "sh as ", "stop of the task": "accepted after "} {
		if !strings.Contains(ok[subject], want) {
			t.Errorf("%s: %q, want %q", subject, ok[subject], want)
		}
	}
}

func TestTry_ProgramsMissingInTheImage_Warns(t *testing.T) {
	t.Setenv("PATH", pathWithout(t, "git", "gitlab-runner"))
	env := localecstest.Start(t, localecs.Config{Images: images()})
	wantOnly(t, try(t, env, lets, time.Minute),
		doctor.Finding{Level: doctor.Warning, Subject: "script", What: "git is not in the image"},
		doctor.Finding{Level: doctor.Warning, Subject: "script", What: "gitlab-runner is not in the image"})
}

// pathWithout is a PATH with all programs of this machine but some.
func pathWithout(t *testing.T, missing ...string) string {
	t.Helper()
	dir := t.TempDir()
	programs, err := filepath.Glob("/usr/bin/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range programs {
		name := filepath.Base(program)
		if slices.Contains(missing, name) {
			continue
		}
		if err := os.Symlink(program, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestBlocked_NamesWhatFailed_AndNoFlagThatWasGiven(t *testing.T) {
	finding := doctor.Blocked([]doctor.Finding{
		{Level: doctor.OK, Subject: "cluster"},
		{Level: doctor.Failure, Subject: "network"},
		{Level: doctor.Failure, Subject: "network"},
		{Level: doctor.Warning, Subject: "quota"},
		{Level: doctor.Failure, Subject: "way out"},
	})
	wantOnly(t, []doctor.Finding{finding}, doctor.Finding{
		Level: doctor.Warning, Subject: "start of a task", What: "other checks failed: network, way out", Fix: "fix what failed",
	})
	if strings.Contains(finding.Fix, "--start-task") {
		t.Errorf("the fix is the flag that was given: %s", finding.Fix)
	}
}
