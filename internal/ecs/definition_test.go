package ecs

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
)

// containerOf describes a definition's only container.
func containerOf(c types.ContainerDefinition) Container {
	c.Name = aws.String("c")
	return DefinitionOf(&types.TaskDefinition{ContainerDefinitions: []types.ContainerDefinition{c}}).Containers["c"]
}

func TestDefinitionOf_WhatECSReadsBeforeAContainerStarts(t *testing.T) {
	secret := []types.Secret{{Name: aws.String("A"), ValueFrom: aws.String("token")}}
	credentials := func(spec string) types.ContainerDefinition {
		return types.ContainerDefinition{CredentialSpecs: []string{spec}}
	}
	router := func(kind string) types.ContainerDefinition {
		return types.ContainerDefinition{FirelensConfiguration: &types.FirelensConfiguration{Options: map[string]string{
			"config-file-type": kind, "config-file-value": "arn:aws:s3:::b/f.conf",
		}}}
	}
	for name, test := range map[string]struct {
		container      types.ContainerDefinition
		secrets, files []string
	}{
		"nothing":         {},
		"a secret":        {types.ContainerDefinition{Secrets: secret}, []string{"token"}, nil},
		"the log's":       {types.ContainerDefinition{LogConfiguration: &types.LogConfiguration{SecretOptions: secret}}, []string{"token"}, nil},
		"the registry's":  {types.ContainerDefinition{RepositoryCredentials: &types.RepositoryCredentials{CredentialsParameter: aws.String("arn")}}, []string{"arn"}, nil},
		"variables":       {types.ContainerDefinition{EnvironmentFiles: []types.EnvironmentFile{{Value: aws.String("arn:aws:s3:::b/a.env")}}}, nil, []string{"arn:aws:s3:::b/a.env"}},
		"a log router":    {router("s3"), nil, []string{"arn:aws:s3:::b/f.conf"}},
		"its own router":  {router("file"), nil, nil},
		"Kerberos, S3":    {credentials("credentialspecdomainless:arn:aws:s3:::b/k"), nil, []string{"arn:aws:s3:::b/k"}},
		"Kerberos, SSM":   {credentials("credentialspec:arn:aws:ssm:us-east-1:1:parameter/k"), []string{"arn:aws:ssm:us-east-1:1:parameter/k"}, nil},
		"Kerberos, local": {credentials("credentialspec:file://k.json"), nil, nil},
	} {
		c := containerOf(test.container)
		if !slices.Equal(c.Secrets, test.secrets) || !slices.Equal(c.Files, test.files) {
			t.Errorf("%s: secrets %q and files %q, want %q and %q", name, c.Secrets, c.Files, test.secrets, test.files)
		}
	}
}

func TestDefinitionOf_WhereAContainerCanWrite(t *testing.T) {
	c := containerOf(types.ContainerDefinition{
		ReadonlyRootFilesystem: aws.Bool(true),
		MountPoints: []types.MountPoint{
			{ContainerPath: aws.String("/builds")}, {ContainerPath: aws.String("/etc/ci"), ReadOnly: aws.Bool(true)},
		},
		VolumesFrom:     []types.VolumeFrom{{SourceContainer: aws.String("other")}, {SourceContainer: aws.String("tools"), ReadOnly: aws.Bool(true)}},
		LinuxParameters: &types.LinuxParameters{Tmpfs: []types.Tmpfs{{ContainerPath: aws.String("/run")}}},
	})
	if want := []string{"/builds", "the volumes of other", "/run"}; !c.ReadOnlyRoot || !slices.Equal(c.WritablePaths, want) {
		t.Errorf("read-only %t, can write to %q, want %q", c.ReadOnlyRoot, c.WritablePaths, want)
	}
	if c := containerOf(types.ContainerDefinition{}); c.ReadOnlyRoot || len(c.WritablePaths) > 0 {
		t.Errorf("by default: %+v", c)
	}
}

func TestDefinitionOf_Volumes(t *testing.T) {
	efs := func(encryption types.EFSTransitEncryption, access *types.EFSAuthorizationConfig) types.Volume {
		return types.Volume{Name: aws.String("v"), EfsVolumeConfiguration: &types.EFSVolumeConfiguration{TransitEncryption: encryption, AuthorizationConfig: access}}
	}
	for name, test := range map[string]struct {
		volume types.Volume
		want   Volume
	}{
		"of the task":    {types.Volume{Name: aws.String("v")}, Volume{}},
		"EBS":            {types.Volume{Name: aws.String("v"), ConfiguredAtLaunch: aws.Bool(true)}, Volume{AtLaunch: true}},
		"EFS, default":   {efs("", nil), Volume{Service: "EFS", Unencrypted: true}},
		"EFS, encrypted": {efs("ENABLED", &types.EFSAuthorizationConfig{Iam: "DISABLED"}), Volume{Service: "EFS"}},
		"EFS, access":    {efs("ENABLED", &types.EFSAuthorizationConfig{Iam: "ENABLED", AccessPointId: aws.String("fsap-1")}), Volume{Service: "EFS", IAM: true, AccessPoint: true}},
		"S3 Files":       {types.Volume{Name: aws.String("v"), S3filesVolumeConfiguration: &types.S3FilesVolumeConfiguration{}}, Volume{Service: "S3 Files", IAM: true}},
	} {
		test.want.Name = "v"
		got := DefinitionOf(&types.TaskDefinition{Volumes: []types.Volume{test.volume}}).Volumes
		if diff := cmp.Diff([]Volume{test.want}, got); diff != "" {
			t.Errorf("%s: volumes differ (-want +got):\n%s", name, diff)
		}
	}
}

func TestDefinitionOf_Task(t *testing.T) {
	d := DefinitionOf(&types.TaskDefinition{
		RuntimePlatform:  &types.RuntimePlatform{OperatingSystemFamily: types.OSFamilyWindowsServer2022Core},
		EphemeralStorage: &types.EphemeralStorage{SizeInGiB: 50}, TaskRoleArn: aws.String("role"),
	})
	if d.OS != "WINDOWS_SERVER_2022_CORE" || d.EphemeralStorageGiB != 50 || d.TaskRoleARN != "role" {
		t.Errorf("got %+v", d)
	}
	for _, platform := range []*types.RuntimePlatform{nil, {CpuArchitecture: types.CPUArchitectureArm64}} {
		if d := DefinitionOf(&types.TaskDefinition{RuntimePlatform: platform}); d.OS != "LINUX" {
			t.Errorf("%+v: made for %q, want LINUX", platform, d.OS)
		}
	}
}
