package gitlab

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// maxJobResponse bounds what is read of a job, in bytes. A job with many large
// variables takes a few MiB.
const maxJobResponse = 64 << 20

// Job is who a job is, for people and for charge-back.
//
// ID, Name, ProjectID, Ref and Timeout come from the job response alone
// when there is one: GitLab wrote it, and job authors cannot change it. The
// other fields are absent from some or all responses and are then filled from
// CUSTOM_ENV_ variables, which job authors can change: use them as labels, and
// decide nothing by them.
type Job struct {
	ID        int64
	Name      string
	ProjectID int64
	Ref       string
	// Timeout is the job's time limit, 0 if unknown.
	Timeout time.Duration

	// ProjectPath is group/project. Trusted if the response has it, as new
	// versions of GitLab send it.
	ProjectPath string
	// PipelineID is 0 if unknown. Trusted if the response has it.
	PipelineID int64
	// URL is the job's page. Built from variables: never trusted.
	URL string
	// RunnerToken is the first characters of the runner's token, which name the
	// runner and are no secret. From a variable: never trusted.
	RunnerToken string
}

// jobResponse is the part of GitLab's job that is in use. Variables and
// credentials are not in it: they never enter this program's memory as fields.
type jobResponse struct {
	ID      int64 `json:"id"`
	JobInfo struct {
		Name            string `json:"name"`
		PipelineID      int64  `json:"pipeline_id"`
		ProjectID       int64  `json:"project_id"`
		ProjectFullPath string `json:"project_full_path"`
	} `json:"job_info"`
	GitInfo struct {
		Ref string `json:"ref"`
	} `json:"git_info"`
	RunnerInfo struct {
		Timeout int64 `json:"timeout"` // seconds
	} `json:"runner_info"`
}

// ReadJob returns the identity of the job. Without a job response, with runners
// that do not write one, everything comes from variables.
func (e Environment) ReadJob() (Job, error) {
	if e.JobResponseFile == "" {
		return e.jobFromVariables()
	}
	file, err := os.Open(e.JobResponseFile)
	if err != nil {
		return Job{}, fmt.Errorf("opening the job that the runner wrote to %s: %w", jobResponseVariable, err)
	}
	defer func() { _ = file.Close() }()
	response, err := parseJobResponse(file)
	if err != nil {
		return Job{}, fmt.Errorf("reading the job in %s: %w", e.JobResponseFile, err)
	}
	return e.fill(response.job()), nil
}

// parseJobResponse ignores what it does not know: every release adds fields.
func parseJobResponse(r io.Reader) (jobResponse, error) {
	limited := &io.LimitedReader{R: r, N: maxJobResponse + 1}
	text, err := io.ReadAll(limited)
	if err != nil {
		return jobResponse{}, err
	}
	if len(text) > maxJobResponse {
		return jobResponse{}, fmt.Errorf("the job is larger than %d MiB", maxJobResponse>>20)
	}
	var response jobResponse
	if err := json.Unmarshal(text, &response); err != nil {
		return jobResponse{}, fmt.Errorf("the job is not what GitLab sends: %w", withoutContent(err))
	}
	if response.ID <= 0 {
		return jobResponse{}, errors.New("the job has no id")
	}
	return response, nil
}

// withoutContent keeps a job's values, among them secrets, out of the error.
func withoutContent(err error) error {
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return fmt.Errorf("field %s must be of type %s", wrongType.Field, wrongType.Type)
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("invalid JSON at byte %d", syntax.Offset)
	}
	return errors.New("invalid JSON")
}

func (r jobResponse) job() Job {
	return Job{
		ID:          r.ID,
		Name:        r.JobInfo.Name,
		ProjectID:   r.JobInfo.ProjectID,
		ProjectPath: r.JobInfo.ProjectFullPath,
		PipelineID:  r.JobInfo.PipelineID,
		Ref:         r.GitInfo.Ref,
		Timeout:     seconds(r.RunnerInfo.Timeout),
	}
}

// fill adds from variables what a response does not tell.
func (e Environment) fill(job Job) Job {
	if job.ProjectPath == "" {
		job.ProjectPath = e.projectPath()
	}
	if job.PipelineID == 0 {
		job.PipelineID, _ = strconv.ParseInt(e.JobVariable("CI_PIPELINE_ID"), 10, 64)
	}
	job.URL = e.JobVariable("CI_JOB_URL")
	job.RunnerToken = e.JobVariable("CI_RUNNER_SHORT_TOKEN")
	return job
}

func (e Environment) jobFromVariables() (Job, error) {
	id, err := e.requiredID("CI_JOB_ID")
	if err != nil {
		return Job{}, err
	}
	projectID, err := e.requiredID("CI_PROJECT_ID")
	if err != nil {
		return Job{}, err
	}
	timeout, _ := strconv.ParseInt(e.JobVariable("CI_JOB_TIMEOUT"), 10, 64)
	return e.fill(Job{
		ID:        id,
		Name:      e.JobVariable("CI_JOB_NAME"),
		ProjectID: projectID,
		Ref:       e.JobVariable("CI_COMMIT_REF_NAME"),
		Timeout:   seconds(timeout),
	}), nil
}

func (e Environment) requiredID(name string) (int64, error) {
	text := e.JobVariable(name)
	if text == "" {
		return 0, fmt.Errorf("cannot tell which job this is: neither %s nor %s%s is set, run this program from gitlab-runner's custom executor",
			jobResponseVariable, jobVariablePrefix, name)
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 {
		return 0, fmt.Errorf("%s%s must be a positive number, got %q", jobVariablePrefix, name, text)
	}
	return id, nil
}

// projectPath returns group/project, from the project's URL if there is no
// variable for it.
func (e Environment) projectPath() string {
	if path := e.JobVariable("CI_PROJECT_PATH"); path != "" {
		return path
	}
	project, err := url.Parse(e.JobVariable("CI_PROJECT_URL"))
	if err != nil {
		return ""
	}
	return strings.Trim(project.Path, "/")
}

// seconds returns a time limit; 0 for what cannot be one.
func seconds(n int64) time.Duration {
	const longest = int64(1<<63-1) / int64(time.Second)
	if n < 0 || n > longest {
		return 0
	}
	return time.Duration(n) * time.Second
}
