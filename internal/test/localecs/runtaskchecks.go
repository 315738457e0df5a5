package localecs

import (
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Limits of a RunTask request, from its API reference.
const (
	maxTasksPerCall   = 10
	maxOverrideLength = 8192
)

var (
	startedByPattern   = regexp.MustCompile(`^[a-zA-Z0-9/_-]{0,128}$`)
	clientTokenPattern = regexp.MustCompile(`^[!-~]{0,64}$`)
)

// platformVersions are the Linux versions that Fargate still starts tasks on.
var platformVersions = []string{"1.4.0", "1.3.0"}

// checkRunTask checks what depends on the request alone.
func checkRunTask(in *ecs.RunTaskInput) error {
	switch {
	case aws.ToString(in.TaskDefinition) == "":
		return clientException("TaskDefinition can not be blank.")
	case in.Count != nil && (*in.Count < 1 || *in.Count > maxTasksPerCall):
		return invalidParameter("Count must be between 1 and %d.", maxTasksPerCall)
	case in.LaunchType != "" && len(in.CapacityProviderStrategy) > 0:
		return invalidParameter("Specifying both a launch type and capacity provider strategy is not supported. " +
			"Remove one and try again.")
	case in.LaunchType != "" && !slices.Contains(in.LaunchType.Values(), in.LaunchType):
		return invalidParameter("Unknown launch type %q.", in.LaunchType)
	case !startedByPattern.MatchString(aws.ToString(in.StartedBy)):
		return invalidParameter("startedBy must have at most 128 letters, digits, hyphens, slashes and underscores.")
	case !clientTokenPattern.MatchString(aws.ToString(in.ClientToken)):
		return invalidParameter("clientToken must have at most 64 ASCII characters between 33 and 126.")
	}
	return checkTags(in.Tags)
}

func taskCount(in *ecs.RunTaskInput) int {
	if in.Count == nil {
		return 1
	}
	return int(*in.Count)
}

func platformVersion(asked *string) (string, error) {
	version := aws.ToString(asked)
	switch {
	case version == "" || version == "LATEST":
		return platformVersions[0], nil
	case slices.Contains(platformVersions, version):
		return version, nil
	}
	return "", &APIError{Code: "PlatformUnknownException", Message: "The specified platform version does not exist."}
}

func checkOverrides(overrides *types.TaskOverride, definition *types.TaskDefinition) error {
	if overrides == nil {
		return nil
	}
	if encoded, err := encodeECS(overrides); err != nil || len(encoded) > maxOverrideLength {
		return invalidParameter("Container Overrides length must be at most %d", maxOverrideLength)
	}
	for _, o := range overrides.ContainerOverrides {
		named := func(c types.ContainerDefinition) bool { return *c.Name == aws.ToString(o.Name) }
		if !slices.ContainsFunc(definition.ContainerDefinitions, named) {
			return invalidParameter("Override for container named %s is not a container in the TaskDefinition.",
				aws.ToString(o.Name))
		}
	}
	return checkEphemeralStorage(overrides.EphemeralStorage)
}

// overriddenSize is the size of a task after overrides.
func overriddenSize(overrides *types.TaskOverride, definition *types.TaskDefinition) (size, error) {
	cpu, memory := definition.Cpu, definition.Memory
	if overrides != nil {
		if overrides.Cpu != nil {
			cpu = overrides.Cpu
		}
		if overrides.Memory != nil {
			memory = overrides.Memory
		}
	}
	return fargateSize(aws.ToString(cpu), aws.ToString(memory))
}
