package docs_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/test/docs"
)

// translations has the original of each translated page.
var translations = map[string]string{
	"docs/zh/README.md":                "README.md",
	"docs/zh/install-beside-runner.md": "docs/install-beside-runner.md",
	"docs/zh/install-eks.md":           "docs/install-eks.md",
	"docs/zh/migrating.md":             "docs/migrating.md",
}

func TestTranslations_HaveTheBlocksOfTheOriginals(t *testing.T) {
	blocks := map[string][]string{}
	for _, page := range pages(t) {
		blocks[page.Name] = textsOf(page)
		if filepath.Dir(page.Name) == "docs/zh" && translations[page.Name] == "" {
			t.Errorf("%s: no original is known", page.Name)
		}
	}
	for translation, original := range translations {
		if diff := cmp.Diff(blocks[original], blocks[translation]); diff != "" {
			t.Errorf("%s has other blocks than %s (-want +got):\n%s", translation, original, diff)
		}
	}
}

// A translation that has fallen behind lacks an item, a row or a link.
func TestTranslations_HaveTheItemsAndRowsOfTheOriginals(t *testing.T) {
	all := pagesByName(t)
	for translation, original := range translations {
		want, got := all[original], all[translation]
		if got.Items != want.Items {
			t.Errorf("%s has %d items in its lists, %s has %d", translation, got.Items, original, want.Items)
		}
		if got.Rows != want.Rows {
			t.Errorf("%s has %d rows in its tables, %s has %d", translation, got.Rows, original, want.Rows)
		}
	}
}

// A translation links to what its original links to, or to the translation of
// that if there is one.
func TestTranslations_HaveTheLinksOfTheOriginals(t *testing.T) {
	all := pagesByName(t)
	translated := map[string]string{}
	for translation, original := range translations {
		translated[original] = translation
	}
	for translation, original := range translations {
		want, toTranslation := targetsOf(all[original], translated, translation)
		got, toOriginal := targetsOf(all[translation], nil, original)
		if !toTranslation || !toOriginal {
			t.Errorf("%s and %s do not link to each other", original, translation)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s has other links than %s (-want +got):\n%s", translation, original, diff)
		}
	}
}

// targetsOf returns the places that a page links to, in alphabetical order and
// with translations in place of their originals. The counterpart is the page in
// the other language and does not count as a place: linked reports whether there
// is a link to it.
func targetsOf(page *docs.Page, translated map[string]string, counterpart string) (targets []string, linked bool) {
	for _, link := range page.Links {
		if strings.Contains(link, ":") {
			targets = append(targets, link)
			continue
		}
		target, anchor, _ := strings.Cut(link, "#")
		if target == "" {
			target = page.Name
		} else {
			target = filepath.Join(filepath.Dir(page.Name), target)
		}
		if target == counterpart {
			linked = true
			continue
		}
		if translation := translated[target]; translation != "" {
			target = translation
		}
		if anchor != "" && translations[target] != "" {
			anchor = "…" // The heading is translated too.
		}
		targets = append(targets, target+"#"+anchor)
	}
	slices.Sort(targets)
	return targets, linked
}

func pagesByName(t *testing.T) map[string]*docs.Page {
	t.Helper()
	all := map[string]*docs.Page{}
	for _, page := range pages(t) {
		all[page.Name] = page
	}
	return all
}

// textsOf returns a page's blocks, whether they run or not: the original's do.
func textsOf(page *docs.Page) []string {
	var texts []string
	for _, block := range page.Blocks {
		texts = append(texts, block.Language+"\n"+block.Text)
	}
	return texts
}
