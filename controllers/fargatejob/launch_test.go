package fargatejob_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/ptr"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

func TestLaunch_Job_BecomesReadyWithOneTask(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.createClass(t, func(s *v1alpha1.FargateTaskClassSpec) {
		s.CPU, s.Memory = 512, 1024
		s.Tags = []v1alpha1.Tag{{Key: "cost-center", Value: ptr.To("ci")}}
		s.SSH = v1alpha1.SSHServer{Username: "ci", Port: 2222}
	})
	w.startController(t)
	job := w.createJob(t, func(s *v1alpha1.FargateJobSpec) {
		s.Job = v1alpha1.JobIdentity{ProjectPath: "group/project", ID: 7, Name: `build: [1/2] "x"`}
	})
	w.awaitReady(t, job)

	tasks := w.AWS.Tasks(t)
	if len(tasks) != 1 {
		t.Fatalf("%d tasks, want 1", len(tasks))
	}
	task := tasks[0]
	if job.Status.Task.ARN != aws.ToString(task.TaskArn) {
		t.Errorf("status has task %s, ECS %s", job.Status.Task.ARN, aws.ToString(task.TaskArn))
	}
	if got, want := aws.ToString(task.StartedBy), "fargate-operator/test/"+string(job.UID); got != want {
		t.Errorf("startedBy %s, want %s", got, want)
	}
	if aws.ToString(task.Cpu) != "512" || aws.ToString(task.Memory) != "1024" {
		t.Errorf("cpu %s and memory %s, want 512 and 1024", aws.ToString(task.Cpu), aws.ToString(task.Memory))
	}
	environment := task.Overrides.ContainerOverrides[0].Environment
	want := []types.KeyValuePair{{Name: aws.String("SSH_PUBLIC_KEY"), Value: aws.String(publicKey)}}
	if diff := cmp.Diff(want, environment, cmp.AllowUnexported(types.KeyValuePair{})); diff != "" {
		t.Errorf("environment differs (-want +got):\n%s", diff)
	}
	wantTags := map[string]string{
		"cost-center":                          "ci",
		"ci.fargate-operator.dev/installation": "test",
		"ci.fargate-operator.dev/namespace":    w.Namespace,
		"ci.fargate-operator.dev/project":      "group/project",
		"ci.fargate-operator.dev/job-id":       "7",
		"ci.fargate-operator.dev/job":          "build: _1/2_ _x_",
	}
	if diff := cmp.Diff(wantTags, tagsOf(task)); diff != "" {
		t.Errorf("tags differ (-want +got):\n%s", diff)
	}
	wantAddress := &v1alpha1.TaskAddress{PrivateIP: privateIP(task), Host: privateIP(task), Port: 2222, Username: "ci"}
	if diff := cmp.Diff(wantAddress, job.Status.Address); diff != "" {
		t.Errorf("address differs (-want +got):\n%s", diff)
	}
	for _, kind := range []string{v1alpha1.ConditionLaunched, v1alpha1.ConditionAddressAssigned} {
		if !meta.IsStatusConditionTrue(job.Status.Conditions, kind) {
			t.Errorf("condition %s is not true", kind)
		}
	}
	if meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionReconciling) != nil {
		t.Error("condition Reconciling remains after Ready")
	}
	w.AwaitEvent(t, job, normal(), v1alpha1.ReasonReady)
	if calls := w.AWS.Calls()["RunTask"]; calls != 1 {
		t.Errorf("%d RunTask calls, want 1", calls)
	}
}

func tagsOf(task types.Task) map[string]string {
	tags := map[string]string{}
	for _, tag := range task.Tags {
		tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return tags
}

func privateIP(task types.Task) string {
	for _, detail := range task.Attachments[0].Details {
		if aws.ToString(detail.Name) == "privateIPv4Address" {
			return aws.ToString(detail.Value)
		}
	}
	return ""
}

func TestLaunch_CapacityUnavailable_TriesNextSubnetThenNextPlacement(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.createClass(t, func(s *v1alpha1.FargateTaskClassSpec) {
		s.Network.Subnets = []string{"subnet-local-a", "subnet-local-b"}
		s.Capacity = []v1alpha1.Placement{
			{Strategy: []v1alpha1.CapacityProvider{{Provider: "FARGATE_SPOT"}}},
			{LaunchType: "FARGATE"},
		}
	})
	w.AWS.FailNext("RunTask", 2, localecs.FailureFault("Capacity is unavailable at this time. Please try again later or in a different availability zone"))
	w.startController(t)
	job := w.createJob(t, nil)
	w.awaitReady(t, job)

	if job.Status.Attempt != 3 {
		t.Errorf("ready in attempt %d, want 3: both subnets on Spot, then on demand", job.Status.Attempt)
	}
	if job.Status.Task.Capacity != "FARGATE" {
		t.Errorf("capacity %s, want FARGATE", job.Status.Task.Capacity)
	}
	w.AwaitEvent(t, job, warning(), v1alpha1.ReasonCapacityUnavailable)
}

func TestLaunch_AnswerLost_FindsTheSameTask(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.createClass(t, nil)
	// More often than the SDK tries, so that the controller must try again.
	w.AWS.FailNext("RunTask", 4, localecs.LostAnswerFault())
	w.startController(t)
	job := w.createJob(t, nil)
	w.awaitReady(t, job)

	if tasks := w.AWS.Tasks(t); len(tasks) != 1 {
		t.Errorf("%d tasks, want 1", len(tasks))
	}
	if job.Status.Attempt != 1 {
		t.Errorf("attempt %d, want 1", job.Status.Attempt)
	}
}

func TestLaunch_Throttled_Retries(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.createClass(t, nil)
	w.AWS.FailNext("RunTask", 4, localecs.ErrorFault(localecs.APIError{Code: "ThrottlingException", Message: "Rate exceeded", Status: 400}))
	w.startController(t)
	job := w.createJob(t, nil)
	w.awaitReady(t, job)
}

func TestLaunch_NameOfAFamily_IsPinnedToItsRevision(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	latest := w.AWS.Define(t, "ci", seed.Container(localecstest.Idle, 22))
	w.createClass(t, nil)
	w.startController(t)
	job := w.createJob(t, nil)
	w.awaitReady(t, job)
	if job.Status.Resolved.TaskDefinition != latest {
		t.Errorf("resolved to %s, want %s", job.Status.Resolved.TaskDefinition, latest)
	}
}

func TestLaunch_Overrides_WithinTheClassAreUsed(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.AWS.Define(t, "ci-java", seed.Container(localecstest.Idle, 22))
	w.createClass(t, func(s *v1alpha1.FargateTaskClassSpec) {
		s.AllowedOverrides = v1alpha1.OverridePolicy{
			TaskDefinitions: []string{"ci-*"}, PlatformVersions: []string{"1.4.0"}, MaxCPU: 1024, MaxMemory: 4096, MaxEphemeralStorageGiB: 50,
		}
	})
	w.startController(t)
	job := w.createJob(t, func(s *v1alpha1.FargateJobSpec) {
		s.Overrides = v1alpha1.TaskOverrides{TaskDefinition: "ci-java:1", PlatformVersion: "1.4.0", CPU: 1024, Memory: 2048, EphemeralStorageGiB: 30}
	})
	w.awaitReady(t, job)
	task := w.AWS.Tasks(t)[0]
	got := []string{aws.ToString(task.Cpu), aws.ToString(task.Memory), aws.ToString(task.PlatformVersion)}
	if diff := cmp.Diff([]string{"1024", "2048", "1.4.0"}, got); diff != "" {
		t.Errorf("task differs (-want +got):\n%s", diff)
	}
	if task.EphemeralStorage == nil || task.EphemeralStorage.SizeInGiB != 30 {
		t.Errorf("ephemeral storage %v, want 30 GiB", task.EphemeralStorage)
	}
	if job.Status.Resolved.TaskDefinition != aws.ToString(task.TaskDefinitionArn) {
		t.Errorf("task definition %s, want %s", aws.ToString(task.TaskDefinitionArn), job.Status.Resolved.TaskDefinition)
	}
}
