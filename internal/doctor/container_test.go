package doctor_test

import (
	"testing"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/doctor"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/test/inspecttest"
)

func TestChecks_Container(t *testing.T) {
	t.Parallel()
	found := func(what, fix string) []doctor.Finding {
		return []doctor.Finding{{Level: doctor.Warning, Subject: "container", What: what, Fix: fix}}
	}
	readOnly := container(func(c *ecs.Container) { c.ReadOnlyRoot, c.WritablePaths = true, []string{"/builds", "/root"} })
	check(t, map[string]aCase{
		"not essential": {account: container(func(c *ecs.Container) { c.Essential = false }), want: found("essential: false", `"essential": true`)},
		"read-only with volumes": {
			account: readOnly, want: found("can write to /builds, /root only", `"readonlyRootFilesystem": false`),
		},
		"read-only with ECS Exec": {
			account: readOnly, change: func(t *v1alpha1.TaskTemplate) { t.ExecuteCommand = v1alpha1.Enabled },
			want: append(found("ECS Exec is on", "remove [Fargate] EnableExecuteCommand"), found("can write to", "")...),
		},
		"read-only without volumes": {
			account: container(func(c *ecs.Container) { c.ReadOnlyRoot = true }),
			want:    []doctor.Finding{{Level: doctor.Failure, Subject: "task definition", What: "can write nowhere", Fix: `"readonlyRootFilesystem": false`}},
		},
		"Windows": {
			account: func(a *inspecttest.Account) { a.Has.Definition.OS = "WINDOWS_SERVER_2022_CORE" },
			want:    []doctor.Finding{{Level: doctor.Failure, Subject: "task definition", What: "is for WINDOWS_SERVER_2022_CORE", Fix: `"operatingSystemFamily": "LINUX"`}},
		},
		"EBS": {
			account: func(a *inspecttest.Account) { a.Has.Definition.Volumes = []ecs.Volume{{Name: "v", AtLaunch: true}} },
			want:    []doctor.Finding{{Level: doctor.Failure, Subject: "task definition", What: "[Fargate] EphemeralStorage", Fix: "register-task-definition"}},
		},
		"old platform": {
			account: func(a *inspecttest.Account) { a.Has.Definition.Volumes = []ecs.Volume{{Name: "v", Service: "EFS"}} },
			change:  func(t *v1alpha1.TaskTemplate) { t.PlatformVersion = "1.3.0" },
			want:    []doctor.Finding{{Level: doctor.Failure, Subject: "task definition", What: "volumes of EFS", Fix: "remove [Fargate] PlatformVersion"}},
		},
	})
}
