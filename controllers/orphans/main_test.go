package orphans

import (
	"testing"

	"github.com/go-logr/logr/testr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

func template() *v1alpha1.TaskTemplate {
	return &v1alpha1.TaskTemplate{
		Region: "us-east-1", Cluster: "ci", TaskDefinition: "ci:1", ContainerName: "ci-coordinator",
		Network: v1alpha1.Network{Subnets: []string{"subnet-local-a"}},
	}
}

// job returns a job whose task has an ARN, or is not known if that is empty.
func job(uid, arn string) *v1alpha1.FargateJob {
	job := &v1alpha1.FargateJob{
		ObjectMeta: metav1.ObjectMeta{Name: uid, Namespace: "ci", UID: types.UID(uid)},
		Status:     v1alpha1.FargateJobStatus{Resolved: &v1alpha1.ResolvedTask{TaskTemplate: *template()}},
	}
	if arn != "" {
		job.Status.Task = &v1alpha1.TaskStatus{ARN: arn}
	}
	return job
}

// newCollector returns a collector of an API server with a class and with jobs.
func newCollector(t *testing.T, cloud Cloud, jobs ...client.Object) *Collector {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	class := &v1alpha1.FargateTaskClass{
		ObjectMeta: metav1.ObjectMeta{Name: "default", Namespace: "ci"},
		Spec:       v1alpha1.FargateTaskClassSpec{TaskTemplate: *template()},
	}
	return &Collector{
		Client:       fake.NewClientBuilder().WithScheme(scheme).WithObjects(class).WithObjects(jobs...).Build(),
		ECS:          cloud,
		Installation: "ours",
		Interval:     DefaultInterval,
		Log:          testr.New(t),
	}
}
