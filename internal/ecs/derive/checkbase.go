package derive

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// check refuses a base of which a part cannot be in the task.
func (b *Base) check(t *Task) error {
	if b.Definition == nil {
		return baseErrorf("it is not known: look it up first")
	}
	lender := b.lender()
	if lender == nil {
		return baseErrorf("it has no container %q, whose settings jobs would get: add one, or name another container in the class", b.Container)
	}
	if err := t.checkMounts(lender); err != nil {
		return err
	}
	containers := ecs.DefinitionOf(b.Definition).Containers
	for i := range b.Definition.ContainerDefinitions {
		name := aws.ToString(b.Definition.ContainerDefinitions[i].Name)
		if name == b.Container {
			continue
		}
		if err := b.checkSidecar(name, containers[name], t.Port); err != nil {
			return err
		}
	}
	return nil
}

// checkMounts refuses mounts in the directories that the job shares with the
// coordinator: the two would not see the same files there.
func (t *Task) checkMounts(lender *types.ContainerDefinition) error {
	var mounts []string
	for _, mount := range lender.MountPoints {
		mounts = append(mounts, aws.ToString(mount.ContainerPath))
	}
	if lender.LinuxParameters != nil {
		for _, mount := range lender.LinuxParameters.Tmpfs {
			mounts = append(mounts, aws.ToString(mount.ContainerPath))
		}
	}
	for _, mount := range mounts {
		for _, d := range t.directories() {
			if within(mount, d.path) {
				return baseErrorf("its container %q has a mount at %q, and every task has %s at %q: mount it elsewhere", aws.ToString(lender.Name), mount, d.what, d.path)
			}
		}
	}
	return nil
}

// checkSidecar refuses one that takes the port of the SSH server, or that waits for
// the end of the job, with which the task ends.
func (b *Base) checkSidecar(name string, sidecar ecs.Container, port int32) error {
	if sidecar.MapsTCP(port) {
		return baseErrorf("its container %q listens on port %d, which the task itself needs for SSH: remove the container, or have it listen on another port", name, port)
	}
	switch condition := sidecar.DependsOn[b.Container]; condition {
	case ecs.DependencyComplete, ecs.DependencySuccess:
		return baseErrorf("its container %q waits until %q has ended (%s), and as the job that one ends with the task: remove the dependency", name, b.Container, condition)
	default:
		return nil
	}
}
