package executor

import (
	"strings"

	"github.com/fargate-operator/fargate-operator/internal/gitlab"
	"github.com/fargate-operator/fargate-operator/internal/taskrules"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

// unusedWarning is the line of the job log about the job's image and services,
// which are not used. It is empty if the job has neither.
func unusedWarning(unused gitlab.Unused) string {
	var parts []string
	if unused.Image != "" {
		parts = append(parts, "image: "+unused.Image)
	}
	if len(unused.Services) > 0 {
		parts = append(parts, "services: "+strings.Join(unused.Services, ", "))
	}
	if parts == nil {
		return ""
	}
	return "fargate: " + abridge(text.OneLine(strings.Join(parts, " and "))) + " of this job have no effect: the job runs in the image of its task definition, " +
		"without other services. Choose a task definition that has them with the CI variable " + taskrules.TaskDefinitionVariable +
		", or remove them from the job"
}

// warnUnused shows the warning above the section, which is collapsed.
func (p *preparation) warnUnused() {
	if warning := unusedWarning(p.ci.Unused); warning != "" {
		p.progress.write(gitlab.Warning(warning) + "\n")
	}
}
