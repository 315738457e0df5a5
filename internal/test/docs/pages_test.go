package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/test/docs"
)

// root is the repository, seen from here.
const root = "../../.."

// notOurs are directories without pages of this project.
var notOurs = []string{".git", "bin", "dist", "testdata"}

// pages returns all Markdown files of the repository, named by their paths in it.
func pages(t *testing.T) []*docs.Page {
	t.Helper()
	var found []*docs.Page
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains(notOurs, entry.Name()):
			return filepath.SkipDir
		case entry.IsDir() || filepath.Ext(path) != ".md":
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		found = append(found, docs.Parse(name, source))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Fatal("no pages")
	}
	return found
}

// languages are those that fenced blocks may have. Text is for everything else.
var languages = []string{
	docs.Script, docs.Transcript, "json", "yaml", "toml", "dockerfile", "go", "hcl", "lua", "mermaid", "promql", "text",
}

// The two ways to say why a block with commands does not run here.
const (
	notRun  = "not run here: "
	covered = "covered by: "
)

// reasons are why commands cannot run in a test.
var reasons = []string{
	"needs AWS",
	"needs GitLab",
	"needs a cluster with nodes",
	"needs a container engine",
	"needs a registry",
	"needs a release",
	"needs a signing key",
	"needs Terraform",
	"changes the machine",
	"runs for minutes",
	"runs until interrupted",
}

func TestBlocks_HaveALanguageAndAReasonNotToRun(t *testing.T) {
	for _, page := range pages(t) {
		for _, block := range page.Blocks {
			if !slices.Contains(languages, block.Language) {
				t.Errorf("%s:%d: the language %q is not one of %v", page.Name, block.Line, block.Language, languages)
			}
			if reason, ok := strings.CutPrefix(block.Comment, notRun); ok && !slices.Contains(reasons, reason) {
				t.Errorf("%s:%d: the reason %q is not one of %q", page.Name, block.Line, reason, reasons)
			}
			if path, ok := strings.CutPrefix(block.Comment, covered); ok {
				if _, err := os.Stat(filepath.Join(root, path)); err != nil {
					t.Errorf("%s:%d: covered by something that does not exist: %v", page.Name, block.Line, err)
				}
			}
		}
	}
}

func TestLinks_LeadSomewhere(t *testing.T) {
	all := pages(t)
	anchors := map[string][]string{}
	for _, page := range all {
		anchors[page.Name] = page.Anchors
	}
	for _, page := range all {
		for _, link := range page.Links {
			if strings.Contains(link, ":") {
				continue // An address on the web.
			}
			path, anchor, _ := strings.Cut(link, "#")
			target := page.Name
			if path != "" {
				target = filepath.Join(filepath.Dir(page.Name), path)
			}
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s: link to %s: %v", page.Name, link, err)
			}
			if anchor != "" && !slices.Contains(anchors[target], anchor) {
				t.Errorf("%s: link to %s: %s has no such heading", page.Name, link, target)
			}
		}
	}
}
