package docs_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/docs"
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

// textsOf are a page's blocks, whether they run or not: the original's do.
func textsOf(page *docs.Page) []string {
	var texts []string
	for _, block := range page.Blocks {
		texts = append(texts, block.Language+"\n"+block.Text)
	}
	return texts
}
