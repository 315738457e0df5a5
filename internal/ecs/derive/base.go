package derive

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Base is a task definition that lends to derived ones. Container lends its
// variables, secrets, mounts, limits, dependencies and health check to the job, and
// where it logs to the job's other containers too; its image and its command do not
// matter. The other containers become sidecars. Roles and sizes that the class
// leaves out are the base's.
type Base struct {
	Definition *types.TaskDefinition
	// Container is the name of the container that lends.
	Container string
}

func (b *Base) lend(in *ecs.RegisterTaskDefinitionInput) {
	lender := b.lender()
	for i := range in.ContainerDefinitions {
		c := &in.ContainerDefinitions[i]
		if c.LogConfiguration == nil {
			c.LogConfiguration = lender.LogConfiguration
		}
		if *c.Name == Job {
			lendToJob(lender, c)
		}
	}
	for i := range b.Definition.ContainerDefinitions {
		if c := &b.Definition.ContainerDefinitions[i]; c != lender {
			in.ContainerDefinitions = append(in.ContainerDefinitions, b.sidecar(c))
		}
	}
	in.Volumes = append(in.Volumes, b.Definition.Volumes...)
	in.ProxyConfiguration = b.proxy()
	b.lendToTask(in)
}

// lender is the container that lends, nil if there is none.
func (b *Base) lender() *types.ContainerDefinition {
	for i := range b.Definition.ContainerDefinitions {
		if c := &b.Definition.ContainerDefinitions[i]; aws.ToString(c.Name) == b.Container {
			return c
		}
	}
	return nil
}

func (b *Base) lendToTask(in *ecs.RegisterTaskDefinitionInput) {
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
		sidecar.DependsOn[i].ContainerName = b.renamed(sidecar.DependsOn[i].ContainerName)
	}
	sidecar.VolumesFrom = slices.Clone(c.VolumesFrom)
	for i := range sidecar.VolumesFrom {
		sidecar.VolumesFrom[i].SourceContainer = b.renamed(sidecar.VolumesFrom[i].SourceContainer)
	}
	return sidecar
}

func (b *Base) proxy() *types.ProxyConfiguration {
	if b.Definition.ProxyConfiguration == nil {
		return nil
	}
	proxy := *b.Definition.ProxyConfiguration
	proxy.ContainerName = b.renamed(proxy.ContainerName)
	return &proxy
}

func (b *Base) renamed(container *string) *string {
	if aws.ToString(container) == b.Container {
		return aws.String(Job)
	}
	return container
}

func lendToJob(from, job *types.ContainerDefinition) {
	job.DependsOn = slices.Concat(job.DependsOn, from.DependsOn)
	job.DockerLabels = from.DockerLabels
	job.Environment = from.Environment
	job.EnvironmentFiles = from.EnvironmentFiles
	job.HealthCheck = from.HealthCheck
	job.LinuxParameters = from.LinuxParameters
	job.MountPoints = slices.Concat(job.MountPoints, from.MountPoints)
	job.ReadonlyRootFilesystem = from.ReadonlyRootFilesystem
	job.Secrets = from.Secrets
	job.Ulimits = from.Ulimits
	job.VolumesFrom = from.VolumesFrom
}
