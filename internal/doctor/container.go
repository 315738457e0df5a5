package doctor

import (
	"context"
	"fmt"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

const containerSubject = "container"

// checkContainer looks for what jobs can do with, but not well, in their
// container. What keeps them from running checkTemplate has found.
func (e *examination) checkContainer(context.Context) []Finding {
	container, ok := e.found.Definition.Containers[e.template.ContainerName]
	if e.found.DefinitionErr != nil || !ok {
		return nil // checkTemplate reports it
	}
	var findings []Finding
	if !container.Essential {
		findings = append(findings, e.notEssential())
	}
	if container.ReadOnlyRoot && len(container.WritablePaths) > 0 {
		findings = append(findings, e.readOnly(&container))
	}
	if container.ReadOnlyRoot && e.template.ExecuteCommand == v1alpha1.Enabled {
		findings = append(findings, e.noExec())
	}
	return findings
}

func (e *examination) notEssential() Finding {
	return Finding{
		Level: Warning, Subject: containerSubject,
		What: fmt.Sprintf("container %q of task definition %s has essential: false", e.template.ContainerName, e.found.Definition.ARN),
		Why:  "the task goes on without the container, and costs money until the job's cleanup, or for good if that fails",
		Fix:  "set \"essential\": true for it in the task definition, and false for containers that jobs can do without",
	}
}

func (e *examination) readOnly(container *ecs.Container) Finding {
	return Finding{
		Level: Warning, Subject: containerSubject,
		What: fmt.Sprintf("container %q of task definition %s has readonlyRootFilesystem: true, and can write to %s only",
			e.template.ContainerName, e.found.Definition.ARN, text.List(container.WritablePaths)),
		Why: "the SSH server writes its keys to the user's home directory or to /run, and the job to /tmp and to builds_dir and cache_dir of the runner",
		Fix: "mount volumes there too, or set \"readonlyRootFilesystem\": false in the task definition",
	}
}

func (e *examination) noExec() Finding {
	return Finding{
		Level: Warning, Subject: containerSubject,
		What: fmt.Sprintf("ECS Exec is on, and container %q of task definition %s has readonlyRootFilesystem: true", e.template.ContainerName, e.found.Definition.ARN),
		Why:  "ECS Exec needs to write to the root file system: nobody can open a shell in a task",
		Fix:  "set \"readonlyRootFilesystem\": false in the task definition, or remove spec.executeCommand",
	}
}
