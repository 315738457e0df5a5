package classcheck

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

func TestChecks_WhatNoLaunchHas(t *testing.T) {
	efs := func(v ecs.Volume) func(*v1alpha1.TaskTemplate, *Findings) {
		v.Name, v.Service = "v", "EFS"
		return func(_ *v1alpha1.TaskTemplate, f *Findings) { f.Definition.Volumes = []ecs.Volume{v} }
	}
	// old is the last platform version without all this.
	old := func(change func(*v1alpha1.TaskTemplate, *Findings)) func(*v1alpha1.TaskTemplate, *Findings) {
		return func(t *v1alpha1.TaskTemplate, f *Findings) {
			t.PlatformVersion = "1.3.0"
			change(t, f)
		}
	}
	container := func(c ecs.Container) func(*v1alpha1.TaskTemplate, *Findings) {
		c.TCPPorts = []ecs.PortRange{{First: 22, Last: 22}}
		return func(_ *v1alpha1.TaskTemplate, f *Findings) { f.Definition.Containers["ci-coordinator"] = c }
	}
	for name, test := range map[string]struct {
		change          func(*v1alpha1.TaskTemplate, *Findings)
		reason, message string
	}{
		"Windows": {
			func(_ *v1alpha1.TaskTemplate, f *Findings) { f.Definition.OS = "WINDOWS_SERVER_2019_FULL" }, v1alpha1.ReasonOperatingSystemUnsupported,
			"task definition ci:1 is for WINDOWS_SERVER_2019_FULL, and jobs run on Linux: register it with the operatingSystemFamily LINUX and an image for it",
		},
		"Linux": {change: func(_ *v1alpha1.TaskTemplate, f *Findings) { f.Definition.OS = "LINUX" }},
		"EBS": {
			func(_ *v1alpha1.TaskTemplate, f *Findings) {
				f.Definition.Volumes = []ecs.Volume{{Name: "v"}, {Name: "w", AtLaunch: true}}
			},
			v1alpha1.ReasonVolumeUnusable,
			`volume "w" of task definition ci:1 is configured at launch, and launches of jobs do not configure volumes: remove it, and set the size of the task's own disk in spec.ephemeralStorageGiB`,
		},
		"EFS":           {change: efs(ecs.Volume{Unencrypted: true})},
		"EFS encrypted": {change: efs(ecs.Volume{AccessPoint: true})},
		"EFS with IAM and no role": {
			efs(ecs.Volume{IAM: true}), v1alpha1.ReasonVolumeUnusable,
			`volume "v" of task definition ci:1 is mounted as the task role, and there is none: set taskRoleArn in the task definition or spec.taskRoleARN`,
		},
		"EFS with IAM and the class's role": {change: func(t *v1alpha1.TaskTemplate, f *Findings) {
			efs(ecs.Volume{IAM: true})(t, f)
			t.TaskRoleARN = "role"
		}},
		"EFS with IAM and the definition's role": {change: func(t *v1alpha1.TaskTemplate, f *Findings) {
			efs(ecs.Volume{IAM: true})(t, f)
			f.Definition.TaskRoleARN = "role"
		}},
		"EFS access point without encryption": {
			efs(ecs.Volume{AccessPoint: true, Unencrypted: true}), v1alpha1.ReasonVolumeUnusable,
			`volume "v" of task definition ci:1 uses IAM or an access point without encryption: set its transitEncryption to ENABLED`,
		},
		"EFS on an old platform": {
			old(efs(ecs.Volume{})), v1alpha1.ReasonPlatformVersionTooOld,
			"platform version 1.3.0 does not have what tasks of task definition ci:1 use (volumes of EFS): remove spec.platformVersion, or set it to 1.4.0",
		},
		"everything on an old platform": {
			old(func(t *v1alpha1.TaskTemplate, f *Findings) {
				container(ecs.Container{Files: []string{"a", "b"}})(t, f)
				t.ExecuteCommand, f.Definition.EphemeralStorageGiB = v1alpha1.Enabled, 30
			}), v1alpha1.ReasonPlatformVersionTooOld,
			"platform version 1.3.0 does not have what tasks of task definition ci:1 use (ECS Exec, environmentFiles, more ephemeral storage than 20 GiB): remove spec.platformVersion, or set it to 1.4.0",
		},
		"nothing on an old platform": {change: old(func(*v1alpha1.TaskTemplate, *Findings) {})},
		"an old platform of own hosts": {change: old(func(t *v1alpha1.TaskTemplate, f *Findings) {
			efs(ecs.Volume{})(t, f)
			t.Capacity = []v1alpha1.Placement{{LaunchType: "EC2"}}
		})},
		"new platform": {change: func(t *v1alpha1.TaskTemplate, f *Findings) {
			efs(ecs.Volume{})(t, f)
			t.PlatformVersion = "1.4.0"
		}},
		"read-only root file system": {
			container(ecs.Container{ReadOnlyRoot: true}), v1alpha1.ReasonRootFilesystemReadOnly,
			`container "ci-coordinator" of task definition ci:1 can write nowhere: set readonlyRootFilesystem to false, or mount volumes where the job and its SSH server write`,
		},
		"read-only root file system with volumes": {change: container(ecs.Container{ReadOnlyRoot: true, WritablePaths: []string{"/builds"}})},
	} {
		t.Run(name, func(t *testing.T) {
			template, found := right()
			test.change(template, found)
			outcome := checkTaskDefinition(template, found)
			if test.reason == "" {
				if outcome.Status != metav1.ConditionTrue {
					t.Errorf("got %+v, want no problem", outcome)
				}
				return
			}
			if diff := cmp.Diff([]Problem{{test.reason, test.message}}, outcome.Problems); diff != "" {
				t.Errorf("problems differ (-want +got):\n%s", diff)
			}
		})
	}
}
