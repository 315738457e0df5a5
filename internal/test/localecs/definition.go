package localecs

import (
	"path"
	"regexp"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Quotas of a task definition, from the ECS developer guide's service quotas.
const (
	maxDefinitionBytes = 64 << 10
	maxContainers      = 10
	maxStopTimeout     = 120
)

var familyPattern = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,255}$`)

// newDefinition checks a request and returns the definition that it asks for,
// without what registering adds: ARN, revision and time.
func newDefinition(in *ecs.RegisterTaskDefinitionInput) (*types.TaskDefinition, error) {
	if !familyPattern.MatchString(aws.ToString(in.Family)) {
		return nil, clientException("Invalid family: %q.", aws.ToString(in.Family))
	}
	if encoded, err := encodeECS(in); err != nil || len(encoded) > maxDefinitionBytes {
		return nil, clientException("Actual length is greater than the maximum length of %d bytes.", maxDefinitionBytes)
	}
	if err := checkContainers(in.ContainerDefinitions); err != nil {
		return nil, err
	}
	if err := checkMountPoints(in); err != nil {
		return nil, err
	}
	definition := &types.TaskDefinition{
		ContainerDefinitions:    withContainerDefaults(in.ContainerDefinitions),
		Cpu:                     in.Cpu,
		EphemeralStorage:        in.EphemeralStorage,
		ExecutionRoleArn:        in.ExecutionRoleArn,
		Family:                  in.Family,
		Memory:                  in.Memory,
		NetworkMode:             in.NetworkMode,
		RequiresCompatibilities: in.RequiresCompatibilities,
		RuntimePlatform:         in.RuntimePlatform,
		Status:                  types.TaskDefinitionStatusActive,
		TaskRoleArn:             in.TaskRoleArn,
		Volumes:                 notNil(in.Volumes),
		Compatibilities:         []types.Compatibility{types.CompatibilityEc2},
	}
	if runsOnFargate(definition) {
		if err := checkFargateDefinition(definition); err != nil {
			return nil, err
		}
		definition.Compatibilities = append(definition.Compatibilities, types.CompatibilityFargate)
	}
	return definition, nil
}

func runsOnFargate(definition *types.TaskDefinition) bool {
	return slices.Contains(definition.RequiresCompatibilities, types.CompatibilityFargate)
}

// checkFargateDefinition also replaces sizes such as "1 vCPU" with numbers.
func checkFargateDefinition(definition *types.TaskDefinition) error {
	if definition.NetworkMode != types.NetworkModeAwsvpc {
		return clientException("Fargate only supports network mode 'awsvpc'.")
	}
	if definition.Cpu == nil {
		return clientException("Fargate requires that 'cpu' be defined at the task level.")
	}
	if definition.Memory == nil {
		return clientException("Fargate requires that 'memory' be defined at the task level.")
	}
	size, err := fargateSize(*definition.Cpu, *definition.Memory)
	if err != nil {
		return err
	}
	definition.Cpu, definition.Memory = aws.String(strconv.Itoa(size.cpu)), aws.String(strconv.Itoa(size.memory))
	if slices.ContainsFunc(definition.Volumes, func(v types.Volume) bool { return v.Host != nil && v.Host.SourcePath != nil }) {
		return clientException("host.sourcePath should not be set for volumes in Fargate.")
	}
	return checkEphemeralStorage(definition.EphemeralStorage)
}

// checkMountPoints checks the volumes, and that containers mount no others.
func checkMountPoints(in *ecs.RegisterTaskDefinitionInput) error {
	for _, v := range in.Volumes {
		if !familyPattern.MatchString(aws.ToString(v.Name)) {
			return clientException("Invalid volume name: %q.", aws.ToString(v.Name))
		}
	}
	for _, c := range in.ContainerDefinitions {
		for _, mount := range c.MountPoints {
			named := func(v types.Volume) bool { return aws.ToString(v.Name) == aws.ToString(mount.SourceVolume) }
			switch {
			case !slices.ContainsFunc(in.Volumes, named):
				return clientException("Unknown volume '%s'.", aws.ToString(mount.SourceVolume))
			case !path.IsAbs(aws.ToString(mount.ContainerPath)):
				return clientException("Container %s: the path of volume '%s' must be absolute.", *c.Name, *mount.SourceVolume)
			}
		}
	}
	return nil
}

func checkContainers(containers []types.ContainerDefinition) error {
	switch {
	case len(containers) == 0:
		return clientException("Container list cannot be empty.")
	case len(containers) > maxContainers:
		return clientException("Container definitions can have at most %d items.", maxContainers)
	}
	names := make(map[string]bool)
	essential := false
	for _, c := range containers {
		if err := checkContainer(c); err != nil {
			return err
		}
		if names[*c.Name] {
			return clientException("Container name %q is not unique.", *c.Name)
		}
		names[*c.Name] = true
		essential = essential || c.Essential == nil || *c.Essential
	}
	if !essential {
		return clientException("Invalid 'essential' setting: at least one container must be essential.")
	}
	return checkDependencies(containers)
}

func checkContainer(c types.ContainerDefinition) error {
	switch {
	case aws.ToString(c.Name) == "":
		return clientException("Container.name should not be null or empty.")
	case !familyPattern.MatchString(*c.Name):
		return clientException("Invalid container name: %q.", *c.Name)
	case aws.ToString(c.Image) == "":
		return clientException("Container.image should not be null or empty.")
	case c.StopTimeout != nil && (*c.StopTimeout < 0 || *c.StopTimeout > maxStopTimeout):
		return clientException("Container %s: stopTimeout must be at most %d seconds.", *c.Name, maxStopTimeout)
	}
	return checkHealthCheck(c)
}

// withContainerDefaults fills in the defaults of what the request leaves out.
func withContainerDefaults(containers []types.ContainerDefinition) []types.ContainerDefinition {
	filled := slices.Clone(containers)
	for i := range filled {
		c := &filled[i]
		if c.Essential == nil {
			c.Essential = aws.Bool(true)
		}
		c.Environment = notNil(c.Environment)
		c.MountPoints = notNil(c.MountPoints)
		c.PortMappings = slices.Clone(notNil(c.PortMappings))
		for j := range c.PortMappings {
			setDefault(&c.PortMappings[j].Protocol, types.TransportProtocolTcp)
			if c.PortMappings[j].HostPort == nil {
				c.PortMappings[j].HostPort = c.PortMappings[j].ContainerPort
			}
		}
		c.HealthCheck = healthCheckWithDefaults(c.HealthCheck)
	}
	return filled
}
