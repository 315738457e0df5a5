package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/life"
	"github.com/fargate-operator/fargate-operator/internal/test/dead"
)

// beginJob creates the FargateJob of a runner's life.
func (a *attempt) beginJob(name string, runner life.Life) {
	a.t.Helper()
	job := &v1alpha1.FargateJob{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: a.namespace, Name: name, Finalizers: []string{v1alpha1.Finalizer},
			Annotations: map[string]string{life.Annotation: runner.String()},
		},
		Spec: v1alpha1.FargateJobSpec{
			ClassRef:     v1alpha1.ClassReference{Name: "default"},
			SSHPublicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
			Job:          v1alpha1.JobIdentity{ID: 7, ProjectPath: "group/\x1b[1mproject"},
		},
	}
	if err := a.client.Create(a.t.Context(), job); err != nil {
		a.t.Fatal(err)
	}
}

// names are those of the FargateJobs that have not been deleted.
func (a *attempt) names() string {
	a.t.Helper()
	var names []string
	for _, job := range a.jobs() {
		names = append(names, job.Name)
	}
	return strings.Join(names, " ")
}

func TestSweep_Kubernetes_DeletesTheJobsOfRunnersThatHaveEnded(t *testing.T) {
	t.Setenv("POD_UID", "this-pod")
	a := newAttempt(t)
	here := life.Current("this-pod")
	killed := life.Life{Boot: here.Boot, Namespace: here.Namespace, Pod: "this-pod", Processes: []life.Process{{PID: dead.PID(t), Started: 1}}}
	restarted, elsewhere := killed, killed
	restarted.Namespace, restarted.Processes = "pid:[1]", here.Processes
	elsewhere.Namespace, elsewhere.Pod = "pid:[1]", "another-pod"
	for name, runner := range map[string]life.Life{
		"a-lives": here, "b-elsewhere": elsewhere, "c-by-hand": {}, "x-killed": killed, "y-restarted": restarted,
	} {
		a.beginJob(name, runner)
	}

	listed := a.wait(a.start("sweep"), 0).stdout.String()
	wantText(t, listed, "left behind: FargateJob "+a.namespace+"/x-killed: CI job 7 of group/ [1mproject was created ", " by a runner that has ended\n",
		"left behind: FargateJob "+a.namespace+"/y-restarted: ", "2 left behind, run fargate sweep --stop to clean up\n")
	if got := a.names(); got != "a-lives b-elsewhere c-by-hand x-killed y-restarted" {
		t.Errorf("a list changed something: left are %s", got)
	}
	wantText(t, a.wait(a.start("sweep", "--stop"), 0).stdout.String(), "2 left behind, 2 cleaned up\n")
	if got := a.names(); got != "a-lives b-elsewhere c-by-hand" {
		t.Errorf("left are %s", got)
	}
	wantText(t, a.wait(a.start("sweep", "--stop"), 0).stdout.String(), "0 left behind, 0 cleaned up\n")
}

func TestSweep_Kubernetes_RemovesFilesWhoseJobIsGone(t *testing.T) {
	a := newAttempt(t)
	directory := t.TempDir()
	a.configure("[TaskMetadata]\nDirectory = '" + directory + "'\n")
	a.beginJob("job-1-lives", life.Life{})
	hourAgo := time.Now().Add(-time.Hour)
	for name, job := range map[string]string{"fargate-1.json": "job-1-lives", "fargate-2.json": "job-2-gone", ".fargate-3.json-4": "job-3-gone"} {
		path := filepath.Join(directory, name)
		content := `{"format": "fargate-operator/connection", "version": 1, "namespace": "` + a.namespace + `", "name": "` + job + `"}`
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, hourAgo, hourAgo); err != nil {
			t.Fatal(err)
		}
	}
	wantText(t, a.wait(a.start("sweep", "--stop"), 0).stdout.String(), "cleaned up: connection file "+directory+"/fargate-2.json: ",
		"cleaned up: draft "+directory+"/.fargate-3.json-4: ", "2 left behind, 2 cleaned up\n")
	if _, err := os.Stat(filepath.Join(directory, "fargate-1.json")); err != nil {
		t.Error(err)
	}
}

func TestSweep_Kubernetes_CannotList_SaysWhatToDo(t *testing.T) {
	a := newAttempt(t)
	a.rewriteKubeconfig(env.Config().Host, "https://127.0.0.1:9")
	wantText(t, a.wait(a.start("sweep", "--stop"), systemFailure).stderr.String(), "the API server at https://127.0.0.1:9 does not answer")
	wantText(t, a.wait(a.start("sweep", "--adopt-installations", "old"), systemFailure).stderr.String(), "give it to the controller")
}

func TestSweep_Standalone_IDFromTheEnvironmentWinsAndIsChecked(t *testing.T) {
	a := newAttempt(t)
	config := a.write("standalone.toml", standaloneConfig(t.TempDir(), "InstallationID = 'from-file'\n"))
	t.Setenv("FARGATE_INSTALLATION_ID", "not/valid")
	wantText(t, a.wait(a.startWith("--config", config, "sweep"), systemFailure).stderr.String(),
		"FARGATE_INSTALLATION_ID must be an id of 1 to 64 letters, digits, - and _, not \"not/valid\"")
	t.Setenv("FARGATE_INSTALLATION_ID", "")
	wantText(t, a.wait(a.startWith("--config", config, "sweep", "--adopt-installations", "a b"), systemFailure).stderr.String(),
		"each of --adopt-installations must be an id")
}
