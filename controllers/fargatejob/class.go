package fargatejob

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/lifecycle"
)

// class reads the job's class, from the API server if the cache has none: it
// may have been created together with the job.
func (r *Reconciler) class(ctx context.Context, job *v1alpha1.FargateJob) (*v1alpha1.FargateTaskClass, error) {
	class := &v1alpha1.FargateTaskClass{}
	key := client.ObjectKey{Namespace: job.Namespace, Name: job.Spec.ClassRef.Name}
	err := r.Client.Get(ctx, key, class)
	if apierrors.IsNotFound(err) {
		err = r.Reader.Get(ctx, key, class)
	}
	if apierrors.IsNotFound(err) {
		return nil, lifecycle.Stallf(v1alpha1.ReasonClassNotFound,
			"FargateTaskClass %s does not exist in namespace %s: create it, or name another in the executor's configuration", key.Name, key.Namespace)
	}
	return class, err
}
