package doctor

import (
	"context"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// checkContainerLog looks whether the executor may read in CloudWatch Logs what a
// container wrote that has ended.
func (e *examination) checkContainerLog(ctx context.Context) []Finding {
	const subject = "container log"
	log := e.found.Definition.Containers[e.template.ContainerName].Log
	if log == (ecs.ContainerLog{}) {
		return nil // It logs elsewhere, or the definition could not be read.
	}
	switch err := e.aws.MayReadLog(ctx, e.loc, log, e.template.ContainerName); {
	case err == nil:
		return []Finding{okf(subject, "may read log group %s", log.Group)}
	case isDenied(err):
		return []Finding{{
			Level: Warning, Subject: subject, What: err.Error(),
			Why: "if a container ends before its job, the job log has the command that prints the container's log, but not its last lines",
			Fix: e.attach(jobsPolicy),
		}}
	default:
		return []Finding{unanswered(subject, err)}
	}
}
