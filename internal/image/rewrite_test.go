package image

import (
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
)

func TestRewrites_FirstThatMatches_ReplacesWhatTheNameBeginsWith(t *testing.T) {
	t.Parallel()
	rewrites, err := ParseRewrites([]Rewrite{
		{From: hub + "/library/node", To: "registry.example.com/base/javascript"},
		{From: hub + "/ruby", To: name.DefaultRegistry + "/mirror/ruby"},
		{From: "secure.example.com:443/a", To: "registry.example.com:443/b"},
		{From: name.DefaultRegistry + "/", To: "registry.example.com/hub/"},
		{From: "*.mirrored.example.com/{a,b}", To: "registry.example.com:5000"},
		{From: "registry.example.com/hub", To: "never.example.com"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for written, want := range map[string]string{
		"node:22":                               "registry.example.com/base/javascript:22",
		"node@" + zeros:                         "registry.example.com/base/javascript@" + zeros,
		"ruby:3":                                hub + "/mirror/ruby:3",
		"secure.example.com/a/c:1":              "registry.example.com/b/c:1",
		"secure.example.com:443/a/c":            "registry.example.com/b/c:latest",
		"nodes:22":                              "registry.example.com/hub/library/nodes:22",
		"bitnami/redis":                         "registry.example.com/hub/bitnami/redis:latest",
		"one.mirrored.example.com/a/c:1":        "registry.example.com:5000/c:1",
		"one.mirrored.example.com/c:1":          "one.mirrored.example.com/c:1",
		"mirrored.example.com/a/c:1":            "mirrored.example.com/a/c:1",
		"other.example.com/" + hub + "/node:22": "other.example.com/" + hub + "/node:22",
	} {
		n, err := Parse(written)
		if err != nil {
			t.Fatal(err)
		}
		got, err := rewrites.Apply(n)
		if err != nil || got.String() != want || got.rewritten != (want != n.String()) {
			t.Errorf("%s: got %s, %v, want %s", written, got, err, want)
		}
	}
}

func TestRewrites_ResultIsInvalid_NamesBothAndTheRule(t *testing.T) {
	t.Parallel()
	to := "registry.example.com/" + strings.Repeat("a", 245)
	rewrites, err := ParseRewrites([]Rewrite{{From: hub, To: to}, {From: "one.example.com/a", To: "two.example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	for written, want := range map[string]string{
		"node:22":           `image "node:22" (pulled as "registry.example.com/aaa`,
		"one.example.com/a": `image "one.example.com/a" (pulled as "two.example.com:latest" by a rewrite rule): the second name is not valid`,
	} {
		n, err := Parse(written)
		if err != nil {
			t.Fatal(err)
		}
		got, err := rewrites.Apply(n)
		if err == nil {
			t.Fatalf("%s: got %s", written, got)
		}
		wantFault(t, err, InvalidName, want)
		wantFault(t, err, InvalidName, "have an administrator correct the rule from")
	}
}

func TestParseRewrites_Invalid_NamesTheRule(t *testing.T) {
	t.Parallel()
	for _, rule := range []Rewrite{
		{"", "registry.example.com"},
		{"library", "registry.example.com"},
		{"**", "registry.example.com"},
		{"registry.example.com/[a", "registry.example.com"},
		{"registry.example.com/{a/b,c}", "registry.example.com"},
		{"Registry.example.com", "registry.example.com"},
		{"registry.example.com:0", "registry.example.com"},
		{hub, ""},
		{hub, "mirror"},
		{hub, "https://registry.example.com"},
		{hub, "registry.example.com/a:1"},
		{hub, "registry.example.com/A"},
	} {
		_, err := ParseRewrites([]Rewrite{{hub, "registry.example.com"}, rule})
		if err == nil || !strings.Contains(err.Error(), `from "`+rule.From+`" to "`+rule.To+`"`) {
			t.Errorf("%v: got %v", rule, err)
		}
	}
}
