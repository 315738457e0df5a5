package image

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
)

// The cases without "!" are those of GitLab Runner's documentation on
// allowed_images.
func TestPatterns_Match_IncludesLessExcludes(t *testing.T) {
	t.Parallel()
	const own = "registry.example.com"
	for _, test := range []struct {
		patterns []string
		image    string
		want     bool
	}{
		{nil, "ruby:3", false},
		{[]string{"ruby:*"}, "ruby:3.3", true},
		{[]string{"ruby:*"}, "rubyx:3.3", false},
		{[]string{"ruby"}, "ruby", true},
		{[]string{"ruby"}, "ruby:3.3", false},
		{[]string{"ruby:*"}, "ruby", true},
		{[]string{"ruby:*"}, hub + "/library/ruby:3", true},
		{[]string{hub + "/library/ruby:*"}, "ruby:3", true},
		{[]string{name.DefaultRegistry + "/library/*:*"}, "ruby:3", true},
		{[]string{"ruby:*"}, own + "/ruby:3", false},
		{[]string{"**"}, own + "/a/b/c:1", true},
		{[]string{"**/*:*"}, own + "/a/b/c", true},
		{[]string{own + "/*/*"}, own + "/a/b/c", false},
		{[]string{own + "/**/*:*"}, own + "/a/b/c:1", true},
		{[]string{own + "/**"}, own + ":443/a/b", true},
		{[]string{own + "/{ruby,node}:[0-9]*"}, own + "/node:22", true},
		{[]string{"!ruby:3"}, "node:22", false},
		{[]string{"**", "!ruby:*"}, "ruby:3", false},
		{[]string{"!ruby:*", "**"}, "ruby:3", false},
		{[]string{"!ruby:*", "**"}, "node:22", true},
		{[]string{"**", "!ruby"}, "ruby:latest", false},
		{[]string{"**", "!ruby:*"}, hub + "/library/ruby:3", false},
		{[]string{"**", "!ruby:*"}, name.DefaultRegistry + "/ruby:3", false},
		{[]string{"**", "!" + own + "/secret/**"}, own + ":443/secret/a:1", false},
		{[]string{"**", "!" + own + "/secret/**"}, own + "/secret/a@" + zeros, false},
		{[]string{"**", "!**@*"}, "ruby:3@" + zeros, false},
		{[]string{"**", "!" + hub + "/ruby:*"}, "ruby:3", false},
		{[]string{"**", "!" + name.DefaultRegistry + "/ruby:*"}, "ruby:3", false},
		{[]string{"**", "!" + hub + "/**"}, "registry-1." + hub + "/library/ruby:3", false},
		{[]string{"**", "!ruby:*"}, "registry-1." + hub + "/ruby:3", false},
		{[]string{"**", "!ruby:*"}, hub + ":443/ruby:3", false},
		{[]string{"**", "!registry-1." + hub + "/**"}, "bitnami/redis", false},
		{[]string{"**", "!" + own + ":443/**"}, own + "/a", false},
		{[]string{"**", "!" + own + ":443/**"}, own + ":0443/a", false},
		{[]string{"**", "!" + own + ":5000/**"}, own + ":05000/a", false},
		{[]string{"**", "!" + own + ":443/**"}, own + ":5000/a", true},
		{[]string{"ruby:*"}, "ruby:3@" + zeros, true},
		{[]string{"ruby:3"}, "ruby:3@" + zeros, false},
	} {
		patterns, err := ParsePatterns(test.patterns)
		if err != nil {
			t.Fatal(err)
		}
		n, err := Parse(test.image)
		if err != nil {
			t.Fatal(err)
		}
		if got := patterns.Match(n); got != test.want {
			t.Errorf("%q, %s: got %v", test.patterns, test.image, got)
		}
	}
}

func TestParsePatterns_Invalid_NamesEach(t *testing.T) {
	t.Parallel()
	_, err := ParsePatterns([]string{"ruby:*", "[a", "!", "", "!{a", "!Registry.example.com/**", "registry.example.com:05000/**", "node:[A-Z]*"})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`"[a" is not a valid pattern`, `"!" is not`, `"" is not`, `"!{a" is not`,
		`"!Registry.example.com/**" is not a valid pattern for images: no name of an image has capital letters`, `"registry.example.com:05000/**" is not`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if strings.Contains(err.Error(), "ruby") || strings.Contains(err.Error(), "node") {
		t.Errorf("%v names a pattern that is valid", err)
	}
}

func TestPatterns_Check_SaysWhatIsAllowed(t *testing.T) {
	t.Parallel()
	n, err := Parse("node:22")
	if err != nil {
		t.Fatal(err)
	}
	for want, list := range map[string][]string{
		`image "node:22": the class does not allow it; it allows ruby:*, !ruby:1 (use an image that is allowed, or have an administrator`: {"ruby:*", "!ruby:1"},
		`image "node:22": the class allows no image`: nil,
	} {
		patterns, err := ParsePatterns(list)
		if err != nil {
			t.Fatal(err)
		}
		wantFault(t, patterns.Check(n), NotAllowed, want)
	}
	all, err := ParsePatterns([]string{"**"})
	if err := errors.Join(err, all.Check(n)); err != nil {
		t.Error(err)
	}
}
