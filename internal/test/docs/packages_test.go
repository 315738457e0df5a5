package docs_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/test/docs"
)

// mapPages are the pages that list every package.
var mapPages = []string{"CONTRIBUTING.md", "docs/architecture.md"}

func TestPackages_HaveALineInEveryMap(t *testing.T) {
	const fix = "run go test ./internal/test/docs -run Packages -update"
	packages, err := docs.Packages(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packages {
		if p.Does == "" {
			t.Errorf("%s has no comment that begins with \"Package\" or \"Command\" and its name: write one", p.Path)
		}
	}
	for _, name := range mapPages {
		file := filepath.Join(root, name)
		page, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		filled := docs.FillPackages(page, packages)
		if *update {
			if err := os.WriteFile(file, filled, 0o644); err != nil {
				t.Fatal(err)
			}
			page = filled
		}
		for _, p := range packages {
			if !bytes.Contains(page, []byte("\n"+docs.LineOf(p.Path))) {
				t.Errorf("%s has no line for the package %s: %s", name, p.Path, fix)
			}
		}
		if diff := cmp.Diff(string(page), string(filled)); diff != "" {
			t.Errorf("%s does not say what the packages' comments say: %s (-page +packages)\n%s", name, fix, diff)
		}
	}
}

func TestPackages_OfAllModules_AreFoundWithTheirFirstSentence(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	got, err := docs.Packages(fstest.MapFS{
		"go.mod":                   file("module m"),
		"hack/go.mod":              file("module hack"),
		"hack/run/main.go":         file("// Command run runs. It does more.\npackage main\n"),
		"internal/a/a.go":          file("package a\n"),
		"internal/a/doc.go":        file("// Package a is\n// the first: see\n// below.\n//\n// Below.\npackage a\n"),
		"internal/b/b_test.go":     file("// Package b_test tests.\npackage b_test\n"),
		"internal/none/none.go":    file("// No name.\npackage none\n"),
		"internal/a/testdata/x.go": file("package x\n"),
		".git/y.go":                file("package y\n"),
		"docs/page.md":             file("# Page\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []docs.Package{
		{Path: "hack/run", Does: "runs."},
		{Path: "internal/a", Does: "is the first: see below."},
		{Path: "internal/b", Does: "tests."},
		{Path: "internal/none"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFillPackages_PackageIsInTheListOfTheNearestDirectory(t *testing.T) {
	packages := []docs.Package{{Path: "cmd/a", Does: "runs."}, {Path: "internal/b", Does: "is b."}, {Path: "internal/test/c", Does: "is c."}}
	page := "# Map\n<!-- packages in: cmd internal -->\n- stale\n<!-- end of packages -->\n\nTests:\n<!-- packages in: internal/test -->\n<!-- end of packages -->\n"
	want := "# Map\n<!-- packages in: cmd internal -->\n- `cmd/a` runs.\n- `internal/b` is b.\n<!-- end of packages -->\n\nTests:\n" +
		"<!-- packages in: internal/test -->\n- `internal/test/c` is c.\n<!-- end of packages -->\n"
	if diff := cmp.Diff(want, string(docs.FillPackages([]byte(page), packages))); diff != "" {
		t.Error(diff)
	}
}
