package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The linker drops what nothing calls, unless something that it keeps asks by reflection for methods whose names it
// cannot know. Then it keeps every exported method, of AWS's clients too, which doubles the size of the manager.

func TestManager_NothingThatItImportsAsksForMethodsByReflection(t *testing.T) {
	if culprit := reflectionIn(t, "."); culprit != nil {
		t.Errorf("the manager keeps all methods, since this chain ends in reflection:\n  %s", strings.Join(culprit, "\n  "))
	}
}

func TestReflectionIn_AnImportBringsIt_NamesTheWayThere(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"go.mod":  "module sample\n",
		"main.go": "package main\nimport (\"os\"; \"text/template\")\nfunc main() { _ = template.Must(template.New(\"\").Parse(\"\")).Execute(os.Stdout, nil) }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	culprit := reflectionIn(t, dir)
	if len(culprit) < 3 || !strings.HasPrefix(culprit[len(culprit)-1], "text/template.") {
		t.Fatalf("the chain is %q, want one that ends in text/template", culprit)
	}
	for _, symbol := range culprit {
		if symbol == "main.main" {
			return
		}
	}
	t.Errorf("the chain %q does not go through main.main", culprit)
}

// reflectionIn links the program in a directory and returns the symbols from its start to the first one that asks for
// methods by reflection, or nil if there is none.
func reflectionIn(t *testing.T, dir string) []string {
	t.Helper()
	link := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w -dumpdep", "-o", filepath.Join(t.TempDir(), "program"), ".")
	link.Dir = dir
	link.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off") // As it is released.
	dump, err := link.CombinedOutput()
	if err != nil {
		t.Fatalf("linking: %v\n%s", err, dump)
	}
	// A line "a -> b <flags>" says what the linker reached b from first.
	from := map[string]string{}
	for line := range bytes.Lines(dump) {
		before, after, _ := strings.Cut(strings.TrimSpace(string(line)), " -> ")
		symbol, flags, _ := strings.Cut(after, " <")
		if _, known := from[symbol]; !known {
			from[symbol], _, _ = strings.Cut(before, " <")
		}
		if strings.Contains(flags, "ReflectMethod") {
			return wayTo(symbol, from)
		}
	}
	if len(from) == 0 {
		t.Fatal("the linker has not said what it keeps")
	}
	return nil
}

// wayTo is the way from a program's start to a symbol.
func wayTo(symbol string, from map[string]string) []string {
	var way []string
	for symbol != "" && symbol != "_" {
		way = append([]string{symbol}, way...)
		symbol = from[symbol]
	}
	return way
}
