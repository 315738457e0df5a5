package derive

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func TestRegistration_WhatCannotBe_IsRefusedWithTheFix(t *testing.T) {
	t.Parallel()
	lender := func(task *Task) *types.ContainerDefinition { return &task.Base.Definition.ContainerDefinitions[0] }
	sidecar := func(task *Task) *types.ContainerDefinition { return &task.Base.Definition.ContainerDefinitions[1] }
	mountAt := func(path string) func(*Task) {
		return func(task *Task) { lender(task).MountPoints[0].ContainerPath = aws.String(path) }
	}
	listens := func(mapping types.PortMapping) func(*Task) {
		return func(task *Task) { sidecar(task).PortMappings = []types.PortMapping{mapping} }
	}
	for name, test := range map[string]struct {
		change  func(*Task)
		want    any
		mention string
	}{
		"an eleventh container": {func(task *Task) {
			for _, name := range strings.Split("a b c d e f", " ") {
				task.Services = append(task.Services, Service{Name: name, Image: task.Job})
			}
		}, new(*TooManyError), "11 containers"},
		"a sidecar named like a service": {
			func(task *Task) { task.Services[0].Name = "agent-of-others" }, new(*NameTakenError),
			`a container of the base task definition is named "agent-of-others"`,
		},
		"a sidecar named like ours": {
			func(task *Task) { sidecar(task).Name = aws.String("install") }, new(*NameTakenError),
			`a container of the base task definition is named "install"`,
		},
		"a service named like ours": {func(task *Task) { task.Services[0].Name = "job" }, new(*NameTakenError), `a service's container is named "job"`},
		"two services of one name": {
			func(task *Task) { task.Services = append(task.Services, task.Services[0]) }, new(*NameTakenError),
			`a service's container is named "db"`,
		},
		"a volume named like ours": {
			func(task *Task) { task.Base.Definition.Volumes[0].Name = aws.String("builds") }, new(*NameTakenError),
			`a volume of the base task definition is named "builds"`,
		},
		"more than 64 KiB": {func(task *Task) {
			variable := types.KeyValuePair{Name: aws.String("C"), Value: aws.String(strings.Repeat("x", 64<<10))}
			lender(task).Environment = []types.KeyValuePair{variable}
		}, new(*TooLargeError), "remove variables"},

		"a relative directory":           {func(task *Task) { task.BuildsDir = "builds" }, new(*ClassError), `the directory of builds, "builds", is not an absolute path`},
		"a directory with a comma":       {func(task *Task) { task.CacheDir = "/a,b" }, new(*ClassError), `the directory of caches, "/a,b", is not an absolute path without commas`},
		"one directory for both":         {func(task *Task) { task.CacheDir = "/builds/" }, new(*ClassError), `"/builds", and the directory of caches, "/builds/", overlap`},
		"caches in builds":               {func(task *Task) { task.CacheDir = "/builds/cache" }, new(*ClassError), "overlap"},
		"builds in caches":               {func(task *Task) { task.BuildsDir = "/cache/../cache/builds" }, new(*ClassError), "overlap"},
		"builds everywhere":              {func(task *Task) { task.BuildsDir = "/" }, new(*ClassError), "overlap"},
		"caches where the agent is":      {func(task *Task) { task.CacheDir = "/.fargate/cache" }, new(*ClassError), "the directory of the agent"},
		"a disk on EC2":                  {func(task *Task) { task.Compatibility = types.CompatibilityEc2 }, new(*ClassError), "remove its ephemeralStorageGiB"},
		"a disk on managed instances":    {func(task *Task) { task.Compatibility = types.CompatibilityManagedInstances }, new(*ClassError), "run on MANAGED_INSTANCES"},
		"a base without a definition":    {func(task *Task) { task.Base.Definition = nil }, new(*BaseError), "look it up first"},
		"a base without the container":   {func(task *Task) { task.Base.Container = "other" }, new(*BaseError), `has no container "other"`},
		"a mount over caches":            {mountAt("/cache"), new(*BaseError), `its container "main" has a mount at "/cache", and every task has the directory of caches at "/cache"`},
		"a mount over builds":            {mountAt("/builds/"), new(*BaseError), "the directory of builds"},
		"a mount in builds":              {mountAt("/builds/group"), new(*BaseError), "mount it elsewhere"},
		"a mount over the agent":         {mountAt("/.fargate"), new(*BaseError), "the directory of the agent"},
		"a sidecar on the server's port": {listens(types.PortMapping{ContainerPort: aws.Int32(22)}), new(*BaseError), `its container "agent-of-others" listens on port 22`},
		"a sidecar on a range of ports":  {listens(types.PortMapping{ContainerPortRange: aws.String("20-30")}), new(*BaseError), "listens on port 22"},
		"memory mounted over caches": {func(task *Task) {
			lender(task).LinuxParameters = &types.LinuxParameters{Tmpfs: []types.Tmpfs{{ContainerPath: aws.String("/cache"), Size: 64}}}
		}, new(*BaseError), `has a mount at "/cache"`},
		"a sidecar after the job's end": {
			func(task *Task) { sidecar(task).DependsOn[0].Condition = types.ContainerConditionComplete }, new(*BaseError),
			`its container "agent-of-others" waits until "main" has ended (COMPLETE)`,
		},
		"a base's disk on EC2": {func(task *Task) {
			task.Compatibility, task.EphemeralStorageGiB = types.CompatibilityEc2, 0
			task.Base.Definition.EphemeralStorage = &types.EphemeralStorage{SizeInGiB: 30}
		}, new(*BaseError), "it has ephemeralStorage"},
	} {
		task := sample()
		test.change(task)
		in, err := Registration(task)
		if in != nil || !errors.As(err, test.want) || !strings.Contains(err.Error(), test.mention) {
			t.Errorf("%s: got %v, want %T with %q", name, err, test.want, test.mention)
		}
	}
}

func TestRegistration_WhatIsNotInTheWay_IsAccepted(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Task){
		"a mount above builds": func(task *Task) {
			task.BuildsDir = "/ci/builds"
			task.Base.Definition.ContainerDefinitions[0].MountPoints[0].ContainerPath = aws.String("/ci")
		},
		"a mount beside builds": func(task *Task) {
			task.Base.Definition.ContainerDefinitions[0].MountPoints[0].ContainerPath = aws.String("/builds-of-others")
		},
		"a sidecar on the same port over udp": func(task *Task) {
			task.Base.Definition.ContainerDefinitions[1].PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(22), Protocol: types.TransportProtocolUdp}}
		},
		"EC2 without a disk": func(task *Task) { task.Compatibility, task.EphemeralStorageGiB = types.CompatibilityEc2, 0 },
	} {
		task := sample()
		change(task)
		if _, err := Registration(task); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
