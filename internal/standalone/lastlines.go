package standalone

import (
	"context"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/lifecycle"
)

// LastLines reads the end of the log of a job's container in CloudWatch Logs,
// as executor.Options.LastLines describes. The executor has an AWS identity
// that may do so only where jobs run without Kubernetes.
func LastLines(ctx context.Context, job *v1alpha1.FargateJob, limit int32) ([]string, error) {
	jobs := &lifecycle.Lifecycle{ECS: &ecs.Clients{}}
	return jobs.LastLines(ctx, job, limit)
}
