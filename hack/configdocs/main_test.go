package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/driverconfig"
)

const root = "../.."

func TestGenerate_CommittedPage_IsUpToDate(t *testing.T) {
	want, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(root, document))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s differs from what make generate writes (-want +got):\n%s", document, diff)
	}
}

func sections(t *testing.T) []section {
	t.Helper()
	all, err := read(filepath.Join(root, "internal", "driverconfig"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestRead_EveryKey_HasAllThatThePageSays(t *testing.T) {
	for _, s := range sections(t) {
		for _, k := range s.keys {
			if k.unset() == "" || k.tag.Get("example") == "" || !strings.HasPrefix(k.doc, k.name+" ") {
				t.Errorf("%s.%s needs a default or unset tag, an example, and a comment that begins with its name", s.name, k.name)
			}
		}
	}
}

// Every example works on its own, in a mode in which the key has an effect.
func TestRead_EveryExample_Works(t *testing.T) {
	all := sections(t)
	for _, s := range all {
		for _, k := range s.keys {
			t.Run(s.name+"."+k.name, func(t *testing.T) {
				const standalone = "TaskMetadata.Directory = '/m'\n"
				lines := k.example() + "\n"
				if s.name != "" {
					lines = strings.Trim(s.title(), "`") + "\n" + lines
				}
				switch _, ofClass := k.tag.Lookup("class"); {
				case s.name == "Fargate":
					load(t, standalone+lines+required(all, k.name))
				case s.list:
					load(t, standalone+"[Fargate]\n"+required(all, "")+lines+required([]section{s}, k.name))
				case ofClass:
					load(t, standalone+"[Fargate]\n"+required(all, "")+lines)
				case s.name == "Kubernetes":
					load(t, lines)
				default:
					load(t, lines+"[Kubernetes]\n")
				}
			})
		}
	}
}

// required returns the examples of the keys that a file must have, except one
// key and the singular key that it replaces.
func required(all []section, except string) string {
	var lines strings.Builder
	for _, s := range all {
		for _, k := range s.keys {
			needed := strings.HasPrefix(k.unset(), "required") && k.name != "Subnets"
			if needed && k.name != except && k.name+"s" != except && (len(all) == 1 || !s.list) {
				lines.WriteString(k.example() + "\n")
			}
		}
	}
	return lines.String()
}

func load(t *testing.T, text string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "fargate.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := driverconfig.Load(file); err != nil {
		t.Errorf("%v in:\n%s", err, text)
	}
}

func TestRead_NoComment_NamesTheField(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.go"), []byte("package p\n\ntype Config struct {\n\tLogLevel string\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := read(dir); err == nil || err.Error() != "Config.LogLevel: it has no comment" {
		t.Errorf("got %v, want an error that names the field", err)
	}
	if _, err := read(t.TempDir()); err == nil {
		t.Error("a directory without sources is read")
	}
}
