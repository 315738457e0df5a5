package executor

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/gitlab"
)

func TestChoose_JobsVariables_BecomeOverrides(t *testing.T) {
	for name, test := range map[string]struct {
		variables []string
		alter     func(*Options)
		want      chosen
	}{
		"nothing": {want: chosen{class: "default"}},
		"everything": {
			variables: []string{
				"CUSTOM_ENV_FARGATE_TASK_DEFINITION=ci-go", "CUSTOM_ENV_FARGATE_PLATFORM_VERSION=1.4.0",
				"CUSTOM_ENV_FARGATE_CPU=1 vCPU", "CUSTOM_ENV_FARGATE_MEMORY=2048",
				"CUSTOM_ENV_FARGATE_EPHEMERAL_STORAGE=50", "CUSTOM_ENV_FARGATE_TASK_CLASS=gpu-large",
			},
			want: chosen{class: "gpu-large", overrides: v1alpha1.TaskOverrides{
				TaskDefinition: "ci-go", PlatformVersion: "1.4.0", CPU: 1024, Memory: 2048, EphemeralStorageGiB: 50,
			}, variables: map[string]string{
				v1alpha1.ReasonClassNotFound:          "FARGATE_TASK_CLASS",
				v1alpha1.ReasonTaskDefinitionNotFound: "FARGATE_TASK_DEFINITION",
			}},
		},
		"the runner's own class": {
			variables: []string{"CUSTOM_ENV_FARGATE_TASK_CLASS=default"},
			alter:     func(o *Options) { o.Classes = nil },
			want:      chosen{class: "default"},
		},
		"the command line wins": {
			variables: []string{"CUSTOM_ENV_FARGATE_TASK_DEFINITION=ci-go", "CUSTOM_ENV_FARGATE_PLATFORM_VERSION=LATEST"},
			alter:     func(o *Options) { o.TaskDefinition, o.PlatformVersion = "pinned:3", "1.4.0" },
			want:      chosen{class: "default", overrides: v1alpha1.TaskOverrides{TaskDefinition: "pinned:3", PlatformVersion: "1.4.0"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAttempt(t)
			a.Environment, a.Classes = environment(t, a.dir, test.variables...), []string{"gpu-*"}
			if test.alter != nil {
				test.alter(&a.Options)
			}
			got, err := a.choose()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(chosen{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("choice (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPrepare_InvalidChoice_IsABuildFailureAndCreatesNothing(t *testing.T) {
	for name, test := range map[string]struct {
		variable string
		alter    func(*Options)
		want     string
	}{
		"malformed": {"FARGATE_CPU=lots", nil, `the CI variable FARGATE_CPU must be a whole number`},
		"no classes to choose": {
			"FARGATE_TASK_CLASS=large", nil,
			`FARGATE_TASK_CLASS "large" is refused: fargate.toml does not let jobs choose a class ([Overrides] TaskClasses is not set)`,
		},
		"another class": {
			"FARGATE_TASK_CLASS=large",
			func(o *Options) { o.Classes = []string{"gpu-*"} },
			`FARGATE_TASK_CLASS "large" is refused: fargate.toml allows only ["gpu-*"] and the runner's own default ([Overrides] TaskClasses)`,
		},
		"a class without Kubernetes": {
			"FARGATE_TASK_CLASS=large",
			func(o *Options) { o.Class = "" },
			`FARGATE_TASK_CLASS "large" is refused: this runner works without Kubernetes, so there are no task classes, remove the variable`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAttempt(t)
			a.Environment = environment(t, a.dir, "CUSTOM_ENV_"+test.variable)
			if test.alter != nil {
				test.alter(&a.Options)
			}
			err := a.Prepare(t.Context())
			var failure *gitlab.BuildFailure
			if !errors.As(err, &failure) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want a build failure with %q", err, test.want)
			}
			a.wantNothingLeft(t)
		})
	}
}

func TestPrepare_ChoiceDoesNotExist_NamesTheVariable(t *testing.T) {
	for name, test := range map[string]struct {
		variable, reason string
		alter            func(*Options)
		want             string // empty if it is not the author's fault
	}{
		"class":                 {"FARGATE_TASK_CLASS=large", v1alpha1.ReasonClassNotFound, nil, "the CI variable FARGATE_TASK_CLASS names what does not exist"},
		"task definition":       {"FARGATE_TASK_DEFINITION=ci-x", v1alpha1.ReasonTaskDefinitionNotFound, nil, "the CI variable FARGATE_TASK_DEFINITION names what does not exist"},
		"the runner's class":    {"FARGATE_TASK_CLASS=default", v1alpha1.ReasonClassNotFound, nil, ""},
		"the flag's definition": {"FARGATE_TASK_DEFINITION=ci-x", v1alpha1.ReasonTaskDefinitionNotFound, func(o *Options) { o.TaskDefinition = "pinned" }, ""},
		"something else":        {"FARGATE_TASK_CLASS=large", v1alpha1.ReasonTaskDefinitionNotFound, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAttempt(t)
			a.Environment, a.Classes = environment(t, a.dir, "CUSTOM_ENV_"+test.variable), []string{"*"}
			if test.alter != nil {
				test.alter(&a.Options)
			}
			a.store.onCreate = func(key types.NamespacedName) { a.store.change(key, stalledBecause(test.reason, "not there")) }
			err := a.Prepare(t.Context())
			wantError(t, err, "not there", test.want)
			if test.want == "" {
				wantSystemFailure(t, err)
			} else {
				wantBuildFailure(t, err, 1)
			}
		})
	}
}
