package docs_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// workflow is what the tests look at of a workflow.
type workflow struct {
	Permissions map[string]string `json:"permissions"`
	Jobs        map[string]struct {
		Permissions map[string]string `json:"permissions"`
		Steps       []struct {
			Uses string         `json:"uses"`
			With map[string]any `json:"with"`
			Run  string         `json:"run"`
		} `json:"steps"`
	} `json:"jobs"`
}

var (
	// pinned is an action that is named by the digest of a commit.
	pinned = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40}$`)
	// target is a target of make in a command.
	target = regexp.MustCompile(`\bmake ([a-z][a-z-]*)`)
)

func TestWorkflows_RunWhatTheRepositoryHas(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range namesOf(t, ".github/workflows/*.yml") {
		var flow workflow
		readYAML(t, name, &flow)
		for job, content := range flow.Jobs {
			for _, step := range content.Steps {
				for _, command := range target.FindAllStringSubmatch(step.Run, -1) {
					if !strings.Contains(string(makefile), "\n"+command[1]+":") {
						t.Errorf("%s: job %s runs make %s, which is not a target of the Makefile", name, job, command[1])
					}
				}
				if script, ok := strings.CutPrefix(step.Run, "."); ok {
					if _, err := os.Stat(filepath.Join(root, "."+script)); err != nil {
						t.Errorf("%s: job %s runs what is not there: %v", name, job, err)
					}
				}
			}
		}
	}
}

// A workflow runs other people's code: it gets no right that it does not name,
// and runs the action that was looked at.
func TestWorkflows_NamePermissionsAndPinActions(t *testing.T) {
	for _, name := range namesOf(t, ".github/workflows/*.yml") {
		var flow workflow
		readYAML(t, name, &flow)
		if flow.Permissions == nil || slices.Contains(slices.Collect(maps.Values(flow.Permissions)), "write") {
			t.Errorf("%s: permissions are %v for all of its jobs: name none or reading ones, and writing ones in the job", name, flow.Permissions)
		}
		for job, content := range flow.Jobs {
			for _, step := range content.Steps {
				if step.Uses != "" && !pinned.MatchString(step.Uses) {
					t.Errorf("%s: job %s uses %s: name the commit, and the version in a comment", name, job, step.Uses)
				}
			}
		}
	}
}

func TestWorkflows_UseTheGoOfTheModule(t *testing.T) {
	module, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(module)
	if found == nil {
		t.Fatal("go.mod has no Go version")
	}
	for _, name := range namesOf(t, ".github/workflows/*.yml") {
		var flow workflow
		readYAML(t, name, &flow)
		for job, content := range flow.Jobs {
			for _, step := range content.Steps {
				if version, ok := step.With["go-version"]; ok && version != string(found[1])+".x" {
					t.Errorf("%s: job %s uses Go %v, go.mod has %s", name, job, version, found[1])
				}
			}
		}
	}
}
