package doctor

import (
	"context"
	"fmt"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

type logGroups interface {
	LogGroupExists(ctx context.Context, loc ecs.Location, log ecs.ContainerLog, container string) (bool, error)
}

// checkContainerLog checks whether the container can log to CloudWatch Logs, if
// it is configured to, and whether the executor may read that log after the
// container has ended.
func (e *examination) checkContainerLog(ctx context.Context) []Finding {
	const subject = "container log"
	container := e.template.ContainerName
	log := e.found.Definition.Containers[container].Log
	if log.Stream(container, "") == (ecs.LogStream{}) {
		return nil // It logs elsewhere, or the definition could not be read.
	}
	exists, err := e.aws.LogGroupExists(ctx, e.loc, log, container)
	switch {
	case isDenied(err):
		return []Finding{{
			Level: Warning, Subject: subject, What: err.Error(),
			Why: "if a container ends before its job, the job log has the command that prints the container's log, but not its last lines; if its SSH server refuses the key, it does not have the reason",
			Fix: e.attach(e.policy),
		}}
	case err != nil:
		return []Finding{unanswered(subject, err)}
	case !exists && !log.CreatesGroup:
		return []Finding{{
			Level: Failure, Subject: subject, What: fmt.Sprintf("log group %s does not exist in region %s", log.Group, log.Region),
			Why: "tasks stop with ResourceInitializationError: ECS does not create the group by itself",
			Fix: fmt.Sprintf("aws logs create-log-group --log-group-name %s --region %s", log.Group, log.Region),
		}}
	default:
		return []Finding{okf(subject, "may read log group %s", log.Group)}
	}
}
