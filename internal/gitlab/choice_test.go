package gitlab

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/taskrules"
)

func TestReadChoice_ReadsTheJobsVariables(t *testing.T) {
	tests := []struct {
		name    string
		environ []string
		want    Choice
	}{
		{name: "none"},
		{name: "empty is none", environ: []string{"CUSTOM_ENV_FARGATE_CPU=", "CUSTOM_ENV_FARGATE_TASK_CLASS= "}},
		{name: "the runner's own variables do not count", environ: []string{"FARGATE_CPU=1024"}},
		{
			name: "all",
			environ: []string{
				"CUSTOM_ENV_FARGATE_TASK_DEFINITION=ci-go:7", "CUSTOM_ENV_FARGATE_PLATFORM_VERSION=1.4.0",
				"CUSTOM_ENV_FARGATE_CPU=1024", "CUSTOM_ENV_FARGATE_MEMORY=2048",
				"CUSTOM_ENV_FARGATE_EPHEMERAL_STORAGE=50", "CUSTOM_ENV_FARGATE_TASK_CLASS=large",
			},
			want: Choice{TaskDefinition: "ci-go:7", PlatformVersion: "1.4.0", TaskClass: "large", CPU: 1024, Memory: 2048, EphemeralStorageGiB: 50},
		},
		{
			name:    "larger units as AWS writes them",
			environ: []string{"CUSTOM_ENV_FARGATE_CPU=.5 vCPU", "CUSTOM_ENV_FARGATE_MEMORY=4GB"},
			want:    Choice{CPU: 512, Memory: 4096},
		},
		{
			name:    "units in any case, with spaces around",
			environ: []string{"CUSTOM_ENV_FARGATE_CPU= 2 vcpu ", "CUSTOM_ENV_FARGATE_MEMORY=16 gb"},
			want:    Choice{CPU: 2048, Memory: 16384},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			choice, err := environment(t, tc.environ...).ReadChoice()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, choice); diff != "" {
				t.Errorf("choice (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadChoice_Malformed_NamesTheVariable(t *testing.T) {
	for variable, tests := range map[string]map[string]string{
		"FARGATE_TASK_DEFINITION":  {"ci go": "must be a task definition as family", "$FAMILY": `not "$FAMILY"`},
		"FARGATE_PLATFORM_VERSION": {"latest": "must be a Fargate platform version such as 1.4.0, or LATEST"},
		"FARGATE_TASK_CLASS":       {"Large": "must be the name of a FargateTaskClass"},
		"FARGATE_CPU": {
			"1000": "must be one of 256, 512,", "-256": "not -256", "one": `such as "1 vCPU", not "one"`, "1 GB": "whole number",
			"nan vCPU": "whole number", "inf vCPU": "whole number", "0.3 vCPU": "whole number", "9999999999": "whole number",
		},
		"FARGATE_MEMORY":            {"256": "must be from 512 to 122880 MiB, not 256", "1e9 GB": "whole number", "é": "whole number"},
		"FARGATE_EPHEMERAL_STORAGE": {"20": "must be from 21 to 200 GiB, not 20", "50 GB": "such as 50, not", strings.Repeat("9", 200): `..."`},
	} {
		for value, want := range tests {
			t.Run(variable+"="+value, func(t *testing.T) {
				_, err := environment(t, "CUSTOM_ENV_"+variable+"="+value).ReadChoice()
				wantError(t, err, "the CI variable "+variable+" must be ")
				wantError(t, err, want)
			})
		}
	}
}

func TestReadChoice_SeveralMalformed_NamesAll(t *testing.T) {
	_, err := environment(t, "CUSTOM_ENV_FARGATE_CPU=x", "CUSTOM_ENV_FARGATE_MEMORY=y").ReadChoice()
	wantError(t, err, "FARGATE_CPU")
	wantError(t, err, "FARGATE_MEMORY")
}

func FuzzReadChoice(f *testing.F) {
	f.Add("ci:1", "1.4.0", "large", "1 vCPU", "2 GB", "50")
	f.Add("", "", "", "", "", "")
	f.Add("arn:aws:ecs:us-east-1:123456789012:task-definition/ci:1", "LATEST", "a.b", "0x400", "1e1GB", "+21")
	f.Fuzz(func(t *testing.T, definition, version, class, cpu, memory, storage string) {
		env := Environment{jobVariables: map[string]string{
			taskrules.TaskDefinitionVariable: definition, taskrules.PlatformVersionVariable: version, taskrules.TaskClassVariable: class,
			taskrules.CPUVariable: cpu, taskrules.MemoryVariable: memory, taskrules.EphemeralStorageVariable: storage,
		}}
		choice, err := env.ReadChoice()
		if err != nil {
			return
		}
		for name, broken := range map[string]error{
			"cpu":     optional(choice.CPU, taskrules.CheckCPU),
			"memory":  optional(choice.Memory, taskrules.CheckMemory),
			"storage": optional(choice.EphemeralStorageGiB, taskrules.CheckEphemeralStorage),
		} {
			if broken != nil {
				t.Errorf("accepted a %s that %v", name, broken)
			}
		}
	})
}

// optional checks a size that is 0 if the job does not set it.
func optional(size int32, check func(int) error) error {
	if size == 0 {
		return nil
	}
	return check(int(size))
}
