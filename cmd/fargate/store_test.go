package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
)

// noWriting is a directory in which not even root can create a file.
const noWriting = "/proc/self"

func TestPrepare_CannotBegin_SaysWhatToDoAndLeavesNothing(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(*attempt)
		want  []string
	}{
		"token is not valid": {
			func(a *attempt) { a.rewriteKubeconfig("token: ", "token: x") },
			[]string{"does not accept the executor's credentials", "renew the token"},
		},
		"token has no permission": {
			func(a *attempt) {
				a.useKubeconfig(env.UserKubeconfig(a.t, a.namespace, rbacv1.PolicyRule{
					APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: []string{"fargatejobs"}, Verbs: []string{"get"},
				}))
			},
			[]string{"no permission to create FargateJobs in namespace"},
		},
		"directory is not writable": {
			func(a *attempt) { a.configure("[TaskMetadata]\nDirectory = '" + noWriting + "'\n") },
			[]string{"cannot write the connection file", "is writable by the user"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAttempt(t)
			test.spoil(a)
			prepare := a.wait(a.start("custom", "prepare"), systemFailure)
			wantText(t, prepare.stdout.String(), test.want...)
			a.wantNothingLeft()
		})
	}
}

// That prepare keeps trying for a minute is tested in internal/executor.
func TestPrepare_APIServerDoesNotAnswer_SaysSoAtOnceAndLeavesNothing(t *testing.T) {
	a := newAttempt(t)
	a.rewriteKubeconfig(env.Config().Host, "https://127.0.0.1:9")
	prepare := a.start("custom", "prepare")
	eventually.Holds(a.t, "the job log mentions it", func() bool { return strings.Contains(prepare.stdout.String(), "trying again for 1m0s") })
	if err := prepare.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	a.wait(prepare, systemFailure)
	wantText(t, prepare.stdout.String(), "the API server at https://127.0.0.1:9 does not answer", "check that it is up")
	a.wantNothingLeft()
}

// configure adds to the configuration.
func (a *attempt) configure(text string) {
	a.t.Helper()
	a.rewrite(a.config, "[Kubernetes]", text+"[Kubernetes]")
}

// useKubeconfig replaces the attempt's kubeconfig.
func (a *attempt) useKubeconfig(path string) {
	a.t.Helper()
	a.rewrite(a.config, fmt.Sprintf("Kubeconfig = %q", a.kubeconfig), fmt.Sprintf("Kubeconfig = %q", path))
}

func (a *attempt) rewriteKubeconfig(old, instead string) {
	a.t.Helper()
	a.rewrite(a.kubeconfig, old, instead)
}

// rewrite changes a file.
func (a *attempt) rewrite(path, old, instead string) {
	a.t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		a.t.Fatal(err)
	}
	changed := strings.Replace(string(text), old, instead, 1)
	if changed == string(text) {
		a.t.Fatalf("%q is not in %s", old, path)
	}
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		a.t.Fatal(err)
	}
}
