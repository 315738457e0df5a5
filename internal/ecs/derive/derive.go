// Package derive makes the task definition of jobs that run in images of their
// own. It depends on the images and the class alone, so that jobs share it: what
// a job says of its variables, entry points and commands may hold secrets, and
// everybody who may describe a task definition can read it, for as long as it is
// there.
package derive

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// The names of the containers of a task, next to those of services and sidecars.
const (
	// Install puts the agent into a volume and ends.
	Install = "install"
	// Coordinator has the task's SSH server and runs the stages that are not the
	// author's.
	Coordinator = "ci-coordinator"
	// Job is the job's own image.
	Job = "job"
)

// Task is what a task definition is derived from. Equal values give equal
// requests.
type Task struct {
	// Agent is the image with the agent, Helper the one with git, and Job the
	// job's own.
	Agent, Helper, Job Image
	// Services are the job's, in its order.
	Services []Service
	// Architecture is what the images are made for.
	Architecture types.CPUArchitecture
	// Compatibility is what the tasks run on: FARGATE, EC2 or MANAGED_INSTANCES.
	Compatibility types.Compatibility
	// CPU and Memory are the tasks' size in CPU units, 1024 to a vCPU, and MiB.
	CPU, Memory int32
	// EphemeralStorageGiB is the tasks' disk in GiB, on Fargate; 0 leaves it to Base
	// and Fargate.
	EphemeralStorageGiB int32
	// TaskRoleARN and ExecutionRoleARN may be empty.
	TaskRoleARN, ExecutionRoleARN string
	// LogGroup is the group in CloudWatch Logs, in LogRegion, that containers
	// write to. Empty means that they do as Base says, or log nowhere.
	LogGroup, LogRegion string
	// BuildsDir and CacheDir are absolute paths, in the coordinator and in the job,
	// neither of them in the other, and without commas.
	BuildsDir, CacheDir string
	// Port is where the SSH server listens.
	Port int32
	// Base, if not nil, lends what it has to the containers.
	Base *Base
}

// Image is what a container runs.
type Image struct {
	// Reference names the image, best with its digest: a tag may change between
	// two jobs that share the definition.
	Reference string
	// Credentials is the ARN of the secret in Secrets Manager to log in to the
	// image's registry with. Empty for registries that need none, and for ECR.
	Credentials string
	// User replaces the image's own: a name or a number, with or without a group.
	// The helper runs as root, whatever it is.
	User string
}

// Service is a container next to the job.
type Service struct {
	// Name is the container's, unique in the task. Nothing that a job says may be in
	// it: it may hold a secret.
	Name string
	Image
}

// Registration is the request for a task definition, whose family is named by its
// content. It fails with *ClassError, *BaseError, *TooManyError, *NameTakenError or
// *TooLargeError.
func Registration(t *Task) (*ecs.RegisterTaskDefinitionInput, error) {
	if err := t.checkDirectories(); err != nil {
		return nil, err
	}
	in := t.request()
	if t.Base != nil {
		if err := t.Base.check(t); err != nil {
			return nil, err
		}
		t.Base.lend(in)
	}
	if err := t.check(in); err != nil {
		return nil, err
	}
	sortUnordered(in)
	if err := name(in); err != nil {
		return nil, err
	}
	if err := checkSize(in); err != nil {
		return nil, err
	}
	return in, nil
}

// request is for the class and the job alone.
func (t *Task) request() *ecs.RegisterTaskDefinitionInput {
	in := &ecs.RegisterTaskDefinitionInput{
		ContainerDefinitions:    t.containers(),
		Cpu:                     aws.String(strconv.Itoa(int(t.CPU))),
		Memory:                  aws.String(strconv.Itoa(int(t.Memory))),
		ExecutionRoleArn:        optional(t.ExecutionRoleARN),
		TaskRoleArn:             optional(t.TaskRoleARN),
		NetworkMode:             types.NetworkModeAwsvpc,
		RequiresCompatibilities: []types.Compatibility{t.Compatibility},
		RuntimePlatform: &types.RuntimePlatform{
			CpuArchitecture:       t.Architecture,
			OperatingSystemFamily: types.OSFamilyLinux,
		},
		Volumes: t.volumes(),
	}
	if t.EphemeralStorageGiB > 0 {
		in.EphemeralStorage = &types.EphemeralStorage{SizeInGiB: t.EphemeralStorageGiB}
	}
	return in
}

func optional(value string) *string {
	if value == "" {
		return nil
	}
	return &value
}
