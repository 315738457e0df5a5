package fakerunner

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"
)

// defaultTimeout is the timeout of a job that sets none.
const defaultTimeout = time.Hour

// gitlabURL is the GitLab server that the jobs seem to come from.
const gitlabURL = "https://gitlab.example.com"

// runnerToken is the short token of the runner.
const runnerToken = "localrun"

// environment is the runner's own environment, what the contract adds, and the
// job's variables.
func (a *Attempt) environment() []string {
	env := append(os.Environ(), a.runner.Env...)
	env = append(env,
		"TMPDIR="+a.Dir,
		"BUILD_FAILURE_EXIT_CODE="+strconv.Itoa(buildFailure),
		"SYSTEM_FAILURE_EXIT_CODE="+strconv.Itoa(systemFailure),
		"BUILD_EXIT_CODE_FILE="+a.exitCodeFile(),
		"JOB_RESPONSE_FILE="+a.responseFile(),
	)
	env = append(env, a.jobEnv...)
	for name, value := range a.variables() {
		env = append(env, "CUSTOM_ENV_"+name+"="+value)
	}
	return env
}

// variables are the predefined variables that matter.
func (a *Attempt) variables() map[string]string {
	job := a.job
	project := gitlabURL + "/" + job.ProjectPath
	return map[string]string{
		"CI_JOB_ID":             strconv.FormatInt(job.ID, 10),
		"CI_JOB_NAME":           job.Name,
		"CI_JOB_URL":            fmt.Sprintf("%s/-/jobs/%d", project, job.ID),
		"CI_JOB_TOKEN":          jobToken,
		"CI_JOB_SERVICES":       "[]",
		"CI_PIPELINE_ID":        strconv.FormatInt(job.PipelineID, 10),
		"CI_PROJECT_ID":         strconv.FormatInt(job.ProjectID, 10),
		"CI_PROJECT_PATH":       job.ProjectPath,
		"CI_PROJECT_URL":        project,
		"CI_COMMIT_REF_NAME":    job.Ref,
		"CI_RUNNER_SHORT_TOKEN": runnerToken,
		"CI_SERVER_URL":         gitlabURL,
	}
}

// jobToken stands for the job's secrets, which must not turn up anywhere.
const jobToken = "glcbt-64_do-not-leak-this-token" //nolint:gosec // not a real credential

// Secrets returns the job's secrets, for tests that look for leaks.
func Secrets() []string { return []string{jobToken} }

// response is the job as GitLab sends it.
func (a *Attempt) response() []byte {
	job := a.job
	type object map[string]any
	data, err := json.Marshal(object{
		"id":    job.ID,
		"token": jobToken,
		"job_info": object{
			"name": job.Name, "stage": "test", "pipeline_id": job.PipelineID,
			"project_id": job.ProjectID, "project_name": job.ProjectPath, "project_full_path": job.ProjectPath,
		},
		"git_info": object{
			"repo_url": fmt.Sprintf("https://gitlab-ci-token:%s@gitlab.example.com/%s.git", jobToken, job.ProjectPath),
			"ref":      job.Ref, "ref_type": "branch", "sha": "0000000000000000000000000000000000000000",
		},
		"runner_info": object{"timeout": int(cmp.Or(job.Timeout, defaultTimeout).Seconds())},
		"variables":   []object{{"key": "CI_JOB_TOKEN", "value": jobToken, "masked": true}},
		"services":    []object{},
	})
	if err != nil {
		panic(err) // Only strings and numbers.
	}
	return data
}
