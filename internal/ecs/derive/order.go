package derive

import (
	"cmp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// sortUnordered sorts what has no order to ECS, so that another order is not
// another family: ECS itself does not keep that of variables and secrets. The order
// of environment files stays, since they are read from the top down. It changes
// nothing of the base task definition, which others may be using.
func sortUnordered(in *ecs.RegisterTaskDefinitionInput) {
	in.Volumes = sorted(in.Volumes, func(v *types.Volume) string { return aws.ToString(v.Name) })
	in.ContainerDefinitions = sorted(in.ContainerDefinitions, func(c *types.ContainerDefinition) string { return aws.ToString(c.Name) })
	for i := range in.ContainerDefinitions {
		c := &in.ContainerDefinitions[i]
		c.Environment = sorted(c.Environment, func(v *types.KeyValuePair) string { return aws.ToString(v.Name) })
		c.Secrets = sorted(c.Secrets, secretName)
		c.MountPoints = sorted(c.MountPoints, func(m *types.MountPoint) string { return aws.ToString(m.ContainerPath) })
		c.VolumesFrom = sorted(c.VolumesFrom, func(v *types.VolumeFrom) string { return aws.ToString(v.SourceContainer) })
		c.DependsOn = sorted(c.DependsOn, func(d *types.ContainerDependency) string { return aws.ToString(d.ContainerName) })
		c.Ulimits = sorted(c.Ulimits, func(u *types.Ulimit) string { return string(u.Name) })
		if c.LogConfiguration != nil {
			log := *c.LogConfiguration
			log.SecretOptions = sorted(log.SecretOptions, secretName)
			c.LogConfiguration = &log
		}
	}
}

func secretName(s *types.Secret) string { return aws.ToString(s.Name) }

// sorted returns a copy in the order of a key, nil if there is nothing in it. What
// has the same key keeps its order.
func sorted[T any](list []T, key func(*T) string) []T {
	return slices.SortedStableFunc(slices.Values(list), func(a, b T) int { return cmp.Compare(key(&a), key(&b)) })
}
