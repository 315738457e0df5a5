package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
	"github.com/fargate-operator/fargate-operator/internal/test/fakerunner"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

// settings are all keys, variables and flags that affect a RunTask request.
func settings() map[string]setting {
	// The roles that the policies allow to pass.
	const taskRole = "arn:aws:iam::" + devstack.Account + ":role/TASK_ROLE"
	const executionRole = "arn:aws:iam::" + devstack.Account + ":role/EXECUTION_ROLE"
	network := func(in *ecs.RunTaskInput) *types.AwsVpcConfiguration {
		return in.NetworkConfiguration.AwsvpcConfiguration
	}
	return map[string]setting{
		"required keys only": {},
		"Subnets": {
			subnets: "Subnets = ['subnet-local-b']",
			alter:   func(in *ecs.RunTaskInput) { network(in).Subnets = []string{"subnet-local-b"} },
		},
		"SecurityGroup": {
			fargate: "SecurityGroup = 'sg-local'",
			alter:   func(in *ecs.RunTaskInput) { network(in).SecurityGroups = []string{"sg-local"} },
		},
		"SecurityGroups": {
			fargate: "SecurityGroups = ['sg-local', 'sg-other']",
			alter:   func(in *ecs.RunTaskInput) { network(in).SecurityGroups = []string{"sg-local", "sg-other"} },
		},
		"EnablePublicIP": {
			fargate: "EnablePublicIP = true\nUsePublicIP = false",
			alter:   func(in *ecs.RunTaskInput) { network(in).AssignPublicIp = types.AssignPublicIpEnabled },
		},
		"PlatformVersion": {
			fargate: "PlatformVersion = '1.4.0'",
			alter:   func(in *ecs.RunTaskInput) { in.PlatformVersion = aws.String("1.4.0") },
		},
		"EnableExecuteCommand": {
			fargate: "EnableExecuteCommand = true",
			alter:   func(in *ecs.RunTaskInput) { in.EnableExecuteCommand = true },
		},
		"LaunchType": {
			fargate: "LaunchType = 'FARGATE'",
			alter:   func(in *ecs.RunTaskInput) { in.LaunchType = types.LaunchTypeFargate },
		},
		"CapacityProviderStrategy": {
			fargate: "CapacityProviderStrategy = [{Provider = 'FARGATE_SPOT', Weight = 3}, {Provider = 'FARGATE', Base = 1}]",
			alter: func(in *ecs.RunTaskInput) {
				in.CapacityProviderStrategy = []types.CapacityProviderStrategyItem{
					{CapacityProvider: aws.String("FARGATE_SPOT"), Weight: 3},
					{CapacityProvider: aws.String("FARGATE"), Weight: 1, Base: 1},
				}
			},
		},
		"CPU, Memory and EphemeralStorage": {
			fargate: "CPU = 1024\nMemory = 4096\nEphemeralStorage = 50",
			alter:   func(in *ecs.RunTaskInput) { resize(in, "1024", "4096", 50) },
		},
		"TaskRoleARN and ExecutionRoleARN": {
			fargate: "TaskRoleARN = '" + taskRole + "'\nExecutionRoleARN = '" + executionRole + "'",
			alter: func(in *ecs.RunTaskInput) {
				in.Overrides.TaskRoleArn, in.Overrides.ExecutionRoleArn = aws.String(taskRole), aws.String(executionRole)
			},
		},
		"Tags": {
			fargate: "Tags = {cost-center = 'ci', team = ''}",
			alter: func(in *ecs.RunTaskInput) {
				in.Tags = []types.Tag{{Key: aws.String("cost-center"), Value: aws.String("ci")}, {Key: aws.String("team"), Value: aws.String("")}}
			},
		},
		"variables of the job": {
			overrides: "TaskDefinitions = ['other-*']\nPlatformVersions = ['1.4.0']\nMaxCPU = 2048\nMaxMemory = 8192\nMaxEphemeralStorage = 100",
			variables: []string{
				"FARGATE_TASK_DEFINITION=other-task", "FARGATE_PLATFORM_VERSION=1.4.0",
				"FARGATE_CPU=2 vCPU", "FARGATE_MEMORY=8192", "FARGATE_EPHEMERAL_STORAGE=100",
			},
			alter: func(in *ecs.RunTaskInput) {
				in.TaskDefinition, in.PlatformVersion = aws.String("other-task:1"), aws.String("1.4.0")
				resize(in, "2048", "8192", 100)
			},
		},
	}
}

func resize(in *ecs.RunTaskInput, cpu, memory string, storage int32) {
	in.Overrides.Cpu, in.Overrides.Memory = aws.String(cpu), aws.String(memory)
	in.Overrides.EphemeralStorage = &types.EphemeralStorage{SizeInGiB: storage}
}

// settingRunners make a runner of each mode.
var settingRunners = map[string]func(*testing.T, setting) *fakerunner.Runner{
	"Kubernetes": kubernetesRunner, "standalone": standaloneRunner,
}

// plain is the request of a file with only the required keys.
func plain() *ecs.RunTaskInput {
	return &ecs.RunTaskInput{
		Cluster:        aws.String(devstack.Cluster),
		TaskDefinition: aws.String(devstack.TaskDefinition + ":1"),
		Count:          aws.Int32(1),
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{
			Subnets: []string{"subnet-local-a"}, AssignPublicIp: types.AssignPublicIpDisabled,
		}},
		Overrides: &types.TaskOverride{},
	}
}

func TestSettings_EveryKeyVariableAndFlag_TakesEffectInRunTask(t *testing.T) {
	client, err := stack.ECS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range []string{"other-task", "pinned-task"} {
		if _, err := seed.TaskDefinition(t.Context(), client, family, seed.Container(devstack.Image, devstack.Port)); err != nil {
			t.Fatal(err)
		}
	}
	all := settings()
	all["flags"] = setting{
		// With a class, its patterns decide.
		overrides: "TaskDefinitions = ['pinned-*']\nPlatformVersions = ['1.4.0']",
		variables: []string{"FARGATE_TASK_DEFINITION=pinned-by-the-job"},
		flags:     "--task-def pinned-task --platform-version 1.4.0",
		alter: func(in *ecs.RunTaskInput) {
			in.TaskDefinition, in.PlatformVersion = aws.String("pinned-task:1"), aws.String("1.4.0")
		},
	}
	for name, s := range all {
		want := plain()
		if s.alter != nil {
			s.alter(want)
		}
		for mode, runner := range settingRunners {
			t.Run(name+"/"+mode, func(t *testing.T) {
				got := requestOf(t, runner(t, s))
				if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(
					ecs.RunTaskInput{}, types.NetworkConfiguration{}, types.AwsVpcConfiguration{}, types.TaskOverride{},
					types.EphemeralStorage{}, types.CapacityProviderStrategyItem{}, types.Tag{},
				), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("RunTask differs (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestSettings_ClassThatTheJobChooses_TakesEffectInRunTask(t *testing.T) {
	runner := kubernetesRunner(t, setting{})
	large := createSettingClass(t, setting{fargate: "CPU = 1024\nMemory = 2048"})
	text, err := os.ReadFile(configOf(runner))
	if err != nil {
		t.Fatal(err)
	}
	runner.Custom = fakerunner.Calling(stack.Executor(), writeConfig(t, string(text)+"[Overrides]\nTaskClasses = ['setting-*']\n"))
	runner.Env = append(runner.Env, "CUSTOM_ENV_FARGATE_TASK_CLASS="+large)
	if got := aws.ToString(requestOf(t, runner).Overrides.Cpu); got != "1024" {
		t.Errorf("cpu %q, want what class %s has", got, large)
	}
}

func TestSettings_BuildsDir_IsWhereTheJobWorks(t *testing.T) {
	for mode, start := range settingRunners {
		t.Run(mode, func(t *testing.T) {
			runner := start(t, setting{})
			text, err := os.ReadFile(configOf(runner))
			if err != nil {
				t.Fatal(err)
			}
			builds := t.TempDir()
			runner.Custom = fakerunner.Calling(stack.Executor(), writeConfig(t, fmt.Sprintf("%s\n[Runner]\nBuildsDir = %q\n", text, builds)))
			job := newJob(t)
			job.Script = []string{`echo "working in $PWD"`}
			var log lockedBuffer
			if result := runner.Run(t.Context(), job, &log); result.Err != nil {
				t.Errorf("%v\n%s", result.Err, log.String())
			}
			assertContains(t, log.String(), "working in "+filepath.Join(builds, job.ProjectPath))
			assertNothingLeft(t)
		})
	}
}

func TestSettings_RefusedToTheJob_FailsTheBuildAndNamesTheRule(t *testing.T) {
	for name, test := range map[string]struct{ variable, overrides, class, file string }{
		"no rule": {
			"FARGATE_CPU=1024", "",
			"does not let jobs change it (spec.allowedOverrides.maxCPU is not set)", "does not let jobs change it ([Overrides] MaxCPU is not set)",
		},
		"beyond the rule": {
			"FARGATE_TASK_DEFINITION=prod", "TaskDefinitions = ['ci-*']",
			`allows only ["ci-*"] (spec.allowedOverrides.taskDefinitions)`, `allows only ["ci-*"] ([Overrides] TaskDefinitions)`,
		},
		"a size that Fargate does not offer": {
			"FARGATE_MEMORY=8192", "MaxMemory = 8192", "cpu 256 with memory 8192 (FARGATE_MEMORY) is refused", "cpu 256 with memory 8192 (FARGATE_MEMORY) is refused",
		},
		"malformed": {"FARGATE_MEMORY=lots", "", "the CI variable FARGATE_MEMORY must be", "the CI variable FARGATE_MEMORY must be"},
		"no class to choose": {
			"FARGATE_TASK_CLASS=large", "",
			`FARGATE_TASK_CLASS "large" is refused: fargate.toml does not let jobs choose a class`,
			`FARGATE_TASK_CLASS "large" is refused: this runner works without Kubernetes`,
		},
	} {
		for mode, rule := range map[string]string{"Kubernetes": test.class, "standalone": test.file} {
			t.Run(name+"/"+mode, func(t *testing.T) {
				runner := settingRunners[mode](t, setting{variables: []string{test.variable}, overrides: test.overrides})
				var log lockedBuffer
				err := begin(t, runner, newJob(t), &log).Prepare(t.Context())
				var failure *fakerunner.BuildFailure
				if !errors.As(err, &failure) {
					t.Errorf("got %v, want a build failure", err)
				}
				assertContains(t, log.String(), rule)
				assertNothingLeft(t)
			})
		}
	}
}
