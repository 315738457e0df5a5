package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"sigs.k8s.io/yaml"
)

// readYAML reads a file of the repository into what a test looks at of it.
func readYAML(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// namesOf are the repository's files that match a pattern.
func namesOf(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no files: %v", pattern, err)
	}
	for i := range files {
		files[i], _ = filepath.Rel(root, files[i]) // Glob has put it there.
	}
	return files
}

func TestIssueForms_HaveWhatGitHubWants(t *testing.T) {
	for _, name := range namesOf(t, ".github/ISSUE_TEMPLATE/*.yml") {
		if filepath.Base(name) == "config.yml" {
			continue // It is no form.
		}
		var form struct {
			Name        string `json:"name"`
			Description string `json:"description"`
			Body        []struct {
				Type       string         `json:"type"`
				ID         string         `json:"id"`
				Attributes map[string]any `json:"attributes"`
			} `json:"body"`
		}
		readYAML(t, name, &form)
		if form.Name == "" || form.Description == "" || len(form.Body) == 0 {
			t.Errorf("%s: name, description or body is missing", name)
		}
		seen := map[string]bool{}
		for _, field := range form.Body {
			text := field.Attributes["label"]
			if field.Type == "markdown" {
				text = field.Attributes["value"]
			}
			if text == nil || seen[field.ID] && field.ID != "" {
				t.Errorf("%s: the field %s %q has no text, or an id that another has", name, field.Type, field.ID)
			}
			seen[field.ID] = true
		}
	}
}

func TestDependencyUpdates_CoverTheTree(t *testing.T) {
	var config struct {
		Updates []struct {
			Ecosystem   string   `json:"package-ecosystem"`
			Directory   string   `json:"directory"`
			Directories []string `json:"directories"`
		} `json:"updates"`
	}
	readYAML(t, ".github/dependabot.yml", &config)
	covered := map[string][]string{}
	for _, update := range config.Updates {
		covered[update.Ecosystem] = append(update.Directories, update.Directory)
	}
	for file, ecosystem := range map[string]string{"go.mod": "gomod", "versions.tf": "terraform", "Dockerfile": "docker"} {
		for _, dir := range directoriesWith(t, file) {
			if !slices.Contains(covered[ecosystem], dir) {
				t.Errorf(".github/dependabot.yml does not name %s for %s", dir, ecosystem)
			}
		}
	}
}

// directoriesWith are the directories that have a file of that name, with the
// repository as /.
func directoriesWith(t *testing.T, file string) []string {
	t.Helper()
	var found []string
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains(notOurs, entry.Name()):
			return fs.SkipDir
		case entry.Name() == file:
			found = append(found, filepath.Clean("/"+filepath.Dir(path)))
		}
		return nil
	})
	if err != nil || len(found) == 0 {
		t.Fatalf("no directories with %s: %v", file, err)
	}
	return found
}

// ownPage is a page of the repository as the hosting service shows it.
var ownPage = regexp.MustCompile(`https://github\.com/fargate-operator/fargate-operator/(?:blob|raw)/main/([\w./-]+)`)

func TestAddresses_OfOwnPages_LeadSomewhere(t *testing.T) {
	files := slices.Concat(namesOf(t, ".github/ISSUE_TEMPLATE/*.yml"), namesOf(t, "security-insights.yml"))
	for _, name := range files {
		readYAML(t, name, &map[string]any{})
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, address := range ownPage.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(root, address[1])); err != nil {
				t.Errorf("%s: %s: %v", name, address[0], err)
			}
		}
	}
}
