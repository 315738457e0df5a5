package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseOptions_BadInput_NamesTheFlagAndTheFix(t *testing.T) {
	for args, want := range map[string]string{
		"--namespace x --log-level loud": `--log-level "loud": use debug, info, warn or error`,
		"--namespace x --log-format xml": `--log-format "xml": use json or console`,
		"--namespace x extra":            `unexpected argument "extra"`,
		"--leader-elect":                 "--namespace is needed outside of a pod",
		"--no-such-flag":                 "flag provided but not defined",
	} {
		_, err := parseOptions(strings.Fields(args))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", args, err, want)
		}
	}
}

func TestParseOptions_WatchNamespaces_LimitTheCache(t *testing.T) {
	o, err := parseOptions([]string{"--namespace", "op", "--watch-namespaces", "a,b"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for namespace := range o.namespaces() {
		got = append(got, namespace)
	}
	if len(got) != 2 {
		t.Errorf("the cache serves %v, want a and b", got)
	}
	all, err := parseOptions([]string{"--namespace", "op"})
	if err != nil {
		t.Fatal(err)
	}
	if all.namespaces() != nil {
		t.Error("the cache is limited although no namespaces were named")
	}
}

func TestParseOptions_Version_NeedsNothingElse(t *testing.T) {
	o, err := parseOptions([]string{"--version"})
	if err != nil {
		t.Fatal(err)
	}
	if !o.version {
		t.Error("--version is not taken for the wish to see it")
	}
}

func TestFlags_AreInTheDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	_, controller, found := strings.Cut(string(page), "\n## The controller")
	if !found {
		t.Fatal("docs/configuration.md has no section about the controller")
	}
	documented := map[string]bool{}
	for _, name := range regexp.MustCompile("`--([a-z-]+)`").FindAllStringSubmatch(controller, -1) {
		documented[name[1]] = true
	}
	flags, _, _ := newFlags(&options{})
	flags.VisitAll(func(f *flag.Flag) {
		if !documented[f.Name] {
			t.Errorf("--%s is not in docs/configuration.md", f.Name)
		}
		delete(documented, f.Name)
	})
	for name := range documented {
		t.Errorf("docs/configuration.md has --%s, which does not exist", name)
	}
}

func TestLogger_JSONByDefault(t *testing.T) {
	o, err := parseOptions([]string{"--namespace", "op"})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	log := o.logger(&out)
	log.Info("Starting", "version", "v1")
	log.V(1).Info("not shown at level info")
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%q is not one JSON object: %v", out.String(), err)
	}
	delete(line, "ts")
	if diff := cmp.Diff(map[string]any{"level": "info", "msg": "Starting", "version": "v1"}, line); diff != "" {
		t.Errorf("line differs (-want +got):\n%s", diff)
	}
}
