package derive

import (
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// agentDir is where the volume with the agent is in every container, and agent the
// program there.
const (
	agentDir = "/.fargate"
	agent    = agentDir + "/bin/agent"
)

// The names of the volumes.
const (
	agentVolume  = "agent"
	buildsVolume = "builds"
	cacheVolume  = "cache"
)

func (t *Task) volumes() []types.Volume {
	return []types.Volume{
		{Name: aws.String(agentVolume)},
		{Name: aws.String(buildsVolume)},
		{Name: aws.String(cacheVolume)},
	}
}

func (t *Task) containers() []types.ContainerDefinition {
	containers := []types.ContainerDefinition{t.install(), t.coordinator(), t.job()}
	for _, service := range t.Services {
		containers = append(containers, t.service(service))
	}
	return containers
}

func (t *Task) install() types.ContainerDefinition {
	c := t.container(Install, t.Agent)
	c.Essential = aws.Bool(false) // It ends.
	c.Command = []string{"install", agentDir}
	return c
}

// coordinator runs as root: it gives the shared directories to the job's user.
func (t *Task) coordinator() types.ContainerDefinition {
	command := []string{"gateway", "-port", strconv.Itoa(int(t.Port)), "-own", t.BuildsDir + "," + t.CacheDir}
	if len(t.Services) > 0 {
		command = append(command, "-services", strings.Join(t.serviceNames(), ","))
	}
	c := t.withAgent(t.container(Coordinator, t.Helper), command...)
	c.User = aws.String("0")
	c.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(t.Port), Protocol: types.TransportProtocolTcp}}
	c.MountPoints = append(c.MountPoints, t.shared()...)
	return c
}

func (t *Task) job() types.ContainerDefinition {
	c := withoutWriting(t.withAgent(t.container(Job, t.Job), "job"))
	c.MountPoints = append(c.MountPoints, t.shared()...)
	return c
}

// service may end without ending the task, as with GitLab's other executors.
func (t *Task) service(s Service) types.ContainerDefinition {
	c := withoutWriting(t.withAgent(t.container(s.Name, s.Image), "service", "-name", s.Name))
	c.Essential = aws.Bool(false)
	return c
}

func (t *Task) serviceNames() []string {
	var names []string
	for _, s := range t.Services {
		names = append(names, s.Name)
	}
	return names
}

// container is what all have in common.
func (t *Task) container(name string, image Image) types.ContainerDefinition {
	c := types.ContainerDefinition{
		Name:             aws.String(name),
		Image:            aws.String(image.Reference),
		Essential:        aws.Bool(true),
		User:             optional(image.User),
		LogConfiguration: t.log(),
		MountPoints:      []types.MountPoint{{SourceVolume: aws.String(agentVolume), ContainerPath: aws.String(agentDir)}},
	}
	if image.Credentials != "" {
		c.RepositoryCredentials = &types.RepositoryCredentials{CredentialsParameter: aws.String(image.Credentials)}
	}
	return c
}

// withAgent lets a container run the agent as its first process. Both entry point
// and command are given: neither of the image's may be left.
func (t *Task) withAgent(c types.ContainerDefinition, command ...string) types.ContainerDefinition {
	c.EntryPoint = []string{agent}
	c.Command = command
	c.DependsOn = []types.ContainerDependency{
		{ContainerName: aws.String(Install), Condition: types.ContainerConditionSuccess},
	}
	return c
}

// withoutWriting keeps root of an image from changing the agent, or what the
// coordinator has next to it. The agent connects to the socket there all the same.
func withoutWriting(c types.ContainerDefinition) types.ContainerDefinition {
	for i := range c.MountPoints {
		c.MountPoints[i].ReadOnly = aws.Bool(true)
	}
	return c
}

// shared are the directories of the coordinator and the job. They have the same
// paths in both: the runner's scripts name files relative to each other.
func (t *Task) shared() []types.MountPoint {
	return []types.MountPoint{
		{SourceVolume: aws.String(buildsVolume), ContainerPath: aws.String(t.BuildsDir)},
		{SourceVolume: aws.String(cacheVolume), ContainerPath: aws.String(t.CacheDir)},
	}
}

// log says that a container which writes faster than CloudWatch Logs takes it
// loses lines and is not held up. That is the default of accounts since June 2025,
// but not of all. Source: "Send Amazon ECS logs to CloudWatch" in the ECS developer
// guide.
func (t *Task) log() *types.LogConfiguration {
	if t.LogGroup == "" {
		return nil
	}
	return &types.LogConfiguration{
		LogDriver: types.LogDriverAwslogs,
		Options: map[string]string{
			"awslogs-group":         t.LogGroup,
			"awslogs-region":        t.LogRegion,
			"awslogs-stream-prefix": "ci",
			"mode":                  "non-blocking",
		},
	}
}
