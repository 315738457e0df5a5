package standalone

import (
	"context"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// KeyType is that of the only class.
func (s *Store) KeyType(context.Context, string) (v1alpha1.KeyType, error) {
	return s.class.Spec.SSH.KeyType, nil
}
