package derive

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// sample is a task with everything.
func sample() *Task {
	return &Task{
		Agent:         Image{Reference: "registry.example.com/agent@sha256:a"},
		Helper:        Image{Reference: "registry.example.com/helper@sha256:b", Credentials: "arn:aws:secretsmanager:us-east-1:123456789012:secret:helper"},
		Job:           Image{Reference: "registry.example.com/node@sha256:c", User: "node"},
		Services:      []Service{{Name: "db", Image: Image{Reference: "registry.example.com/postgres@sha256:d"}}},
		Architecture:  types.CPUArchitectureArm64,
		Compatibility: types.CompatibilityFargate,
		CPU:           1024, Memory: 2048, EphemeralStorageGiB: 50,
		TaskRoleARN: "arn:aws:iam::123456789012:role/task", ExecutionRoleARN: "arn:aws:iam::123456789012:role/execution",
		LogGroup: "/ci", LogRegion: "us-east-1",
		BuildsDir: "/builds", CacheDir: "/cache", Port: 22,
		Base: base(),
	}
}

func base() *Base {
	return &Base{Container: "main", Definition: &types.TaskDefinition{
		ContainerDefinitions: []types.ContainerDefinition{
			{
				Name: aws.String("main"), Image: aws.String("unused"), Command: []string{"unused"},
				Environment:            []types.KeyValuePair{{Name: aws.String("B"), Value: aws.String("2")}, {Name: aws.String("A"), Value: aws.String("1")}},
				Secrets:                []types.Secret{{Name: aws.String("TOKEN"), ValueFrom: aws.String("arn:token")}},
				MountPoints:            []types.MountPoint{{SourceVolume: aws.String("shared"), ContainerPath: aws.String("/shared")}},
				Ulimits:                []types.Ulimit{{Name: types.UlimitNameNofile, SoftLimit: 4096, HardLimit: 4096}},
				ReadonlyRootFilesystem: aws.Bool(true),
			},
			{
				Name: aws.String("agent-of-others"), Image: aws.String("registry.example.com/trace"),
				DependsOn: []types.ContainerDependency{{ContainerName: aws.String("main"), Condition: types.ContainerConditionStart}},
			},
		},
		Volumes: []types.Volume{{Name: aws.String("shared")}},
	}}
}

func registration(t *testing.T, task *Task) *ecs.RegisterTaskDefinitionInput {
	t.Helper()
	in, err := Registration(task)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// containerOf returns a container of a request.
func containerOf(t *testing.T, in *ecs.RegisterTaskDefinitionInput, name string) types.ContainerDefinition {
	t.Helper()
	for i := range in.ContainerDefinitions {
		if *in.ContainerDefinitions[i].Name == name {
			return in.ContainerDefinitions[i]
		}
	}
	t.Fatalf("there is no container %s", name)
	return types.ContainerDefinition{}
}

func TestRegistration_Containers_RunTheAgentBeforeAnythingOfTheImages(t *testing.T) {
	t.Parallel()
	in := registration(t, sample())
	for name, want := range map[string]struct {
		entryPoint, command []string
		user, image         string
		essential, waits    bool
		mounts              []string // with ro if the container cannot write there
	}{
		Install: {nil, []string{"install", "/.fargate"}, "", "registry.example.com/agent@sha256:a", false, false, []string{"/.fargate"}},
		Coordinator: {
			[]string{"/.fargate/bin/agent"},
			[]string{"gateway", "-port", "22", "-own", "/builds,/cache", "-services", "db"},
			"0", "registry.example.com/helper@sha256:b", true, true,
			[]string{"/.fargate", "/builds", "/cache"},
		},
		Job: {
			[]string{"/.fargate/bin/agent"},
			[]string{"job"},
			"node", "registry.example.com/node@sha256:c", true, true,
			[]string{"/.fargate ro", "/builds", "/cache", "/shared"},
		},
		"db": {
			[]string{"/.fargate/bin/agent"},
			[]string{"service", "-name", "db"},
			"", "registry.example.com/postgres@sha256:d", false, true,
			[]string{"/.fargate ro"},
		},
	} {
		c := containerOf(t, in, name)
		var mounts []string
		for _, mount := range c.MountPoints {
			at := *mount.ContainerPath
			if aws.ToBool(mount.ReadOnly) {
				at += " ro"
			}
			mounts = append(mounts, at)
		}
		waits := len(c.DependsOn) == 1 && *c.DependsOn[0].ContainerName == Install && c.DependsOn[0].Condition == types.ContainerConditionSuccess
		got := []any{c.EntryPoint, c.Command, aws.ToString(c.User), *c.Image, *c.Essential, waits, mounts}
		if diff := cmp.Diff([]any{want.entryPoint, want.command, want.user, want.image, want.essential, want.waits, want.mounts}, got); diff != "" {
			t.Errorf("container %s differs (-want +got):\n%s", name, diff)
		}
		if c.LogConfiguration == nil || c.LogConfiguration.Options["mode"] != "non-blocking" {
			t.Errorf("container %s logs with %+v", name, c.LogConfiguration)
		}
	}
	if secret := containerOf(t, in, Coordinator).RepositoryCredentials; secret == nil || !strings.HasSuffix(*secret.CredentialsParameter, ":helper") {
		t.Errorf("the helper image is pulled with %+v", secret)
	}
	if containerOf(t, in, Job).RepositoryCredentials != nil {
		t.Error("the job's image is pulled with credentials")
	}
}

func TestRegistration_Base_LendsToTheJobAndAddsSidecars(t *testing.T) {
	t.Parallel()
	in := registration(t, sample())
	job := containerOf(t, in, Job)
	want := []types.KeyValuePair{{Name: aws.String("A"), Value: aws.String("1")}, {Name: aws.String("B"), Value: aws.String("2")}}
	if diff := cmp.Diff(want, job.Environment, cmpopts.IgnoreUnexported(types.KeyValuePair{})); diff != "" {
		t.Errorf("the job's variables differ (-want +got):\n%s", diff)
	}
	if len(job.Secrets) != 1 || len(job.Ulimits) != 1 || !aws.ToBool(job.ReadonlyRootFilesystem) {
		t.Errorf("the job has not got everything: %+v", job)
	}
	if c := containerOf(t, in, Coordinator); len(c.Environment) > 0 || len(c.Secrets) > 0 {
		t.Error("the coordinator has what is the job's")
	}
	if c := containerOf(t, in, "agent-of-others"); *c.DependsOn[0].ContainerName != Job {
		t.Errorf("the sidecar waits for %s", *c.DependsOn[0].ContainerName)
	}
	if len(in.ContainerDefinitions) != 5 || len(in.Volumes) != 4 {
		t.Errorf("%d containers and %d volumes", len(in.ContainerDefinitions), len(in.Volumes))
	}
}

func TestRegistration_Base_IsTheSameWithTheJobInItsContainersPlace(t *testing.T) {
	t.Parallel()
	task := sample()
	d := task.Base.Definition
	main, sidecar := &d.ContainerDefinitions[0], &d.ContainerDefinitions[1]
	main.HealthCheck = &types.HealthCheck{Command: []string{"CMD", "true"}}
	main.DependsOn = []types.ContainerDependency{{ContainerName: aws.String("proxy"), Condition: types.ContainerConditionHealthy}}
	main.VolumesFrom = []types.VolumeFrom{{SourceContainer: aws.String("proxy")}}
	sidecar.DependsOn[0].Condition = types.ContainerConditionHealthy
	sidecar.VolumesFrom = []types.VolumeFrom{{SourceContainer: aws.String("main")}}
	d.ContainerDefinitions = append(d.ContainerDefinitions, types.ContainerDefinition{Name: aws.String("proxy"), Image: aws.String("registry.example.com/proxy")})
	d.ProxyConfiguration = &types.ProxyConfiguration{ContainerName: aws.String("main")}
	in := registration(t, task)

	job, other := containerOf(t, in, Job), containerOf(t, in, "agent-of-others")
	wantDependencies := []types.ContainerDependency{
		{ContainerName: aws.String(Install), Condition: types.ContainerConditionSuccess},
		{ContainerName: aws.String("proxy"), Condition: types.ContainerConditionHealthy},
	}
	wantSidecars := []types.ContainerDependency{{ContainerName: aws.String(Job), Condition: types.ContainerConditionHealthy}}
	for _, diff := range []string{
		cmp.Diff(wantDependencies, job.DependsOn, cmpopts.IgnoreUnexported(types.ContainerDependency{})),
		cmp.Diff(wantSidecars, other.DependsOn, cmpopts.IgnoreUnexported(types.ContainerDependency{})),
		cmp.Diff(main.HealthCheck, job.HealthCheck, cmpopts.IgnoreUnexported(types.HealthCheck{})),
		cmp.Diff(main.VolumesFrom, job.VolumesFrom, cmpopts.IgnoreUnexported(types.VolumeFrom{})),
		cmp.Diff([]types.VolumeFrom{{SourceContainer: aws.String(Job)}}, other.VolumesFrom, cmpopts.IgnoreUnexported(types.VolumeFrom{})),
		cmp.Diff(Job, *in.ProxyConfiguration.ContainerName),
		cmp.Diff("main", *d.ProxyConfiguration.ContainerName),
	} {
		if diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestRegistration_Base_GivesWhatTheClassLeavesOut(t *testing.T) {
	t.Parallel()
	task := sample()
	task.TaskRoleARN, task.ExecutionRoleARN, task.LogGroup, task.EphemeralStorageGiB = "", "", "", 0
	d := task.Base.Definition
	d.TaskRoleArn, d.ExecutionRoleArn, d.EphemeralStorage = aws.String("task"), aws.String("execution"), &types.EphemeralStorage{SizeInGiB: 30}
	d.ContainerDefinitions[0].LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverSplunk}
	in := registration(t, task)
	if aws.ToString(in.TaskRoleArn) != "task" || aws.ToString(in.ExecutionRoleArn) != "execution" || in.EphemeralStorage.SizeInGiB != 30 {
		t.Errorf("roles %s and %s, disk %+v", aws.ToString(in.TaskRoleArn), aws.ToString(in.ExecutionRoleArn), in.EphemeralStorage)
	}
	for _, name := range []string{Install, Coordinator, Job, "db"} {
		if c := containerOf(t, in, name); c.LogConfiguration == nil || c.LogConfiguration.LogDriver != types.LogDriverSplunk {
			t.Errorf("container %s logs with %+v", name, c.LogConfiguration)
		}
	}
}

func TestRegistration_WhatHasNoOrder_IsNotPartOfTheFamily(t *testing.T) {
	t.Parallel()
	rich := func() *Task {
		task := sample()
		for i := range task.Base.Definition.ContainerDefinitions {
			c := &task.Base.Definition.ContainerDefinitions[i]
			c.Environment = []types.KeyValuePair{{Name: aws.String("A"), Value: aws.String("1")}, {Name: aws.String("B"), Value: aws.String("2")}}
			c.Secrets = []types.Secret{{Name: aws.String("TOKEN"), ValueFrom: aws.String("arn:token")}, {Name: aws.String("URL"), ValueFrom: aws.String("arn:url")}}
			c.MountPoints = []types.MountPoint{{SourceVolume: aws.String("shared"), ContainerPath: aws.String("/shared")}, {SourceVolume: aws.String("other"), ContainerPath: aws.String("/other")}}
			c.Ulimits = []types.Ulimit{{Name: types.UlimitNameNofile, SoftLimit: 4096}, {Name: types.UlimitNameCore, SoftLimit: 1}}
			c.LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverSplunk, SecretOptions: c.Secrets}
			c.EnvironmentFiles = []types.EnvironmentFile{{Value: aws.String("arn:first")}, {Value: aws.String("arn:second")}}
		}
		task.Base.Definition.Volumes = append(task.Base.Definition.Volumes, types.Volume{Name: aws.String("other")})
		return task
	}
	task := rich()
	for i := range task.Base.Definition.ContainerDefinitions {
		c := &task.Base.Definition.ContainerDefinitions[i]
		slices.Reverse(c.Environment)
		slices.Reverse(c.Secrets) // those of the log too
		slices.Reverse(c.MountPoints)
		slices.Reverse(c.Ulimits)
	}
	slices.Reverse(task.Base.Definition.Volumes)
	slices.Reverse(task.Base.Definition.ContainerDefinitions)
	family := *registration(t, rich()).Family
	if got := *registration(t, task).Family; got != family || !strings.HasPrefix(got, FamilyPrefix) || len(got) != len(FamilyPrefix)+40 {
		t.Errorf("families %s and %s", family, got)
	}
	if got := *task.Base.Definition.ContainerDefinitions[0].Environment[0].Name; got != "B" {
		t.Errorf("the base has been changed: its first variable is %s", got)
	}
	slices.Reverse(task.Base.Definition.ContainerDefinitions[0].EnvironmentFiles)
	if *registration(t, task).Family == family {
		t.Error("another order of environment files, which are read in their order, has the same family")
	}
}

func TestRegistration_EmptyValue_IsPartOfTheFamily(t *testing.T) {
	t.Parallel()
	families := map[string]string{}
	for name, change := range map[string]func(*types.ContainerDefinition){
		"nothing":                 func(*types.ContainerDefinition) {},
		"a label":                 func(c *types.ContainerDefinition) { c.DockerLabels = map[string]string{"y": "1"} },
		"a label without a value": func(c *types.ContainerDefinition) { c.DockerLabels = map[string]string{"x": "", "y": "1"} },
		"a variable":              func(c *types.ContainerDefinition) { c.Environment = []types.KeyValuePair{{Name: aws.String("A")}} },
		"an empty variable": func(c *types.ContainerDefinition) {
			c.Environment = []types.KeyValuePair{{Name: aws.String("A"), Value: aws.String("")}}
		},
		"a root that is writable":   func(c *types.ContainerDefinition) { c.ReadonlyRootFilesystem = aws.Bool(false) },
		"a root that is not stated": func(c *types.ContainerDefinition) { c.ReadonlyRootFilesystem = nil },
	} {
		task := sample()
		change(&task.Base.Definition.ContainerDefinitions[0])
		family := *registration(t, task).Family
		if other, taken := families[family]; taken {
			t.Errorf("%s and %s have the same family", name, other)
		}
		families[family] = name
	}
}

func TestRegistration_EveryFieldOfATask_IsPartOfTheFamily(t *testing.T) {
	t.Parallel()
	sample := func() *Task {
		task := sample()
		task.EphemeralStorageGiB = 0 // It would be wrong with another compatibility.
		return task
	}
	family := *registration(t, sample()).Family
	for field := range reflect.TypeFor[Task]().Fields() {
		task := sample()
		value := reflect.ValueOf(task).Elem().FieldByIndex(field.Index)
		if value.Type() == reflect.TypeFor[Image]() {
			continue // The fields of each are below.
		}
		change(value)
		if *registration(t, task).Family == family {
			t.Errorf("another %s has the same family", field.Name)
		}
	}
	for field := range reflect.TypeFor[Image]().Fields() {
		for name, image := range map[string]func(*Task) *Image{
			"the agent":   func(task *Task) *Image { return &task.Agent },
			"the helper":  func(task *Task) *Image { return &task.Helper },
			"the job":     func(task *Task) *Image { return &task.Job },
			"the service": func(task *Task) *Image { return &task.Services[0].Image },
		} {
			if name == "the helper" && field.Name == "User" {
				continue // The coordinator runs as root.
			}
			task := sample()
			change(reflect.ValueOf(image(task)).Elem().FieldByIndex(field.Index))
			if *registration(t, task).Family == family {
				t.Errorf("another %s of %s has the same family", field.Name, name)
			}
		}
	}
}

// change gives a field another value.
func change(value reflect.Value) {
	switch value.Kind() { //nolint:exhaustive // the kinds that there are
	case reflect.String:
		value.SetString(value.String() + "1")
	case reflect.Int32:
		value.SetInt(value.Int() + 1)
	default:
		value.SetZero()
	}
}

func TestRegistration_Size_IsThatOfTheRequest(t *testing.T) {
	t.Parallel()
	task := sample()
	task.Base.Definition.ContainerDefinitions[0].Environment = []types.KeyValuePair{{Name: aws.String("XML"), Value: aws.String(strings.Repeat("<", 60<<10))}}
	registration(t, task)
}
