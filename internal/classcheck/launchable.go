package classcheck

import (
	"slices"
	"strings"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

// checkContainer returns what keeps jobs from running in the class's container.
func checkContainer(t *v1alpha1.TaskTemplate, d *ecs.Definition, container *ecs.Container) []Problem {
	var problems []Problem
	if !container.MapsTCP(t.SSH.Port) {
		problems = append(problems, problemf(v1alpha1.ReasonPortNotMapped,
			"container %q of task definition %s does not map port %d over tcp: add the port mapping or correct spec.ssh.port",
			t.ContainerName, d.ARN, t.SSH.Port))
	}
	if container.ReadOnlyRoot && len(container.WritablePaths) == 0 {
		problems = append(problems, problemf(v1alpha1.ReasonRootFilesystemReadOnly,
			"container %q of task definition %s can write nowhere: set readonlyRootFilesystem to false, or mount volumes where the job and its SSH server write",
			t.ContainerName, d.ARN))
	}
	return problems
}

// checkOperatingSystem refuses Windows: a login there has no POSIX shell, which
// package sshrun starts scripts with.
func checkOperatingSystem(d *ecs.Definition) []Problem {
	if !strings.HasPrefix(d.OS, "WINDOWS") {
		return nil
	}
	return []Problem{problemf(v1alpha1.ReasonOperatingSystemUnsupported,
		"task definition %s is for %s, and jobs run on Linux: register it with the operatingSystemFamily LINUX and an image for it", d.ARN, d.OS)}
}

// checkVolumes returns the volumes that no task can mount. Sources: Volume in the
// ECS API reference, "Use Amazon EFS volumes" in the ECS developer guide.
func checkVolumes(t *v1alpha1.TaskTemplate, d *ecs.Definition) []Problem {
	hasRole := t.TaskRoleARN != "" || d.TaskRoleARN != ""
	var problems []Problem
	for i := range d.Volumes {
		volume := &d.Volumes[i]
		if volume.AtLaunch {
			problems = append(problems, problemf(v1alpha1.ReasonVolumeUnusable,
				"volume %q of task definition %s is configured at launch, and launches of jobs do not configure volumes: remove it, and set the size of the task's own disk in spec.ephemeralStorageGiB",
				volume.Name, d.ARN))
		}
		if volume.IAM && !hasRole {
			problems = append(problems, problemf(v1alpha1.ReasonVolumeUnusable,
				"volume %q of task definition %s is mounted as the task role, and there is none: set taskRoleArn in the task definition or spec.taskRoleARN",
				volume.Name, d.ARN))
		}
		if (volume.IAM || volume.AccessPoint) && volume.Unencrypted {
			problems = append(problems, problemf(v1alpha1.ReasonVolumeUnusable,
				"volume %q of task definition %s uses IAM or an access point without encryption: set its transitEncryption to ENABLED",
				volume.Name, d.ARN))
		}
	}
	return problems
}

// oldPlatforms are the platform versions before 1.4.0, which brought all that
// checkPlatform looks for. Source: "Fargate Linux platform versions" in the ECS
// developer guide.
var oldPlatforms = []string{"1.0.0", "1.1.0", "1.2.0", "1.3.0"}

// checkPlatform returns what the class's platform version does not have.
func checkPlatform(t *v1alpha1.TaskTemplate, d *ecs.Definition) []Problem {
	if !slices.Contains(oldPlatforms, t.PlatformVersion) {
		return nil
	}
	var needs []string
	for i := range d.Volumes {
		if volume := &d.Volumes[i]; volume.Service != "" {
			needs = append(needs, "volumes of "+volume.Service)
		}
	}
	for _, container := range d.Containers {
		if len(container.Files) > 0 {
			needs = append(needs, "environmentFiles")
		}
	}
	if t.EphemeralStorageGiB > 0 || d.EphemeralStorageGiB > 0 {
		needs = append(needs, "more ephemeral storage than 20 GiB")
	}
	if t.ExecuteCommand == v1alpha1.Enabled {
		needs = append(needs, "ECS Exec")
	}
	if len(needs) == 0 {
		return nil
	}
	slices.Sort(needs)
	return []Problem{problemf(v1alpha1.ReasonPlatformVersionTooOld,
		"platform version %s does not have what tasks of task definition %s use (%s): remove spec.platformVersion, or set it to 1.4.0",
		t.PlatformVersion, d.ARN, text.List(slices.Compact(needs)))}
}
