package lifecycle

import (
	"context"

	"github.com/go-logr/logr"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// logStep logs a step of a job's life to the context's logger, which has the
// job's name. With an error it has the id of AWS's request, which conditions and
// events leave out.
func logStep(ctx context.Context, step string, job *v1alpha1.FargateJob, err error, keysAndValues ...any) {
	log := logr.FromContextOrDiscard(ctx).WithValues("attempt", job.Status.Attempt)
	if id := ecs.RequestID(err); id != "" {
		log = log.WithValues("requestID", id)
	}
	log.Info(step, keysAndValues...)
}
