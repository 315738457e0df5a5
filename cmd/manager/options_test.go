package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// outsideOfAPod hides the namespace that a pod would know.
func outsideOfAPod(t *testing.T) {
	t.Helper()
	inPod := serviceAccountNamespace
	t.Cleanup(func() { serviceAccountNamespace = inPod })
	serviceAccountNamespace = filepath.Join(t.TempDir(), "namespace")
}

func TestParseOptions_BadInput_NamesTheFlagAndTheFix(t *testing.T) {
	outsideOfAPod(t)
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--namespace", "x", "--log-level", "loud"}, `--log-level "loud": use debug, info, warn or error`},
		{[]string{"--namespace", "x", "--log-format", "xml"}, `--log-format "xml": use json or console`},
		{[]string{"--namespace", "x", "extra"}, `unexpected argument "extra"`},
		{[]string{"--leader-elect"}, "--namespace is needed outside of a pod"},
		{[]string{"--no-such-flag"}, "flag provided but not defined"},
		{[]string{"--namespace", "x", "--installation-id", "a/b"}, `--installation-id must be an id of 1 to 64 letters, digits, - and _, not "a/b"`},
		{[]string{"--namespace", "x", "--adopt-installations", "a, b c"}, `each of --adopt-installations must be an id of 1 to 64 letters, digits, - and _, not "b c"`},
		{[]string{"--namespace", "x", "--watch-namespaces", "a,"}, `--watch-namespaces "a,": "" is not a valid namespace name`},
		{[]string{"--namespace", "x", "--watch-namespaces", " "}, `--watch-namespaces " ": "" is not a valid namespace name`},
		{[]string{"--namespace", "x", "--watch-namespaces", "a,b c"}, `--watch-namespaces "a,b c": "b c" is not a valid namespace name`},
		{[]string{"--namespace", "x", "--watch-namespaces", "Team"}, `--watch-namespaces "Team": "Team" is not a valid namespace name`},
	} {
		_, err := parseOptions(test.args)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: got %v, want %q", test.args, err, test.want)
		}
	}
}

func TestParseOptions_InAPod_NamespaceIsThePodsOwn(t *testing.T) {
	outsideOfAPod(t)
	if err := os.WriteFile(serviceAccountNamespace, []byte("own\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := parseOptions(nil)
	if err != nil {
		t.Fatal(err)
	}
	if o.namespace != "own" {
		t.Errorf("namespace %q, want the pod's", o.namespace)
	}
}

func TestParseOptions_WatchNamespaces_LimitTheCache(t *testing.T) {
	for _, list := range []string{"a,b", "a, b", " a ,b "} {
		o, err := parseOptions([]string{"--namespace", "op", "--watch-namespaces", list})
		if err != nil {
			t.Fatal(err)
		}
		got := slices.Sorted(maps.Keys(o.namespaces()))
		if diff := cmp.Diff([]string{"a", "b"}, got); diff != "" {
			t.Errorf("%q: namespaces differ (-want +got):\n%s", list, diff)
		}
	}
	all, err := parseOptions([]string{"--namespace", "op"})
	if err != nil {
		t.Fatal(err)
	}
	if all.namespaces() != nil {
		t.Error("the cache is limited although no namespaces were named")
	}
}

func TestParseOptions_Lists_AreTaken(t *testing.T) {
	o, err := parseOptions([]string{
		"--namespace", "op", "--installation-id", "prod", "--adopt-installations", "old, older",
		"--allowed-assume-roles", "arn:aws:iam::123456789012:role/ci-*,", "--external-id", "x",
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"old", "older"}, o.adopted); diff != "" {
		t.Errorf("adopted installations differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"arn:aws:iam::123456789012:role/ci-*"}, o.assumableRoles); diff != "" {
		t.Errorf("allowed roles differ (-want +got):\n%s", diff)
	}
	if id, err := o.installation(t.Context(), nil); err != nil || id != "prod" {
		t.Errorf("installation %q, error %v; want the one given", id, err)
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
