package gitlab

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// variablesOf is a job with that many variables of a MiB each, before and after
// what is used of it.
func variablesOf(count int) io.Reader {
	parts := []io.Reader{strings.NewReader(`{"variables":[{}`)}
	variable := `,{"key":"A","value":"` + strings.Repeat("a", 1<<20) + `","nested":[[{"b":null}]]}`
	for range count {
		parts = append(parts, strings.NewReader(variable))
	}
	return io.MultiReader(append(parts, strings.NewReader(`],"id":7,"steps":[],"job_info":{"name":"build"}}`))...)
}

func TestParseJobResponse_ManyVariables_TakeNoMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	response, err := parseJobResponse(variablesOf(200))
	runtime.ReadMemStats(&after)
	if err != nil || response.ID != 7 || response.JobInfo.Name != "build" {
		t.Errorf("got job %d %q, %v", response.ID, response.JobInfo.Name, err)
	}
	// One value is in memory three times: as read, as a token, and before growth.
	if peak := (after.HeapSys - before.HeapSys) >> 20; after.HeapSys > before.HeapSys && peak > 50 {
		t.Errorf("200 MiB of variables took %d MiB", peak)
	}
}

func TestReadJob_Unused_NamesWhatTheAuthorWrote(t *testing.T) {
	const id = "CUSTOM_ENV_CI_JOB_ID=1"
	const project = "CUSTOM_ENV_CI_PROJECT_ID=2"
	for name, test := range map[string]struct {
		response string // none if empty
		environ  []string
		want     Unused
	}{
		"nothing": {response: `{"id":1}`},
		"null":    {response: `{"id":1,"image":null,"services":null}`, environ: []string{"CUSTOM_ENV_CI_JOB_SERVICES=[]"}},
		"empty":   {response: `{"id":1,"image":{"name":""},"services":[]}`},
		"as the runner expands it": {
			response: `{"id":1,"image":{"name":"$IMG:3.3","entrypoint":[""]},"services":[{"name":"$DB","command":["--password","$SECRET"]}]}`,
			environ: []string{
				"CUSTOM_ENV_CI_JOB_IMAGE=ruby:3.3",
				`CUSTOM_ENV_CI_JOB_SERVICES=[{"name":"postgres:17","alias":"db","entrypoint":null,"command":null,"variables":{"POSTGRES_PASSWORD":"secret"}}]`,
			},
			want: Unused{Image: "ruby:3.3", Services: []string{"postgres:17"}},
		},
		"without the runner's variables": {
			response: `{"id":1,"image":{"name":"$IMG:3.3"},"services":[{"name":"redis:7"},{"alias":"x"}]}`,
			want:     Unused{Image: "$IMG:3.3", Services: []string{"redis:7", "?"}},
		},
		"a variable of the author's own is no image": {
			response: `{"id":1}`, environ: []string{"CUSTOM_ENV_CI_JOB_IMAGE=ruby", `CUSTOM_ENV_CI_JOB_SERVICES=[{"name":"redis"}]`},
		},
		"variables that make no sense": {
			response: `{"id":1,"services":[{"name":"redis:7"}]}`, environ: []string{"CUSTOM_ENV_CI_JOB_SERVICES=[{"},
			want: Unused{Services: []string{"redis:7"}},
		},
		"another form": {response: `{"id":1,"image":"ruby","services":{"a":1}}`},
		"no response": {
			environ: []string{id, project, "CUSTOM_ENV_CI_JOB_IMAGE=ruby", `CUSTOM_ENV_CI_JOB_SERVICES=[{"name":"redis"}]`},
			want:    Unused{Image: "ruby", Services: []string{"redis"}},
		},
		"no response and nothing": {environ: []string{id, project, "CUSTOM_ENV_CI_JOB_SERVICES="}},
	} {
		t.Run(name, func(t *testing.T) {
			if test.response != "" {
				test.environ = append(test.environ, "JOB_RESPONSE_FILE="+writeResponse(t, test.response))
			}
			job, err := environment(t, test.environ...).ReadJob()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, job.Unused); diff != "" {
				t.Errorf("unused (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStage_String_IsGitLabsName(t *testing.T) {
	for stage, want := range map[Stage]string{
		"build_script": "step_script", "step_script": "step_script", "step_release": "step_release",
		"after_script": "after_script", "get_sources": "get_sources", "cleanup_file_variables": "cleanup_file_variables",
	} {
		if got := fmt.Sprintf("stage %s", stage); got != "stage "+want {
			t.Errorf("%q is called %q, want %q", string(stage), got, want)
		}
	}
}

func FuzzJobResponse(f *testing.F) {
	f.Add([]byte(newResponse))
	f.Add([]byte(oldResponse))
	f.Add([]byte(`{"id":9223372036854775807,"runner_info":{"timeout":9223372036854775807}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		response, err := parseJobResponse(bytes.NewReader(text))
		if err != nil {
			return
		}
		if job := response.job(); job.ID <= 0 || job.Timeout < 0 {
			t.Errorf("accepted %+v", job)
		}
	})
}
