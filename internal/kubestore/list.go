package kubestore

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// pageSize is how many objects one request lists.
const pageSize = 500

// List lists the objects of the store's namespace. It fails with
// *executor.UnavailableError if the API server does not answer.
func (s *Store) List(ctx context.Context) ([]v1alpha1.FargateJob, error) {
	var jobs []v1alpha1.FargateJob
	options := metav1.ListOptions{Limit: pageSize}
	for {
		page, err := s.list(ctx, &options)
		if err != nil {
			return nil, s.explain(ctx, "list", types.NamespacedName{Namespace: s.namespace, Name: "*"}, err)
		}
		jobs = append(jobs, page.Items...)
		if options.Continue = page.Continue; options.Continue == "" {
			return jobs, nil
		}
	}
}

func (s *Store) list(ctx context.Context, options *metav1.ListOptions) (*v1alpha1.FargateJobList, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	page := &v1alpha1.FargateJobList{}
	err := s.client.Get().Namespace(s.namespace).Resource(resource).VersionedParams(options, s.codec).Do(ctx).Into(page)
	return page, err
}
