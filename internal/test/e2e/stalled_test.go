package e2e

import (
	"context"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
)

func TestJob_StalledAndForgotten_IsDeletedAfterItsTTL(t *testing.T) {
	job := &v1alpha1.FargateJob{
		ObjectMeta: metav1.ObjectMeta{Name: objectName(t), Namespace: devstack.Namespace},
		Spec: v1alpha1.FargateJobSpec{
			ClassRef:               v1alpha1.ClassReference{Name: "no-such-class"},
			SSHPublicKey:           publicKey,
			TTLSecondsAfterStalled: ptr.To[int32](1),
		},
	}
	if err := stack.Client.Create(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { deleteObject(t, job) })
	eventually.Shows(t, "the job is gone", func() (bool, string) {
		err := stack.Client.Get(context.Background(), client.ObjectKeyFromObject(job), job)
		return apierrors.IsNotFound(err), ""
	})
}
