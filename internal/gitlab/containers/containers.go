// Package containers reads what a job says about its image and its services, the
// way GitLab Runner's Docker and Kubernetes executors do, and refuses what cannot
// run in a Fargate task before one starts.
//
// Source: common/spec, common/build.go, helpers/container/services and the Docker
// and Kubernetes executors of gitlab-runner 19.4.
package containers

import (
	"errors"
	"strconv"

	"github.com/fargate-operator/fargate-operator/internal/gitlab"
)

// debugVariable is the job's variable for the services' output in the job log.
const debugVariable = "CI_DEBUG_SERVICES"

// Containers are what a job asks for with `image:` and `services:`.
type Containers struct {
	// Image is the zero value if the job has none.
	Image    Image
	Services []Service
	// DebugServices says that the services' output goes to the job log.
	DebugServices bool
}

// Image is an image that a job names. Variables in its fields are expanded.
type Image struct {
	Name string
	// Platform is what the image has to be made for, such as linux/amd64. Empty
	// means that the job's author does not care.
	Platform string
	// User is whom the container runs as: a name or id, with or without a group
	// after a colon. Empty means the image's own.
	User string
	// PullPolicies are some of always, if-not-present and never.
	PullPolicies []string
}

// Service is a service of a job.
type Service struct {
	Image
	// Aliases are host names that its author has given it.
	Aliases []string
	// HealthPort is the TCP port to wait for until the service counts as started,
	// 0 if the job does not name one.
	HealthPort int
	// Start is what its container is started with.
	Start Start

	// declared says that the service itself, and not the whole job, has set
	// HealthPort.
	declared bool
}

// Read returns the image and the services of the job. A *gitlab.BuildFailure lists
// everything that is wrong with them, for the job's author.
func Read(env gitlab.Environment) (Containers, error) {
	if env.JobResponseFile == "" {
		return Containers{}, errors.New("the job's image and services are not known: gitlab-runner has not set JOB_RESPONSE_FILE, update it")
	}
	var job response
	if err := env.DecodeJob(job.targets()); err != nil {
		return Containers{}, err
	}
	r := reader{variables: newVariables(env, job)}
	containers := Containers{Image: r.jobImage(job.Image)}
	for i := range job.Services {
		containers.Services = append(containers.Services, r.service(i, &job.Services[i]))
	}
	// The runner itself warns of a value that is neither true nor false.
	containers.DebugServices, _ = strconv.ParseBool(env.JobVariable(debugVariable))
	return containers, buildFailure(r.problems)
}

// buildFailure is nil if there is nothing wrong.
func buildFailure(problems []error) error {
	if len(problems) == 0 {
		return nil
	}
	return &gitlab.BuildFailure{Code: 1, Err: errors.Join(problems...)}
}
