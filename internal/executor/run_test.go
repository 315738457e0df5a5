package executor

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/sshrun"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

func TestRun_Script_StreamsUnmodified(t *testing.T) {
	server := sshdtest.Start(t)
	a := newAttempt(t)
	a.connected(t, server)
	a.OpenStore = func() (JobStore, string, error) {
		t.Error("run opened the job store")
		return nil, "", errors.New("no")
	}
	script := a.script(t, `printf 'a\000\033[31mb'; printf 'c\377' >&2`)
	if err := a.Run(t.Context(), script, "build_script"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("a\x00\x1b[31mb", a.stdout.String()); diff != "" {
		t.Errorf("stdout: %s", diff)
	}
	if diff := cmp.Diff("c\xff", a.stderr.String()); diff != "" {
		t.Errorf("stderr: %s", diff)
	}
}

func TestRun_ScriptFails_IsBuildFailureWithItsCode(t *testing.T) {
	server := sshdtest.Start(t)
	for name, test := range map[string]struct {
		script string
		code   int
	}{
		"exit 7":        {"exit 7", 7},
		"unknown words": {"no-such-command", 127},
		"killed":        {"kill -9 $$", 137},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAttempt(t)
			conn := a.connected(t, server)
			a.store.jobs[conn.job()] = &v1alpha1.FargateJob{}
			a.store.change(conn.job(), readyAt(server.Host, server.Port, server.User))
			err := a.Run(t.Context(), a.script(t, test.script), "build_script")
			wantBuildFailure(t, err, test.code)
		})
	}
}

func TestRun_Canceled_EndsTheScript(t *testing.T) {
	server := sshdtest.Start(t)
	a := newAttempt(t)
	a.connected(t, server)
	alive := filepath.Join(a.dir, "alive")
	script := a.script(t, `trap 'rm '`+alive+` EXIT; touch `+alive+`; echo up; sleep 600 & wait`)
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx, script, "build_script") }()
	eventually.Holds(t, "the script runs", func() bool { return strings.Contains(a.stdout.String(), "up") })
	cancel(errors.New("terminated"))
	err := <-done
	wantSystemFailure(t, err)
	var canceled *sshrun.CanceledError
	if !errors.As(err, &canceled) || !canceled.Ended {
		t.Errorf("got %v, want a canceled script that has ended", err)
	}
	if matches, _ := filepath.Glob(alive); len(matches) != 0 {
		t.Error("the script did not get a chance to clean up")
	}
}

func TestRun_ConnectionLost_SaysWhy(t *testing.T) {
	job := types.NamespacedName{Namespace: "ci", Name: "job-4711-abcdefgh"}
	for name, test := range map[string]struct {
		arrange func(*attempt)
		want    []string
	}{
		"task was interrupted": {
			arrange: func(a *attempt) {
				a.store.change(job, stalledBecause(v1alpha1.ReasonSpotInterruption, "task arn stopped: Your Spot Task was interrupted."))
			},
			want: []string{"SpotInterruption", "Your Spot Task was interrupted."},
		},
		"task end reported a little later": {
			arrange: func(a *attempt) {
				a.limits.explain = time.Minute
				a.store.change(job, readyAt("127.0.0.1", 22, "root"))
				a.store.failWatch(errDown, errDown)
				time.AfterFunc(20*time.Millisecond, func() {
					a.store.change(job, stalledBecause(v1alpha1.ReasonEssentialContainerExited, "container exited with code 137"))
				})
			},
			want: []string{"EssentialContainerExited", "code 137"},
		},
		"job deleted": {
			arrange: func(a *attempt) { _ = a.store.Delete(context.Background(), job) },
			want:    []string{"FargateJob ci/job-4711-abcdefgh was deleted while its script ran"},
		},
		"task still runs": {
			arrange: func(a *attempt) { a.store.change(job, readyAt("127.0.0.1", 22, "root")) },
			want:    []string{"ECS has not reported its end (RUNNING in eu-central-1a on FARGATE", "check the network"},
		},
		"store does not answer": {
			arrange: func(a *attempt) { a.store.failWatch(forever(errDown)...) },
			want:    []string{"the reason is unknown", "the store does not answer", "cannot reach the SSH server"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAttempt(t)
			a.connected(t, sshdtest.New(t)) // nothing listens
			a.store.jobs[job] = &v1alpha1.FargateJob{}
			a.store.jobs[job].Namespace, a.store.jobs[job].Name = job.Namespace, job.Name
			test.arrange(a)
			err := a.Run(t.Context(), a.script(t, "true"), "build_script")
			wantError(t, err, append(test.want, "stage step_script")...)
			wantSystemFailure(t, err)
		})
	}
}

func TestRun_ConnectionBreaksInTheScript_IsASystemFailure(t *testing.T) {
	a := newAttempt(t)
	conn := a.connected(t, sshdtest.Start(t))
	a.store.jobs[conn.job()] = &v1alpha1.FargateJob{}
	a.store.change(conn.job(), stalledBecause(v1alpha1.ReasonInfrastructureHealth, "task arn stopped"))
	err := a.Run(t.Context(), a.script(t, "kill -9 $PPID; exit 3"), "build_script")
	wantError(t, err, "InfrastructureHealth", "task arn stopped")
	wantSystemFailure(t, err)
}

func TestRun_BadInput_NamesObjectAndFix(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(t *testing.T, a *attempt, connection, script string) (newScript string)
		want  []string
	}{
		{
			name: "script missing",
			spoil: func(_ *testing.T, a *attempt, _, _ string) string {
				return filepath.Join(a.dir, "missing")
			},
			want: []string{"cannot read the script of stage step_script", "/missing: no such file"},
		},
		{
			name:  "script is a directory",
			spoil: func(_ *testing.T, a *attempt, _, _ string) string { return a.dir },
			want:  []string{"is a directory"},
		},
		{
			name: "no connection file",
			spoil: func(t *testing.T, _ *attempt, connection, script string) string {
				t.Helper()
				if err := removeConnection(connection); err != nil {
					t.Fatal(err)
				}
				return script
			},
			want: []string{"there is no connection file", "check that the prepare stage ran", "fargate-"},
		},
		{
			name: "damaged connection file",
			spoil: func(t *testing.T, _ *attempt, connection, script string) string {
				t.Helper()
				write(t, connection, `{"format": "fargate-op`)
				return script
			},
			want: []string{"is damaged", "then retry the job"},
		},
		{
			name: "another program's file",
			spoil: func(t *testing.T, _ *attempt, connection, script string) string {
				t.Helper()
				write(t, connection, `{"taskARN": "x"}`)
				return script
			},
			want: []string{"is not a connection file of this program"},
		},
		{
			name: "a later version's file",
			spoil: func(t *testing.T, _ *attempt, connection, script string) string {
				t.Helper()
				write(t, connection, `{"format": "fargate-operator/connection", "version": 2, "namespace": "ci", "name": "job"}`)
				return script
			},
			want: []string{"has version 2 and this program reads version 1"},
		},
		{
			name: "prepare did not finish",
			spoil: func(t *testing.T, _ *attempt, connection, script string) string {
				t.Helper()
				write(t, connection, `{"format": "fargate-operator/connection", "version": 1, "namespace": "ci", "name": "job"}`)
				return script
			},
			want: []string{"the prepare stage did not finish"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newAttempt(t)
			a.connected(t, sshdtest.New(t))
			path, err := a.connectionPath()
			if err != nil {
				t.Fatal(err)
			}
			script := test.spoil(t, a, path, a.script(t, "true"))
			err = a.Run(t.Context(), script, "build_script")
			wantError(t, err, test.want...)
			wantSystemFailure(t, err)
		})
	}
}
