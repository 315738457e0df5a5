package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/fargate-operator/fargate-operator/hack/compile"
	"github.com/fargate-operator/fargate-operator/internal/test/helm"
)

const (
	repository = "../.."
	version    = "v1.2.3"
	changelog  = "# Changelog\n\n## 1.2.3 - 2026-11-23\n\n### Added\n\n- One thing, which takes\n  two lines.\n\n### Fixed\n\n- `Another` thing.\n\n## 1.2.2 - 2026-11-22\n\n### Added\n\n- An older thing.\n"
)

// ownVersion is this tree's version, in the files that have it.
var ownVersion = regexp.MustCompile(`(?m)^(version: |appVersion: v| *newTag: v).*$`)

// newCheckout copies this working tree into a separate Git repository, with one commit and the version of these tests.
func newCheckout(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name := range strings.SplitSeq(strings.TrimSuffix(git(t, repository, "ls-files", "-z", "-co", "--exclude-standard"), "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join(repository, name))
		if os.IsNotExist(err) {
			continue // deleted and not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		if name == operatorChart || name == crdsChart || name == kustomization {
			content = ownVersion.ReplaceAll(content, []byte("${1}1.2.3"))
		}
		write(t, filepath.Join(dir, name), string(content))
	}
	git(t, dir, "init", "--quiet")
	commit(t, dir, changelog)
	return dir
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	command := exec.Command("git", args...)
	command.Dir = dir
	out, err := command.Output()
	if err != nil {
		t.Fatalf("git %s: %v", args[0], err)
	}
	return string(out)
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func runHelm(t *testing.T, args ...string) string {
	t.Helper()
	out, err := helm.Run(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// newRelease releases a checkout. One architecture is enough to see that it works.
func newRelease(t *testing.T, checkout string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "dist")
	if err := run(t.Context(), checkout, version, out, []string{runtime.GOARCH}); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRun_MakesARelease(t *testing.T) {
	checkout := newCheckout(t)
	dist := newRelease(t, checkout)
	t.Run("of these files", func(t *testing.T) { checkFiles(t, dist) })
	t.Run("whose checksums hold", func(t *testing.T) {
		check := exec.Command("sha256sum", "--check", "--strict", "SHA256SUMS")
		check.Dir = dist
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("whose binaries know their version", func(t *testing.T) {
		for program, flag := range map[string]string{"agent": "version", "fargate": "version", "manager": "--version"} {
			out, err := exec.Command(filepath.Join(dist, compile.File(program, runtime.GOARCH)), flag).Output()
			if want := program + " " + version + " (commit "; err != nil || !strings.HasPrefix(string(out), want) {
				t.Errorf("%s %s: %q, %v, want %q", program, flag, out, err, want)
			}
		}
	})
	t.Run("with an SBOM of each binary", func(t *testing.T) { checkSBOMs(t, dist) })
	t.Run("with charts of that version", func(t *testing.T) { checkCharts(t, dist) })
	t.Run("with manifests of that version", func(t *testing.T) { checkManifests(t, dist) })
	t.Run("with the changelog's section", func(t *testing.T) {
		notes := read(t, dist, "RELEASE_NOTES.md")
		for _, want := range []string{"# Fargate Operator v1.2.3\n\n### Added\n\n- One thing", "- `fargate-operator@sha256:", "- `fargate-operator-agent@sha256:"} {
			if !strings.Contains(notes, want) {
				t.Errorf("notes lack %q:\n%s", want, notes)
			}
		}
		if strings.Contains(notes, "older") {
			t.Errorf("notes have the section of another version:\n%s", notes)
		}
	})
	t.Run("that can be made again", func(t *testing.T) {
		second := filepath.Join(t.TempDir(), "somewhere", "else")
		git(t, checkout, "clone", "--quiet", ".", second)
		if diff := cmp.Diff(read(t, dist, "SHA256SUMS"), read(t, newRelease(t, second), "SHA256SUMS")); diff != "" {
			t.Errorf("a second checkout gives other files (-first +second):\n%s", diff)
		}
	})
}

func checkFiles(t *testing.T, dist string) {
	t.Helper()
	entries, err := os.ReadDir(dist)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, strings.Replace(entry.Name(), runtime.GOARCH, "ARCH", 1))
	}
	want := []string{
		"RELEASE_NOTES.md", "SHA256SUMS", "agent-linux-ARCH", "agent-linux-ARCH.cdx.json", "agent.tar", "crds.yaml", "fargate-linux-ARCH", "fargate-linux-ARCH.cdx.json",
		"fargate-operator-1.2.3.tgz", "fargate-operator-crds-1.2.3.tgz", "image.tar", "install.yaml",
		"manager-linux-ARCH", "manager-linux-ARCH.cdx.json",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files differ (-want +got):\n%s", diff)
	}
}

func checkSBOMs(t *testing.T, dist string) {
	t.Helper()
	sums := read(t, dist, "SHA256SUMS")
	for _, program := range compile.Programs() {
		binary := compile.File(program, runtime.GOARCH)
		var bom cdx.BOM
		content := bytes.NewBufferString(read(t, dist, binary+".cdx.json"))
		if err := cdx.NewBOMDecoder(content, cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
			t.Fatal(err)
		}
		about := bom.Metadata.Component
		if about.Version != version || !strings.Contains(sums, (*about.Hashes)[0].Value+"  "+binary+"\n") {
			t.Errorf("%s is about %s %v, want %s and the checksum of the binary", binary, about.Version, about.Hashes, version)
		}
		if strings.Contains(content.String(), repository) {
			t.Errorf("%s has a path of this machine", binary)
		}
		licensed := 0
		for _, component := range *bom.Components {
			if component.Evidence != nil && component.Evidence.Licenses != nil {
				licensed++
			}
		}
		// The tool does not find the license of the standard library and of modules with an unusual text.
		if all := len(*bom.Components); licensed < all*9/10 {
			t.Errorf("%s has the licenses of %d of %d modules", binary, licensed, all)
		}
	}
}

func checkCharts(t *testing.T, dist string) {
	t.Helper()
	annotations := map[string][]string{
		"fargate-operator":      {"artifacthub.io/changes", "artifacthub.io/images", "artifacthub.io/license"},
		"fargate-operator-crds": {"artifacthub.io/changes", "artifacthub.io/crds", "artifacthub.io/license"},
	}
	for name, keys := range annotations {
		var chart struct {
			Version, AppVersion string
			Annotations         map[string]string
		}
		archive := filepath.Join(dist, name+"-1.2.3.tgz")
		if err := yaml.Unmarshal([]byte(runHelm(t, "show", "chart", archive)), &chart); err != nil {
			t.Fatal(err)
		}
		if chart.Version != "1.2.3" || chart.AppVersion != version {
			t.Errorf("chart %s has version %s and appVersion %s", name, chart.Version, chart.AppVersion)
		}
		for _, key := range keys {
			var list any
			if err := yaml.Unmarshal([]byte(chart.Annotations[key]), &list); err != nil || list == nil {
				t.Errorf("chart %s has for %s: %q, %v", name, key, chart.Annotations[key], err)
			}
		}
		if rendered := runHelm(t, "template", "r", archive); name == image && !strings.Contains(rendered, "image: fargate-operator:v1.2.3\n") {
			t.Errorf("chart %s does not use this version's image:\n%s", name, rendered)
		}
	}
	crds := runHelm(t, "show", "chart", filepath.Join(dist, "fargate-operator-crds-1.2.3.tgz"))
	for _, kind := range []string{"FargateJob", "FargateTaskClass"} {
		if !strings.Contains(crds, "kind: "+kind+"\n") {
			t.Errorf("the CRDs' annotation lacks %s:\n%s", kind, crds)
		}
	}
}

func checkManifests(t *testing.T, dist string) {
	t.Helper()
	crds, install := read(t, dist, "crds.yaml"), read(t, dist, "install.yaml")
	if got := strings.Count(crds, "kind: CustomResourceDefinition\n"); got != 2 {
		t.Errorf("crds.yaml has %d CRDs, want 2", got)
	}
	for _, want := range []string{"kind: CustomResourceDefinition\n", "kind: Deployment\n", "image: fargate-operator:v1.2.3\n"} {
		if !strings.Contains(install, want) {
			t.Errorf("install.yaml lacks %q", want)
		}
	}
}
