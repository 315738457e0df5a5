package ecs

import (
	"cmp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Volume is what launches and checks need to know about a volume of a task
// definition.
type Volume struct {
	Name string
	// AtLaunch is true for a volume of Amazon EBS that every RunTask has to
	// describe.
	AtLaunch bool
	// Service is the AWS service of a file system, "EFS" or "S3 Files". Empty
	// means a volume of the task's own, or AtLaunch.
	Service string
	// IAM says whether the file system lets in the task role only.
	IAM bool
	// Unencrypted is true if packets to the file system are not encrypted, which
	// IAM and access points need.
	Unencrypted bool
	// AccessPoint says whether the volume is an access point of the file system.
	AccessPoint bool
}

func volumes(defined []types.Volume) []Volume {
	var found []Volume
	for i := range defined {
		v := &defined[i]
		volume := Volume{Name: aws.ToString(v.Name), AtLaunch: aws.ToBool(v.ConfiguredAtLaunch)}
		switch {
		case v.EfsVolumeConfiguration != nil:
			volume.addEFS(v.EfsVolumeConfiguration)
		case v.S3filesVolumeConfiguration != nil:
			// It is always encrypted, and always for a role. Source:
			// S3FilesVolumeConfiguration in the ECS API reference.
			volume.Service, volume.IAM = "S3 Files", true
		}
		found = append(found, volume)
	}
	return found
}

// addEFS has the defaults of EFSVolumeConfiguration in the ECS API reference.
func (v *Volume) addEFS(efs *types.EFSVolumeConfiguration) {
	v.Service = "EFS"
	v.Unencrypted = efs.TransitEncryption != types.EFSTransitEncryptionEnabled
	if access := efs.AuthorizationConfig; access != nil {
		v.IAM = access.Iam == types.EFSAuthorizationConfigIAMEnabled
		v.AccessPoint = aws.ToString(access.AccessPointId) != ""
	}
}

// writablePaths are the paths of a container's volumes that it can write to. For
// the volumes of another container that is the other one's name.
func writablePaths(c *types.ContainerDefinition) []string {
	var paths []string
	for _, mount := range c.MountPoints {
		if !aws.ToBool(mount.ReadOnly) {
			paths = append(paths, aws.ToString(mount.ContainerPath))
		}
	}
	for _, from := range c.VolumesFrom {
		if !aws.ToBool(from.ReadOnly) {
			paths = append(paths, "the volumes of "+aws.ToString(from.SourceContainer))
		}
	}
	for _, tmpfs := range cmp.Or(c.LinuxParameters, &types.LinuxParameters{}).Tmpfs {
		paths = append(paths, aws.ToString(tmpfs.ContainerPath))
	}
	return paths
}
