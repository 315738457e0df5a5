package gitlab

import (
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Job identifies a job, for people and for chargeback.
//
// ID, Name, ProjectID, Ref and Timeout come from the job response alone when
// there is one: GitLab wrote it, and job authors cannot change it. Some or all
// responses lack the other fields, which are then filled from CUSTOM_ENV_
// variables. Job authors can change those: use them as labels, and base no
// decision on them.
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
	// RunnerToken is the first characters of the runner's token, which identify
	// the runner and are not secret. From a variable: never trusted.
	RunnerToken string

	// Unused names what the job asks for that this executor does not provide.
	Unused Unused
}

// ReadJob returns the identity of the job. With runners that write no job
// response, everything comes from variables.
func (e Environment) ReadJob() (Job, error) {
	if e.JobResponseFile == "" {
		return e.jobFromVariables()
	}
	var response jobResponse
	err := e.readResponse(func(r io.Reader) (err error) {
		response, err = parseJobResponse(r)
		return err
	})
	if err != nil {
		return Job{}, err
	}
	return e.fill(response.job()), nil
}

// fill adds from variables what the response lacks.
func (e Environment) fill(job Job) Job {
	if job.ProjectPath == "" {
		job.ProjectPath = e.projectPath()
	}
	if job.PipelineID == 0 {
		job.PipelineID, _ = strconv.ParseInt(e.JobVariable("CI_PIPELINE_ID"), 10, 64)
	}
	job.URL = e.JobVariable("CI_JOB_URL")
	job.RunnerToken = e.JobVariable("CI_RUNNER_SHORT_TOKEN")
	job.Unused = e.expanded(job.Unused)
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
		Unused:    e.unusedFromVariables(),
	}), nil
}

func (e Environment) requiredID(name string) (int64, error) {
	text := e.JobVariable(name)
	if text == "" {
		return 0, fmt.Errorf("cannot identify the job: neither %s nor %s%s is set, run this program from gitlab-runner's custom executor",
			jobResponseVariable, jobVariablePrefix, name)
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 {
		return 0, fmt.Errorf("%s%s must be a positive number, got %q", jobVariablePrefix, name, text)
	}
	return id, nil
}

// projectPath returns group/project, taken from the project's URL if no variable
// has it.
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

// seconds returns a time limit, 0 for a number that cannot be one.
func seconds(n int64) time.Duration {
	const longest = int64(1<<63-1) / int64(time.Second)
	if n < 0 || n > longest {
		return 0
	}
	return time.Duration(n) * time.Second
}
