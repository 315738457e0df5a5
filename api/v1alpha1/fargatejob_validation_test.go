package v1alpha1_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9pGqvN3NbDTcKVd0g7ySAdYLbnZ3eY5Hcu0nqgvGqL job 1"

func minimalJob(namespace string) *v1alpha1.FargateJob {
	return &v1alpha1.FargateJob{
		ObjectMeta: metav1.ObjectMeta{Name: "job", Namespace: namespace},
		Spec:       v1alpha1.FargateJobSpec{SSHPublicKey: publicKey},
	}
}

func TestFargateJob_Minimal_GetsDefaults(t *testing.T) {
	c, namespace := newClient(t)
	job := minimalJob(namespace)
	if err := c.Create(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	want := v1alpha1.FargateJobSpec{
		ClassRef:               v1alpha1.ClassReference{Name: "default"},
		SSHPublicKey:           publicKey,
		TTLSecondsAfterStalled: ptr.To[int32](3600),
	}
	if diff := cmp.Diff(want, job.Spec); diff != "" {
		t.Errorf("spec differs (-want +got):\n%s", diff)
	}
}

func TestFargateJob_SpecChange_IsRefused(t *testing.T) {
	c, namespace := newClient(t)
	job := minimalJob(namespace)
	if err := c.Create(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*v1alpha1.FargateJobSpec){
		"class":    func(s *v1alpha1.FargateJobSpec) { s.ClassRef.Name = "other" },
		"key":      func(s *v1alpha1.FargateJobSpec) { s.SSHPublicKey += "x" },
		"override": func(s *v1alpha1.FargateJobSpec) { s.Overrides.CPU = 4096 },
		"deadline": func(s *v1alpha1.FargateJobSpec) { s.ActiveDeadlineSeconds = 60 },
	} {
		t.Run(name, func(t *testing.T) {
			changed := job.DeepCopy()
			change(&changed.Spec)
			expect(t, c.Update(t.Context(), changed, client.DryRunAll), "spec is immutable")
		})
	}
}

// A task definition has at most ten containers, and GuardDuty may add one for
// each. Sources: "Amazon ECS service quotas" in the ECS developer guide, "How
// Runtime Monitoring works with Fargate" in the GuardDuty user guide.
func TestFargateJob_StatusWithContainersThatAWSAdds_IsAccepted(t *testing.T) {
	c, namespace := newClient(t)
	job := minimalJob(namespace)
	if err := c.Create(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	job.Status.Task = &v1alpha1.TaskStatus{ARN: "arn"}
	for _, name := range append(numbered("own-", 10), numbered("guardduty-", 10)...) {
		job.Status.Task.Containers = append(job.Status.Task.Containers, v1alpha1.ContainerStatus{Name: name})
	}
	if err := c.Status().Update(t.Context(), job); err != nil {
		t.Error(err)
	}
}

func TestFargateJob_Values_AreAcceptedOrRefused(t *testing.T) {
	c, namespace := newClient(t)
	const wantedKey = "must be one line of an authorized_keys file without options, with an ed25519, RSA or ECDSA key"
	tests := map[string]struct {
		change func(*v1alpha1.FargateJobSpec)
		refuse string // part of the API server's message; empty if accepted
	}{
		"RSA key":          {func(s *v1alpha1.FargateJobSpec) { s.SSHPublicKey = "ssh-rsa AAAAB3NzaC1yc2E=" }, ""},
		"ECDSA key":        {func(s *v1alpha1.FargateJobSpec) { s.SSHPublicKey = "ecdsa-sha2-nistp521 AAAAE2VjZHNh ü" }, ""},
		"DSA key":          {func(s *v1alpha1.FargateJobSpec) { s.SSHPublicKey = "ssh-dss AAAAB3NzaC1kc3M=" }, wantedKey},
		"no key":           {func(s *v1alpha1.FargateJobSpec) { s.SSHPublicKey, s.ClassRef.Name = "", "other" }, "spec.sshPublicKey"},
		"two keys":         {func(s *v1alpha1.FargateJobSpec) { s.SSHPublicKey += "\n" + publicKey }, wantedKey},
		"line break":       {func(s *v1alpha1.FargateJobSpec) { s.SSHPublicKey += "\r" }, wantedKey},
		"key with options": {func(s *v1alpha1.FargateJobSpec) { s.SSHPublicKey = `command="x" ` + publicKey }, wantedKey},
		"private key":      {func(s *v1alpha1.FargateJobSpec) { s.SSHPublicKey = "-----BEGIN OPENSSH PRIVATE KEY-----" }, wantedKey},
		"long key":         {func(s *v1alpha1.FargateJobSpec) { s.SSHPublicKey = "ssh-rsa " + strings.Repeat("A", 4096) }, "spec.sshPublicKey"},
		"malformed class":  {func(s *v1alpha1.FargateJobSpec) { s.ClassRef.Name = "My Class" }, "spec.classRef.name"},
		"overrides": {func(s *v1alpha1.FargateJobSpec) {
			s.Overrides = v1alpha1.TaskOverrides{TaskDefinition: "ci:3", PlatformVersion: "1.4.0", CPU: 256, Memory: 512, EphemeralStorageGiB: 200}
		}, ""},
		"malformed definition": {func(s *v1alpha1.FargateJobSpec) { s.Overrides.TaskDefinition = "$(x)" }, "spec.overrides.taskDefinition"},
		"malformed platform":   {func(s *v1alpha1.FargateJobSpec) { s.Overrides.PlatformVersion = "1" }, "spec.overrides.platformVersion"},
		"odd cpu":              {func(s *v1alpha1.FargateJobSpec) { s.Overrides.CPU = 1 }, "spec.overrides.cpu"},
		"small memory":         {func(s *v1alpha1.FargateJobSpec) { s.Overrides.Memory = 1 }, "spec.overrides.memory"},
		"small disk":           {func(s *v1alpha1.FargateJobSpec) { s.Overrides.EphemeralStorageGiB = 20 }, "spec.overrides.ephemeralStorageGiB"},
		"identity": {func(s *v1alpha1.FargateJobSpec) {
			s.Job = v1alpha1.JobIdentity{Runner: "abc", ProjectPath: "g/p", ProjectID: 1, PipelineID: 2, ID: 3, Name: "test [1/3]: ü", URL: "https://gitlab.example.com/g/p/-/jobs/3", Ref: "main"}
		}, ""},
		"URL with a credential": {func(s *v1alpha1.FargateJobSpec) {
			s.Job.URL = "https://gitlab-ci-token:secret@gitlab.example.com/g/p.git"
		}, "spec.job.url"},
		"URL of another scheme": {func(s *v1alpha1.FargateJobSpec) { s.Job.URL = "javascript:alert(1)" }, "spec.job.url"},
		"negative job id":       {func(s *v1alpha1.FargateJobSpec) { s.Job.ID = -1 }, "spec.job.id"},
		"negative project id":   {func(s *v1alpha1.FargateJobSpec) { s.Job.ProjectID = -1 }, "spec.job.projectID"},
		"negative pipeline id":  {func(s *v1alpha1.FargateJobSpec) { s.Job.PipelineID = -1 }, "spec.job.pipelineID"},
		"long job name":         {func(s *v1alpha1.FargateJobSpec) { s.Job.Name = strings.Repeat("x", 256) }, "spec.job.name"},
		"short deadline":        {func(s *v1alpha1.FargateJobSpec) { s.ActiveDeadlineSeconds = 59 }, "spec.activeDeadlineSeconds"},
		"long deadline":         {func(s *v1alpha1.FargateJobSpec) { s.ActiveDeadlineSeconds = 2678401 }, "spec.activeDeadlineSeconds"},
		"no time to live":       {func(s *v1alpha1.FargateJobSpec) { s.TTLSecondsAfterStalled = ptr.To[int32](0) }, ""},
		"negative time to live": {func(s *v1alpha1.FargateJobSpec) { s.TTLSecondsAfterStalled = ptr.To[int32](-1) }, "spec.ttlSecondsAfterStalled"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			job := minimalJob(namespace)
			test.change(&job.Spec)
			expect(t, c.Create(t.Context(), job, client.DryRunAll), test.refuse)
		})
	}
}
