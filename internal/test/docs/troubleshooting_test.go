package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// messageHeading is a heading of docs/troubleshooting.md that is a message.
var messageHeading = regexp.MustCompile("(?m)^### `(.+)`$")

// sources are the directories that messages come from, and the files in them.
var (
	sources     = []string{"api", "charts", "cmd", "controllers", "internal"}
	sourceKinds = []string{".go", ".tpl", ".yaml"}
)

func TestTroubleshooting_Headings_AreMessagesOfTheCode(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs/troubleshooting.md"))
	if err != nil {
		t.Fatal(err)
	}
	code := code(t)
	headings := messageHeading.FindAllStringSubmatch(string(page), -1)
	if len(headings) == 0 {
		t.Error("no heading is a message")
	}
	for _, heading := range headings {
		// What differs is between the parts, on the same line of code.
		parts := strings.Split(regexp.QuoteMeta(heading[1]), "…")
		if !regexp.MustCompile(strings.Join(parts, ".+")).MatchString(code) {
			t.Errorf("the code has no message %q", heading[1])
		}
	}
}

// code returns the text of programs and charts, without tests.
func code(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, dir := range sources {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && entry.Name() == "testdata":
				return filepath.SkipDir
			case !slices.Contains(sourceKinds, filepath.Ext(path)) || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			text, err := os.ReadFile(path)
			all.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}
