package derive

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Base is a task definition that lends to derived ones. Container lends its
// variables, secrets, mounts and limits to the job, and where it logs to all
// containers; its image and its command do not matter. The other containers become
// sidecars. Roles and sizes that the class leaves out are the base's.
type Base struct {
	Definition *types.TaskDefinition
	// Container is the name of the container that lends.
	Container string
}

func (b *Base) lend(in *ecs.RegisterTaskDefinitionInput) {
	for i := range b.Definition.ContainerDefinitions {
		c := &b.Definition.ContainerDefinitions[i]
		if aws.ToString(c.Name) != b.Container {
			in.ContainerDefinitions = append(in.ContainerDefinitions, b.sidecar(c))
			continue
		}
		for j := range in.ContainerDefinitions {
			lendLog(c, &in.ContainerDefinitions[j])
			if *in.ContainerDefinitions[j].Name == Job {
				lendToJob(c, &in.ContainerDefinitions[j])
			}
		}
	}
	in.Volumes = append(in.Volumes, b.Definition.Volumes...)
	in.ProxyConfiguration = b.Definition.ProxyConfiguration
	if in.ExecutionRoleArn == nil {
		in.ExecutionRoleArn = b.Definition.ExecutionRoleArn
	}
	if in.TaskRoleArn == nil {
		in.TaskRoleArn = b.Definition.TaskRoleArn
	}
	if in.EphemeralStorage == nil {
		in.EphemeralStorage = b.Definition.EphemeralStorage
	}
}

// sidecar is a container of the base. What it says of the container that lends is
// true of the job's.
func (b *Base) sidecar(c *types.ContainerDefinition) types.ContainerDefinition {
	sidecar := *c
	sidecar.DependsOn = slices.Clone(c.DependsOn)
	for i := range sidecar.DependsOn {
		if aws.ToString(sidecar.DependsOn[i].ContainerName) == b.Container {
			sidecar.DependsOn[i].ContainerName = aws.String(Job)
		}
	}
	sidecar.VolumesFrom = slices.Clone(c.VolumesFrom)
	for i := range sidecar.VolumesFrom {
		if aws.ToString(sidecar.VolumesFrom[i].SourceContainer) == b.Container {
			sidecar.VolumesFrom[i].SourceContainer = aws.String(Job)
		}
	}
	return sidecar
}

func lendLog(from, to *types.ContainerDefinition) {
	if to.LogConfiguration == nil {
		to.LogConfiguration = from.LogConfiguration
	}
}

func lendToJob(from, job *types.ContainerDefinition) {
	job.Environment = from.Environment
	job.EnvironmentFiles = from.EnvironmentFiles
	job.Secrets = from.Secrets
	job.MountPoints = slices.Concat(job.MountPoints, from.MountPoints)
	job.Ulimits = from.Ulimits
	job.LinuxParameters = from.LinuxParameters
	job.ReadonlyRootFilesystem = from.ReadonlyRootFilesystem
	job.DockerLabels = from.DockerLabels
}
