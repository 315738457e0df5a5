package lifecycle

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

func classWith(name string, policy v1alpha1.OverridePolicy) *v1alpha1.FargateTaskClass {
	return &v1alpha1.FargateTaskClass{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1alpha1.FargateTaskClassSpec{
			TaskTemplate:     v1alpha1.TaskTemplate{TaskDefinition: "ci", PlatformVersion: "1.4.0", CPU: 256, Memory: 512, EphemeralStorageGiB: 30},
			AllowedOverrides: policy,
		},
	}
}

func TestOverride_WhatTheClassAllows_IsApplied(t *testing.T) {
	t.Parallel()
	class := classWith("default", v1alpha1.OverridePolicy{
		TaskDefinitions: []string{"ci-*"}, PlatformVersions: []string{"LATEST"}, MaxCPU: 1024, MaxMemory: 2048, MaxEphemeralStorageGiB: 40,
	})
	wanted := v1alpha1.TaskOverrides{TaskDefinition: "ci-go", PlatformVersion: "LATEST", CPU: 1024, Memory: 2048, EphemeralStorageGiB: 21}
	template := class.Spec.TaskTemplate
	if err := override(&template, class, &wanted); err != nil {
		t.Fatal(err)
	}
	want := v1alpha1.TaskTemplate{TaskDefinition: "ci-go", PlatformVersion: "LATEST", CPU: 1024, Memory: 2048, EphemeralStorageGiB: 21}
	if diff := cmp.Diff(want, template); diff != "" {
		t.Errorf("template differs (-want +got):\n%s", diff)
	}
}

func TestOverride_WhatTheClassSaysAlready_NeedsNoPermission(t *testing.T) {
	t.Parallel()
	class := classWith("default", v1alpha1.OverridePolicy{})
	template := class.Spec.TaskTemplate
	err := override(&template, class, &v1alpha1.TaskOverrides{TaskDefinition: "ci", PlatformVersion: "1.4.0", CPU: 256, Memory: 512, EphemeralStorageGiB: 30})
	if err != nil {
		t.Error(err)
	}
}

func TestOverride_Refused_NamesTheRuleWhereItIsWritten(t *testing.T) {
	t.Parallel()
	some := v1alpha1.OverridePolicy{TaskDefinitions: []string{"ci-*"}, MaxEphemeralStorageGiB: 40}
	for name, test := range map[string]struct {
		class  *v1alpha1.FargateTaskClass
		wanted v1alpha1.TaskOverrides
		want   string
	}{
		"an object, no rule": {
			classWith("default", v1alpha1.OverridePolicy{}),
			v1alpha1.TaskOverrides{PlatformVersion: "LATEST"},
			`platformVersion "LATEST" (FARGATE_PLATFORM_VERSION or --platform-version) is refused: FargateTaskClass default does not let jobs change it (spec.allowedOverrides.platformVersions is not set)`,
		},
		"an object, beyond its rule": {
			classWith("default", some),
			v1alpha1.TaskOverrides{EphemeralStorageGiB: 50},
			"ephemeralStorageGiB 50 (FARGATE_EPHEMERAL_STORAGE) is refused: FargateTaskClass default allows at most 40 (spec.allowedOverrides.maxEphemeralStorageGiB)",
		},
		"the file, no rule": {
			classWith("", some),
			v1alpha1.TaskOverrides{CPU: 1024},
			"cpu 1024 (FARGATE_CPU) is refused: fargate.toml does not let jobs change it ([Overrides] MaxCPU is not set)",
		},
		"the file, beyond its rule": {
			classWith("", some),
			v1alpha1.TaskOverrides{EphemeralStorageGiB: 50},
			"ephemeralStorageGiB 50 (FARGATE_EPHEMERAL_STORAGE) is refused: fargate.toml allows at most 40 ([Overrides] MaxEphemeralStorage)",
		},
		"the file, other patterns": {
			classWith("", some),
			v1alpha1.TaskOverrides{TaskDefinition: "prod"},
			`taskDefinition "prod" (FARGATE_TASK_DEFINITION or --task-def) is refused: fargate.toml allows only ["ci-*"] ([Overrides] TaskDefinitions)`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			template := test.class.Spec.TaskTemplate
			err := override(&template, test.class, &test.wanted)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestCheckSize_RefusesWhatTheJobChoseAndFargateDoesNotOffer(t *testing.T) {
	t.Parallel()
	fargate := ecs.Definition{Fargate: true, CPU: 256, Memory: 512}
	for name, test := range map[string]struct {
		template   v1alpha1.TaskTemplate
		definition ecs.Definition
		wanted     v1alpha1.TaskOverrides
		want       string // empty for no error
	}{
		"both go together":          {v1alpha1.TaskTemplate{CPU: 1024, Memory: 2048}, fargate, v1alpha1.TaskOverrides{CPU: 1024, Memory: 2048}, ""},
		"both do not":               {v1alpha1.TaskTemplate{CPU: 256, Memory: 8192}, fargate, v1alpha1.TaskOverrides{CPU: 256, Memory: 8192}, "cpu 256 (FARGATE_CPU) with memory 8192 (FARGATE_MEMORY) is refused"},
		"cpu against the class":     {v1alpha1.TaskTemplate{CPU: 4096, Memory: 512}, fargate, v1alpha1.TaskOverrides{CPU: 4096}, "8192 to 30720 MiB"},
		"cpu against the task's":    {v1alpha1.TaskTemplate{CPU: 4096}, fargate, v1alpha1.TaskOverrides{CPU: 4096}, "cpu 4096 (FARGATE_CPU) with memory 512 is refused"},
		"memory against the task's": {v1alpha1.TaskTemplate{Memory: 8192}, fargate, v1alpha1.TaskOverrides{Memory: 8192}, "cpu 256 with memory 8192 (FARGATE_MEMORY) is refused"},
		"the class' own":            {v1alpha1.TaskTemplate{CPU: 256, Memory: 8192}, fargate, v1alpha1.TaskOverrides{PlatformVersion: "LATEST"}, ""},
		"not for Fargate":           {v1alpha1.TaskTemplate{CPU: 256, Memory: 8192}, ecs.Definition{}, v1alpha1.TaskOverrides{CPU: 256, Memory: 8192}, ""},
		"no memory known":           {v1alpha1.TaskTemplate{CPU: 256}, ecs.Definition{Fargate: true}, v1alpha1.TaskOverrides{CPU: 256}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := checkSize(&test.template, &test.definition, &test.wanted)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
