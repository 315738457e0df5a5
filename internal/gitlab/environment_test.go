package gitlab

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseEnvironment(t *testing.T) {
	tests := []struct {
		name    string
		environ []string
		want    ExitCodes
		mention string // part of the error; none if empty
	}{
		{
			name: "runner's defaults where nothing is set",
			want: ExitCodes{BuildFailure: 1, SystemFailure: 2},
		},
		{
			name:    "codes and file from the runner",
			environ: []string{"BUILD_FAILURE_EXIT_CODE=10", "SYSTEM_FAILURE_EXIT_CODE=11", "BUILD_EXIT_CODE_FILE=/tmp/code"},
			want:    ExitCodes{BuildFailure: 10, SystemFailure: 11, File: "/tmp/code"},
		},
		{
			name:    "empty counts as not set",
			environ: []string{"BUILD_FAILURE_EXIT_CODE="},
			want:    ExitCodes{BuildFailure: 1, SystemFailure: 2},
		},
		{
			name:    "last of two counts",
			environ: []string{"BUILD_FAILURE_EXIT_CODE=3", "BUILD_FAILURE_EXIT_CODE=4"},
			want:    ExitCodes{BuildFailure: 4, SystemFailure: 2},
		},
		{
			name:    "no number",
			environ: []string{"BUILD_FAILURE_EXIT_CODE=one", "SYSTEM_FAILURE_EXIT_CODE=11"},
			want:    ExitCodes{BuildFailure: 1, SystemFailure: 11},
			mention: "BUILD_FAILURE_EXIT_CODE must be a number from 1 to 255",
		},
		{
			name:    "0 is not a failure code",
			environ: []string{"SYSTEM_FAILURE_EXIT_CODE=0"},
			want:    ExitCodes{BuildFailure: 1, SystemFailure: 2},
			mention: "SYSTEM_FAILURE_EXIT_CODE must be a number from 1 to 255",
		},
		{
			name:    "beyond what a process can exit with",
			environ: []string{"SYSTEM_FAILURE_EXIT_CODE=256"},
			want:    ExitCodes{BuildFailure: 1, SystemFailure: 2},
			mention: "got 256",
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			env, err := ParseEnvironment(tc.environ)
			if diff := cmp.Diff(tc.want, env.Exit); diff != "" {
				t.Errorf("exit codes (-want +got):\n%s", diff)
			}
			wantError(t, err, tc.mention)
		})
	}
}

func TestParseEnvironment_JobVariables_LoseTheirPrefixAndKeepEqualSigns(t *testing.T) {
	env, err := ParseEnvironment([]string{"CUSTOM_ENV_OPTIONS=a=b", "OPTIONS=own", "TMPDIR=/tmp/x", "not an assignment"})
	if err != nil {
		t.Fatal(err)
	}
	if got := env.JobVariable("OPTIONS"); got != "a=b" {
		t.Errorf("job variable is %q", got)
	}
	if env.TempDir != "/tmp/x" {
		t.Errorf("temporary folder is %q", env.TempDir)
	}
}

func wantError(t *testing.T, err error, mention string) {
	t.Helper()
	switch {
	case mention == "" && err != nil:
		t.Errorf("unexpected error: %v", err)
	case mention != "" && err == nil:
		t.Errorf("no error, want one that mentions %q", mention)
	case mention != "" && !strings.Contains(err.Error(), mention):
		t.Errorf("error %q does not mention %q", err, mention)
	}
}

func FuzzParseEnvironment(f *testing.F) {
	f.Add("BUILD_FAILURE_EXIT_CODE=10\x00SYSTEM_FAILURE_EXIT_CODE=11\x00BUILD_EXIT_CODE_FILE=/tmp/code")
	f.Add("CUSTOM_ENV_CI_JOB_ID=1\x00CUSTOM_ENV_CI_PROJECT_ID=2\x00CUSTOM_ENV_CI_PROJECT_URL=https://gitlab.example.com/g/p")
	f.Fuzz(func(t *testing.T, environ string) {
		env, err := ParseEnvironment(strings.Split(environ, "\x00"))
		for _, code := range []int{env.Exit.BuildFailure, env.Exit.SystemFailure} {
			if code < 1 || code > 255 {
				t.Errorf("exit code %d would not report a failure (error %v)", code, err)
			}
		}
		env.JobResponseFile = ""
		if job, err := env.ReadJob(); err == nil && (job.ID <= 0 || job.ProjectID <= 0 || job.Timeout < 0) {
			t.Errorf("accepted a job without identity: %+v", job)
		}
	})
}
