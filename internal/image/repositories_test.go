package image

import (
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
)

func TestRepositories_Match_OfTheirHostAlone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern, image string
		want           bool
	}{
		{"registry.example.com/group/**", "registry.example.com/group/sub/app:1", true},
		{"registry.example.com/group/**", "registry.example.com/other/app:1", false},
		{"registry.example.com/**", "registry.example.com:5000/app", false},
		{"registry.example.com/**", "other.example.com/app", false},
		{"registry.example.com/**", "registry.example.com/app", true},
		{"registry.example.com:443/**", "registry.example.com/app@" + zeros, true},
		{"registry.example.com:5000/app", "registry.example.com:05000/app:1", true},
		{"localhost/**", "localhost/app", true},
		{"localhost/**", "app", false},
		{name.DefaultRegistry + "/library/*", "node:22", true},
		{"registry-1." + hub + "/**", "bitnami/redis", true},
	} {
		repositories, err := ParseRepositories(test.pattern)
		if err != nil {
			t.Fatal(err)
		}
		n, err := Parse(test.image)
		if err != nil {
			t.Fatal(err)
		}
		if got := repositories.Match(n); got != test.want {
			t.Errorf("%s, %s: got %v", test.pattern, test.image, got)
		}
	}
}

func TestParseRepositories_Invalid_SaysWhy(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		"":                                "begin",
		"**":                              "begin",
		"group/**":                        `begin "group/**" with a registry's host`,
		"*.example.com/**":                "begin",
		"!registry.example.com/**":        "begin",
		"registry.example.com":            "begin",
		"Registry.example.com/**":         "capital letters",
		"registry.example.com:05000/**":   "without zeros",
		"registry.example.com/[":          "is not a valid pattern",
		"registry.example.com/A":          "capital letters",
		"registry.example.com/a:1":        "without a tag or a digest",
		"registry.example.com:0/**":       "0 is not a port",
		"2001:db8::1/**":                  "IPv6",
		"registry.example.com/a@" + zeros: "without a tag or a digest",
	} {
		if _, err := ParseRepositories(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", pattern, err, want)
		}
	}
}
