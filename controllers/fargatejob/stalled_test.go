package fargatejob_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/ptr"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

func TestStalled_LaunchThatCannotSucceed_SaysReasonAndFix(t *testing.T) {
	denied := localecs.ErrorFault(localecs.APIError{Code: "AccessDeniedException", Message: "User: x is not authorized to perform: ecs:RunTask", Status: 400})
	tests := map[string]struct {
		class   func(*v1alpha1.FargateTaskClassSpec)
		job     func(*v1alpha1.FargateJobSpec)
		prepare func(*testing.T, *localecstest.Env)
		reason  string
		message string
	}{
		"no such class": {
			job:    func(s *v1alpha1.FargateJobSpec) { s.ClassRef.Name = "gpu" },
			reason: v1alpha1.ReasonClassNotFound, message: "FargateTaskClass gpu does not exist in namespace",
		},
		"key that no server accepts": {
			job:    func(s *v1alpha1.FargateJobSpec) { s.SSHPublicKey = "ssh-rsa AAAA me@example.com" },
			reason: v1alpha1.ReasonInvalidParameter, message: "spec.sshPublicKey is not a valid public key",
		},
		"no such cluster": {
			class:  func(s *v1alpha1.FargateTaskClassSpec) { s.Cluster = "nowhere" },
			reason: v1alpha1.ReasonClusterNotFound, message: `create the cluster "nowhere" in region us-east-1`,
		},
		"no capacity provider": {
			class: func(s *v1alpha1.FargateTaskClassSpec) { s.Cluster = "bare" },
			prepare: func(t *testing.T, e *localecstest.Env) {
				t.Helper()
				if _, err := e.Client.CreateCluster(t.Context(), &awsecs.CreateClusterInput{ClusterName: aws.String("bare")}); err != nil {
					t.Fatal(err)
				}
			},
			reason: v1alpha1.ReasonNoCapacityProvider, message: "default capacity provider strategy",
		},
		"no such task definition": {
			class:  func(s *v1alpha1.FargateTaskClassSpec) { s.TaskDefinition = "nothing" },
			reason: v1alpha1.ReasonTaskDefinitionNotFound, message: "nothing",
		},
		"no such container": {
			class:  func(s *v1alpha1.FargateTaskClassSpec) { s.ContainerName = "build" },
			reason: v1alpha1.ReasonInvalidParameter, message: `has no container "build": rename one of its containers (ci-coordinator)`,
		},
		"no such subnet": {
			class:  func(s *v1alpha1.FargateTaskClassSpec) { s.Network.Subnets = []string{"subnet-0"} },
			reason: v1alpha1.ReasonInvalidParameter, message: "subnet-0",
		},
		"memory that does not go with the task definition's cpu": {
			class:  func(s *v1alpha1.FargateTaskClassSpec) { s.Memory = 8192 },
			reason: v1alpha1.ReasonInvalidParameter, message: "No Fargate configuration exists",
		},
		"no permission": {
			prepare: func(_ *testing.T, e *localecstest.Env) { e.FailNext("RunTask", 1, denied) },
			reason:  v1alpha1.ReasonAccessDenied, message: "not authorized to perform: ecs:RunTask",
		},
		"override that no rule allows": {
			job:    func(s *v1alpha1.FargateJobSpec) { s.Overrides.CPU = 1024 },
			reason: v1alpha1.ReasonOverrideRefused, message: "cpu 1024 (FARGATE_CPU) is refused: FargateTaskClass default does not let jobs change it (spec.allowedOverrides.maxCPU is not set)",
		},
		"override beyond the limit": {
			class:  func(s *v1alpha1.FargateTaskClassSpec) { s.AllowedOverrides.MaxMemory = 2048 },
			job:    func(s *v1alpha1.FargateJobSpec) { s.Overrides.Memory = 4096 },
			reason: v1alpha1.ReasonOverrideRefused, message: "memory 4096 (FARGATE_MEMORY) is refused: FargateTaskClass default allows at most 2048 (spec.allowedOverrides.maxMemory)",
		},
		"task definition that no pattern matches": {
			class:  func(s *v1alpha1.FargateTaskClassSpec) { s.AllowedOverrides.TaskDefinitions = []string{"ci-*"} },
			job:    func(s *v1alpha1.FargateJobSpec) { s.Overrides.TaskDefinition = "prod" },
			reason: v1alpha1.ReasonOverrideRefused, message: `taskDefinition "prod" (FARGATE_TASK_DEFINITION or --task-def) is refused: FargateTaskClass default allows only ["ci-*"] (spec.allowedOverrides.taskDefinitions)`,
		},
		"platform version that is not listed": {
			job:    func(s *v1alpha1.FargateJobSpec) { s.Overrides.PlatformVersion = "1.3.0" },
			reason: v1alpha1.ReasonOverrideRefused, message: "spec.allowedOverrides.platformVersions is not set",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, localecs.Config{})
			w.createClass(t, test.class)
			if test.prepare != nil {
				test.prepare(t, w.AWS)
			}
			w.startController(t)
			job := w.createJob(t, test.job)
			stalled := w.awaitStalled(t, job, test.reason)
			if !strings.Contains(stalled.Message, test.message) {
				t.Errorf("message %q, want %q in it", stalled.Message, test.message)
			}
			if tasks := w.AWS.Tasks(t); len(tasks) != 0 {
				t.Errorf("%d tasks, want none", len(tasks))
			}
			w.AwaitEvent(t, job, warning(), test.reason)
			if err := w.Delete(t.Context(), job); err != nil {
				t.Fatal(err)
			}
			w.awaitGone(t, job)
		})
	}
}

func TestStalled_TaskEndsByItself_SaysWhyAndIsNotRetried(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.createClass(t, nil)
	w.startController(t)
	job := w.createJob(t, nil)
	w.awaitReady(t, job)
	if err := w.AWS.KillContainer(job.Status.Task.ARN, "ci-coordinator"); err != nil {
		t.Fatal(err)
	}

	stalled := w.awaitStalled(t, job, v1alpha1.ReasonEssentialContainerExited)
	for _, part := range []string{"Essential container in task exited", "container ci-coordinator exited with code 137"} {
		if !strings.Contains(stalled.Message, part) {
			t.Errorf("message %q, want %q in it", stalled.Message, part)
		}
	}
	w.await(t, job, "stopped", func(j *v1alpha1.FargateJob) bool {
		return meta.IsStatusConditionTrue(j.Status.Conditions, v1alpha1.ConditionStopped)
	})
	if job.Status.Attempt != 1 || len(w.AWS.Tasks(t)) != 1 {
		t.Errorf("attempt %d with %d tasks, want one of each", job.Status.Attempt, len(w.AWS.Tasks(t)))
	}
}

func TestStalled_SpotInterruption_SaysSo(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.createClass(t, nil)
	w.startController(t)
	job := w.createJob(t, nil)
	w.awaitReady(t, job)
	if err := w.AWS.InterruptSpotTask(job.Status.Task.ARN); err != nil {
		t.Fatal(err)
	}
	w.awaitStalled(t, job, v1alpha1.ReasonSpotInterruption)
}

func TestStalled_ImageCannotBePulled_SaysSo(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.AWS.Define(t, "ci", seed.Container("registry.example.com/nothing", 22))
	w.createClass(t, nil)
	w.startController(t)
	job := w.createJob(t, nil)
	stalled := w.awaitStalled(t, job, v1alpha1.ReasonTaskFailedToStart)
	if !strings.Contains(stalled.Message, "CannotPullContainerError") {
		t.Errorf("message %q, want CannotPullContainerError in it", stalled.Message)
	}
}

func TestStalled_StartFailsInPassing_AnotherAttemptFollows(t *testing.T) {
	w := newWorld(t, localecs.Config{Delays: localecs.Delays{Provisioning: eventually.Patience}})
	w.createClass(t, nil)
	w.startController(t)
	job := w.createJob(t, nil)
	w.await(t, job, "launched", func(j *v1alpha1.FargateJob) bool { return j.Status.Task != nil })
	first := job.Status.Task.ARN
	if err := w.AWS.StopTask(first, types.TaskStopCodeTaskFailedToStart, "Timeout waiting for network interface provisioning to complete."); err != nil {
		t.Fatal(err)
	}
	w.await(t, job, "launched again", func(j *v1alpha1.FargateJob) bool {
		return j.Status.Task != nil && j.Status.Task.ARN != first
	})
	if job.Status.Attempt != 2 {
		t.Errorf("attempt %d, want 2", job.Status.Attempt)
	}
	if meta.IsStatusConditionTrue(job.Status.Conditions, v1alpha1.ConditionStopped) {
		t.Error("condition Stopped is true although another task is starting")
	}
	w.AwaitEvent(t, job, warning(), v1alpha1.ReasonRetrying)
}

func TestStalled_TimeToLiveOver_ObjectGoes(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.startController(t)
	job := w.createJob(t, func(s *v1alpha1.FargateJobSpec) { s.TTLSecondsAfterStalled = ptr.To[int32](0) })
	w.awaitGone(t, job)
}

func TestStalled_NobodyMayDescribeTasks_TaskIsStopped(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.createClass(t, nil)
	w.AWS.FailNext("DescribeTasks", 1, localecs.ErrorFault(localecs.APIError{Code: "AccessDeniedException", Message: "no ecs:DescribeTasks", Status: 400}))
	w.startController(t)
	job := w.createJob(t, nil)
	w.awaitStalled(t, job, v1alpha1.ReasonAccessDenied)
	for _, task := range w.AWS.Tasks(t) {
		if aws.ToString(task.DesiredStatus) != "STOPPED" {
			t.Errorf("task %s is left running", aws.ToString(task.TaskArn))
		}
	}
}
