package gitlab

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// newResponse is a job as a current GitLab sends it, shortened.
const newResponse = `{
  "id": 4711,
  "token": "glcbt-secret",
  "job_info": {"name": "test: [1/2]", "stage": "test", "pipeline_id": 99, "project_id": 12,
    "project_name": "app", "project_full_path": "group/sub/app", "namespace_id": 3, "user_id": 4},
  "git_info": {"repo_url": "https://gitlab-ci-token:secret@gitlab.example.com/group/sub/app.git",
    "ref": "main", "sha": "abc", "ref_type": "branch", "protected": true},
  "runner_info": {"timeout": 3600},
  "variables": [{"key": "CI_PROJECT_PATH", "value": "group/sub/app", "public": true}],
  "image": {"name": "alpine"}, "services": null, "field_of_the_future": {"a": [1]}
}`

// oldResponse lacks what GitLab added later.
const oldResponse = `{"id": 4711, "job_info": {"name": "test", "stage": "test", "project_id": 12, "project_name": "app"},
  "git_info": {"ref": "main"}, "runner_info": {"timeout": 60}}`

func TestReadJob_TakesIdentityFromTheResponse(t *testing.T) {
	variables := []string{
		"CUSTOM_ENV_CI_JOB_ID=1", "CUSTOM_ENV_CI_JOB_NAME=forged",
		"CUSTOM_ENV_CI_PROJECT_ID=1", "CUSTOM_ENV_CI_COMMIT_REF_NAME=forged", "CUSTOM_ENV_CI_JOB_TIMEOUT=1",
		"CUSTOM_ENV_CI_PROJECT_PATH=group/from-variable", "CUSTOM_ENV_CI_PIPELINE_ID=98",
		"CUSTOM_ENV_CI_JOB_URL=https://gitlab.example.com/j/1", "CUSTOM_ENV_CI_RUNNER_SHORT_TOKEN=abcd1234",
	}
	tests := []struct {
		name, response string
		want           Job
	}{
		{
			name:     "current GitLab",
			response: newResponse,
			want: Job{
				ID: 4711, Name: "test: [1/2]", ProjectID: 12, Ref: "main", Timeout: time.Hour,
				ProjectPath: "group/sub/app", PipelineID: 99,
				URL: "https://gitlab.example.com/j/1", RunnerToken: "abcd1234",
				Unused: Unused{Image: "alpine"},
			},
		},
		{
			name:     "old GitLab: path and pipeline from variables",
			response: oldResponse,
			want: Job{
				ID: 4711, Name: "test", ProjectID: 12, Ref: "main", Timeout: time.Minute,
				ProjectPath: "group/from-variable", PipelineID: 98,
				URL: "https://gitlab.example.com/j/1", RunnerToken: "abcd1234",
			},
		},
		{
			name:     "a variable never fills a field that every response has",
			response: `{"id": 5}`,
			want: Job{
				ID: 5, ProjectPath: "group/from-variable", PipelineID: 98,
				URL: "https://gitlab.example.com/j/1", RunnerToken: "abcd1234",
			},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			job, err := environment(t, append(variables, "JOB_RESPONSE_FILE="+writeResponse(t, tc.response))...).ReadJob()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, job); diff != "" {
				t.Errorf("job (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadJob_NoResponse_TakesEverythingFromVariables(t *testing.T) {
	job, err := environment(t,
		"CUSTOM_ENV_CI_JOB_ID=8", "CUSTOM_ENV_CI_PROJECT_ID=9", "CUSTOM_ENV_CI_JOB_NAME=build",
		"CUSTOM_ENV_CI_PROJECT_URL=https://gitlab.example.com/group/app", "CUSTOM_ENV_CI_JOB_TIMEOUT=90",
	).ReadJob()
	if err != nil {
		t.Fatal(err)
	}
	want := Job{ID: 8, ProjectID: 9, Name: "build", ProjectPath: "group/app", Timeout: 90 * time.Second}
	if diff := cmp.Diff(want, job); diff != "" {
		t.Errorf("job (-want +got):\n%s", diff)
	}
}

func TestReadJob_BadInput_SaysWhatIsWrong(t *testing.T) {
	tests := []struct {
		name    string
		environ []string
		mention string
	}{
		{"nothing at all", nil, "gitlab-runner's custom executor"},
		{"no project", []string{"CUSTOM_ENV_CI_JOB_ID=8"}, "CUSTOM_ENV_CI_PROJECT_ID"},
		{"id is not a number", []string{"CUSTOM_ENV_CI_JOB_ID=x"}, `CUSTOM_ENV_CI_JOB_ID must be a positive number, got "x"`},
		{"file is missing", []string{"JOB_RESPONSE_FILE=/no/such/file"}, "JOB_RESPONSE_FILE"},
		{"file is empty", []string{"JOB_RESPONSE_FILE=" + writeResponse(t, "")}, "invalid JSON after byte 0"},
		{"file is cut off", []string{"JOB_RESPONSE_FILE=" + writeResponse(t, newResponse[:100])}, "invalid JSON after byte 56"},
		{"file has more than a job", []string{"JOB_RESPONSE_FILE=" + writeResponse(t, `{"id": 1}, "secret"`)}, "invalid JSON after byte 9"},
		{"file is a list", []string{"JOB_RESPONSE_FILE=" + writeResponse(t, `["secret"]`)}, "it is not a JSON object"},
		{"file is no JSON", []string{"JOB_RESPONSE_FILE=" + writeResponse(t, `<html>secret`)}, "invalid JSON after byte 0"},
		{"no id", []string{"JOB_RESPONSE_FILE=" + writeResponse(t, "{}")}, "has no id"},
		{"wrong type", []string{"JOB_RESPONSE_FILE=" + writeResponse(t, `{"id":"secret"}`)}, "field id must be of type int64"},
		{"wrong type within", []string{"JOB_RESPONSE_FILE=" + writeResponse(t, `{"id":1,"job_info":{"project_id":"secret"}}`)}, "field job_info.project_id must be of type int64"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, err := environment(t, tc.environ...).ReadJob()
			wantError(t, err, tc.mention)
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("error %q holds a value of the job", err)
			}
		})
	}
}

func TestConfigOutput_LeavesOutWhatIsNotSet(t *testing.T) {
	got, err := json.Marshal(ConfigOutput{Driver: &Driver{Name: "fargate", Version: "1"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"driver":{"name":"fargate","version":"1"}}`, string(got)); diff != "" {
		t.Error(diff)
	}
}

func environment(t *testing.T, environ ...string) Environment {
	t.Helper()
	env, err := ParseEnvironment(environ)
	if err != nil {
		t.Fatal(err)
	}
	return env
}

func writeResponse(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "response.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
