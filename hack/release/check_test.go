package main

import (
	"cmp"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

func TestRun_WhatCannotBeReleased_NamesTheFix(t *testing.T) {
	for name, test := range map[string]struct {
		version string
		section string // what the changelog has instead of its section
		change  string // a file that is in no commit
		stale   string // a file with another version
		want    string
	}{
		"no version":              {want: `"" is not a version such as v0.1.0`},
		"a commit":                {version: "97402c8", want: `"97402c8" is not a version such as v0.1.0`},
		"a version without v":     {version: "1.2.3", want: `"1.2.3" is not a version`},
		"a shortened version":     {version: "v1.2", want: `"v1.2" is not a version`},
		"build metadata":          {version: "v1.2.3+5", want: `"v1.2.3+5" is not a version`},
		"no changelog section":    {version: "v1.2.4", want: `no section "## 1.2.4 - YYYY-MM-DD"`},
		"section without date":    {version: version, section: "## 1.2.3\n\n### Added\n\n- A thing.\n", want: `no section "## 1.2.3 - YYYY-MM-DD"`},
		"section without entries": {version: version, section: "## 1.2.3 - 2026-11-23\n\n### Added\n", want: "section of 1.2.3 in CHANGELOG.md: it has no entry"},
		"unknown heading":         {version: version, section: "## 1.2.3 - 2026-11-23\n\n### Improved\n\n- A thing.\n", want: `heading "Improved": use one of added, changed`},
		"no heading":              {version: version, section: "## 1.2.3 - 2026-11-23\n\n- A thing.\n", want: `entry "A thing." is below no heading`},
		"a changed file":          {version: version, change: "CHANGELOG.md", want: "commit or remove these changes:\n M CHANGELOG.md"},
		"a new file":              {version: version, change: "new", want: "commit or remove these changes:\n?? new"},
		"another chart":           {version: version, stale: crdsChart, want: crdsChart + `: version is "1.2.2": set it to 1.2.3, run make generate`},
		"another image of it":     {version: version, stale: operatorChart, want: operatorChart + `: appVersion is "v1.2.2": set it to v1.2.3`},
		"another manifest":        {version: version, stale: kustomization, want: kustomization + `: newTag of the image is "v1.2.2": set it to v1.2.3`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			git(t, dir, "init", "--quiet")
			writeVersions(t, dir, test.stale)
			commit(t, dir, cmp.Or(test.section, changelog))
			if test.change != "" {
				write(t, filepath.Join(dir, test.change), "")
			}
			err := run(t.Context(), dir, test.version, filepath.Join(t.TempDir(), "dist"), nil)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// The files that have the tree's version.
const (
	operatorChart = "charts/fargate-operator/Chart.yaml"
	crdsChart     = "charts/fargate-operator-crds/Chart.yaml"
	kustomization = "config/default/kustomization.yaml"
)

// writeVersions writes the files with the tree's version, one of them with the
// previous version.
func writeVersions(t *testing.T, dir, stale string) {
	t.Helper()
	for file, content := range map[string]string{
		operatorChart: "version: 1.2.3\nappVersion: v1.2.3\n",
		crdsChart:     "version: 1.2.3\nappVersion: v1.2.3\n",
		kustomization: "images: [{name: fargate-operator, newTag: v1.2.3}]\n",
	} {
		if file == stale {
			content = strings.ReplaceAll(content, "1.2.3", "1.2.2")
		}
		write(t, filepath.Join(dir, file), content)
	}
}

// commit creates a commit with this changelog.
func commit(t *testing.T, dir, content string) {
	t.Helper()
	write(t, filepath.Join(dir, "CHANGELOG.md"), content)
	git(t, dir, "add", "--all")
	git(t, dir, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message=a")
}

func TestReadSection_EntriesBecomeChanges(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "CHANGELOG.md"), changelog)
	got, err := readSection(dir, version)
	if err != nil {
		t.Fatal(err)
	}
	want := []change{
		{Kind: "added", Description: "One thing, which takes two lines."},
		{Kind: "fixed", Description: "`Another` thing."},
	}
	if diff := gocmp.Diff(want, got.changes); diff != "" {
		t.Errorf("changes differ (-want +got):\n%s", diff)
	}
}

func TestCheckTree_ThisRepository_IsOfOneVersion(t *testing.T) {
	var chart struct {
		AppVersion string `json:"appVersion"`
	}
	if err := readYAML(filepath.Join(repository, operatorChart), &chart); err != nil {
		t.Fatal(err)
	}
	if err := checkTree(repository, chart.AppVersion); err != nil {
		t.Error(err)
	}
}
