package fargatejob_test

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

// everythingElse is a class that has another value in every field than the
// tests' own.
func everythingElse() v1alpha1.FargateTaskClassSpec {
	return v1alpha1.FargateTaskClassSpec{
		TaskTemplate: v1alpha1.TaskTemplate{
			Region:         "eu-west-1",
			Cluster:        "other",
			TaskDefinition: "other",
			ContainerName:  "build",
			Network: v1alpha1.Network{
				Subnets: []string{"subnet-local-b"}, SecurityGroups: []string{"sg-local"},
				AssignPublicIP: v1alpha1.Enabled, ConnectVia: v1alpha1.PublicIP,
			},
			Capacity:              []v1alpha1.Placement{{LaunchType: "FARGATE"}},
			PlatformVersion:       "1.4.0",
			CPU:                   1024,
			Memory:                4096,
			EphemeralStorageGiB:   30,
			TaskRoleARN:           "arn:aws:iam::123456789012:role/task",
			ExecutionRoleARN:      "arn:aws:iam::123456789012:role/execution",
			Tags:                  []v1alpha1.Tag{{Key: "team", Value: ptr.To("b")}},
			ExecuteCommand:        v1alpha1.Enabled,
			SSH:                   v1alpha1.SSHServer{Username: "ci", Port: 2200},
			LaunchDeadlineSeconds: 300,
			AssumeRoleARN:         "arn:aws:iam::123456789012:role/tasks",
		},
		AllowedOverrides: v1alpha1.OverridePolicy{MaxCPU: 2048},
	}
}

func TestClassChange_EveryField_LeavesRunningJobsAloneAndHoldsForNewOnes(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	if err := seed.Cluster(t.Context(), w.AWS.Client, "other"); err != nil {
		t.Fatal(err)
	}
	container := seed.Container(localecstest.Idle, 2200)
	container.Name = aws.String("build")
	w.AWS.Define(t, "other", container)
	class := w.createClass(t, nil)
	stop := w.startController(t)
	job := w.createJob(t, nil)
	w.awaitReady(t, job)
	stop()

	before, old := job.Status.DeepCopy(), class.Spec.DeepCopy()
	w.AWS.Define(t, "ci", seed.Container(localecstest.Idle, 22))
	class.Spec = everythingElse()
	assertAllFieldsDiffer(t, old.TaskTemplate, class.Spec.TaskTemplate)
	if err := w.Update(t.Context(), class); err != nil {
		t.Fatal(err)
	}

	// A restarted controller reconciles every job.
	w.startController(t)
	second := w.createJobNamed(t, "second", nil)
	w.awaitReady(t, second)
	want := class.Spec.TaskTemplate
	want.TaskDefinition = second.Status.Resolved.TaskDefinition
	if diff := cmp.Diff(&want, &second.Status.Resolved.TaskTemplate); diff != "" {
		t.Errorf("the new job does not have the class's new values (-want +got):\n%s", diff)
	}
	w.awaitReady(t, job)
	if diff := cmp.Diff(before, &job.Status); diff != "" {
		t.Errorf("the running job's status differs after the class changed (-before +after):\n%s", diff)
	}

	// A job also ends without its class.
	if err := w.Delete(t.Context(), class); err != nil {
		t.Fatal(err)
	}
	w.deleteJob(t, job)
	w.awaitGone(t, job)
}

// assertAllFieldsDiffer keeps the test honest when a field is added.
func assertAllFieldsDiffer(t *testing.T, a, b v1alpha1.TaskTemplate) {
	t.Helper()
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range x.NumField() {
		if reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			t.Fatalf("the test does not change %s: give it another value", x.Type().Field(i).Name)
		}
	}
}
