package charts_test

import (
	"errors"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
)

func TestPolicy_RefusesJobsThatCouldLeakOrStay(t *testing.T) {
	c := newJobClient(t, env.Config())
	ci := env.NewNamespace(t)
	installPolicy(t, c, fmt.Sprintf("{policy: {enabled: true, maxActiveDeadlineSeconds: 7200}, tenants: [{namespace: %s}]}", ci))
	runner := newJobClient(t, accountConfig(t, c, ci, "gitlab-runner"))
	for name, test := range map[string]struct {
		change func(*v1alpha1.FargateJob)
		want   []string
	}{
		"as the executor creates it": {func(*v1alpha1.FargateJob) {}, nil},
		"another annotation":         {annotate("example.com/note"), nil},
		"gives up its task": {
			annotate(v1alpha1.ForceDeleteAnnotation),
			[]string{v1alpha1.ForceDeleteAnnotation, "administrator"},
		},
		"finalizer without a controller": {
			func(job *v1alpha1.FargateJob) { job.Finalizers = append(job.Finalizers, "example.com/stay") },
			[]string{"no finalizer other than " + v1alpha1.Finalizer},
		},
		"no deadline": {
			func(job *v1alpha1.FargateJob) { job.Spec.ActiveDeadlineSeconds = 0 },
			[]string{"spec.activeDeadlineSeconds", "7200"},
		},
		"a deadline too far": {
			func(job *v1alpha1.FargateJob) { job.Spec.ActiveDeadlineSeconds = 7201 },
			[]string{"spec.activeDeadlineSeconds", "7200"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			attempt := func() error {
				job := newJob(ci, "default")
				job.Finalizers, job.Spec.ActiveDeadlineSeconds = []string{v1alpha1.Finalizer}, 3600
				test.change(job)
				return runner.Create(t.Context(), job, client.DryRunAll)
			}
			if test.want == nil {
				eventually.Succeeds(t, "the job is admitted", attempt)
				return
			}
			eventually.Succeeds(t, "the job is refused", func() error { return missing(attempt(), test.want...) })
		})
	}
}

func annotate(key string) func(*v1alpha1.FargateJob) {
	return func(job *v1alpha1.FargateJob) { metav1.SetMetaDataAnnotation(&job.ObjectMeta, key, "true") }
}

func TestTenant_WithMaxJobs_HasAQuota(t *testing.T) {
	c := newJobClient(t, env.Config())
	namespace := env.NewNamespace(t)
	create(t, c, render(t, operatorChart, "--show-only", "templates/tenant-quota.yaml",
		"--values", valuesFile(t, fmt.Sprintf("tenants: [{namespace: %s, maxJobs: 2}, {namespace: other}]", namespace))))
	// Kubernetes' quota controller, which this control plane lacks, would copy the bound into the status.
	var quota corev1.ResourceQuota
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "fargate-jobs"}, &quota); err != nil {
		t.Fatal(err)
	}
	quota.Status.Hard = quota.Spec.Hard
	quota.Status.Used = corev1.ResourceList{"count/fargatejobs.ci.fargate-operator.dev": resource.MustParse("0")}
	if err := c.Status().Update(t.Context(), &quota); err != nil {
		t.Fatal(err)
	}
	// The bound takes effect a moment after it was written.
	eventually.Succeeds(t, "the quota refuses one more job", func() error {
		job := newJob(namespace, "default")
		job.Name, job.GenerateName = "", "job-"
		err := c.Create(t.Context(), job)
		if err == nil {
			return errors.New("one more job was created")
		}
		if !apierrors.IsForbidden(err) {
			return err
		}
		return missing(err, "exceeded quota: fargate-jobs")
	})
}
