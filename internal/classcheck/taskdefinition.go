package classcheck

import (
	"maps"
	"slices"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

func checkTaskDefinition(t *v1alpha1.TaskTemplate, f *Findings) Outcome {
	if f.DefinitionErr != nil {
		return refused(f.DefinitionErr)
	}
	d := &f.Definition
	var problems []Problem
	if !d.Active {
		problems = append(problems, problemf(v1alpha1.ReasonTaskDefinitionNotFound,
			"task definition %s is deregistered: register it again or name another in spec.taskDefinition", d.ARN))
	}
	if container, ok := d.Containers[t.ContainerName]; ok {
		problems = append(problems, checkContainer(t, d, &container)...)
	} else {
		problems = append(problems, problemf(v1alpha1.ReasonContainerNotFound,
			"task definition %s has no container %q: rename one of its containers (%s) or set spec.containerName",
			d.ARN, t.ContainerName, text.List(slices.Sorted(maps.Keys(d.Containers)))))
	}
	if d.NetworkMode != "awsvpc" {
		problems = append(problems, problemf(v1alpha1.ReasonNetworkModeNotAwsvpc,
			"task definition %s has the network mode %s: register it with awsvpc, or its tasks have no address of their own", d.ARN, d.NetworkMode))
	}
	if !d.Fargate && usesFargate(t, f) {
		problems = append(problems, problemf(v1alpha1.ReasonFargateIncompatible,
			"task definition %s does not run on Fargate: register it with requiresCompatibilities FARGATE, or place tasks elsewhere in spec.capacity", d.ARN))
	}
	problems = slices.Concat(problems, checkOperatingSystem(d), checkVolumes(t, d))
	if usesFargate(t, f) {
		problems = append(problems, checkPlatform(t, d)...)
	}
	if len(problems) > 0 {
		return failed(problems...)
	}
	return passed("task definition %s has container %q with port %d", d.ARN, t.ContainerName, t.SSH.Port)
}
