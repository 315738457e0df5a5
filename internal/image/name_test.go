package image

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-containerregistry/pkg/name"
)

const zeros = "sha256:0000000000000000000000000000000000000000000000000000000000000000"

func TestParse_Names_AreCompletedAsDockerDoes(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"node":          hub + "/library/node:latest",
		"node:22":       hub + "/library/node:22",
		"bitnami/redis": hub + "/bitnami/redis:latest",
		hub + "/node":   hub + "/library/node:latest",
		name.DefaultRegistry + "/library/node:22":    hub + "/library/node:22",
		"registry.example.com/group/sub/app:v1.0_RC": "registry.example.com/group/sub/app:v1.0_RC",
		"registry.example.com:443/app":               "registry.example.com/app:latest",
		"registry.example.com:0443/app":              "registry.example.com/app:latest",
		"registry.example.com:05000/app":             "registry.example.com:5000/app:latest",
		"registry-1." + hub + "/node:22":             hub + "/library/node:22",
		hub + ":443/node:22":                         hub + "/library/node:22",
		"registry.example.com:5000/app":              "registry.example.com:5000/app:latest",
		"localhost/app":                              "localhost/app:latest",
		"127.0.0.1:5000/app:1":                       "127.0.0.1:5000/app:1",
		"node@" + zeros:                              hub + "/library/node@" + zeros,
		"node:22@" + zeros:                           hub + "/library/node@" + zeros,
	} {
		n, err := Parse(written)
		if err != nil || n.String() != want {
			t.Errorf("%s: got %s, %v, want %s", written, n, err, want)
		}
	}
}

func TestParse_InvalidName_NamesTheImageAndTheFix(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"":                                 `image "": the name is empty (set image: in the job`,
		" \t\n":                            `image "": the name is empty`,
		"node:22\n":                        `image "node:22": the name has control characters or is not UTF-8 (remove them`,
		"no\x1b[31mde":                     `image "no [31mde": the name has control characters`,
		"node\xff":                         `the name has control characters or is not UTF-8`,
		strings.Repeat("a", 5000):          `aaa…": the name is longer than 520 bytes (check the variables`,
		"node:22 alpine":                   `image "node:22 alpine": the name has a space (remove it`,
		"https://registry.example.com/app": `the name begins with a scheme (write the registry's host without https://`,
		"docker://node":                    `the name begins with a scheme`,
		"$CI_REGISTRY_IMAGE/app":           `the name has a variable without a value (define the variable`,
		"registry.example.com/Group/app:1": `the name has capital letters before its tag (write the registry and the repository in lower case`,
		"Registry.example.com/app:1":       `the name has capital letters before its tag`,
		"registry.example.com/app:":        `the name is not valid (write it as registry.example.com/group/name:tag`,
		"registry.example.com/../app":      `the name is not valid`,
		"registry.example.com//app":        `the name is not valid`,
		"registry.example.com./app":        `the name is not valid`,
		"user:secret@registry.example.com": `the name is not valid`,
		"node@sha256:abc":                  `the name is not valid`,
		"node@md5:" + zeros[7:39]:          `the name is not valid: unsupported digest algorithm`,
		"node@" + zeros[:70]:               `the name is not valid: invalid checksum digest length`,
		zeros[7:]:                          `the name is not valid: invalid repository name`,
		"node:" + strings.Repeat("a", 129): `the name is not valid`,
		"registry.example.com/" + strings.Repeat("a/", 130) + "a": `the name is not valid`,
		"[2001:db8::1]/app":                 `the name is not valid: the registry's host is an IPv6 address`,
		"[2001:db8::1]:5000/app":            `the name is not valid: the registry's host is an IPv6 address`,
		"registry.example.com:99999999/app": `the name is not valid: 99999999 is not a port`,
	} {
		_, err := Parse(written)
		var fault *Error
		if !errors.As(err, &fault) || fault.Reason != InvalidName || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: got %v, want %s", written, err, want)
		}
	}
}

func FuzzParse_ReadsItsOwnNamesAndPrintsItsErrors(f *testing.F) {
	for _, seed := range []string{"node:22", "registry.example.com:5000/a/b@" + zeros, "https://x", "A b", "\x1b", "node:22@" + zeros, "[::1]:5000/a", "localhost:1/a__b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, written string) {
		n, err := Parse(written)
		if err != nil {
			assertPrintable(t, err.Error())
			return
		}
		again, err := Parse(n.String())
		if err != nil || again.String() != n.String() {
			t.Errorf("%q is %s, and that is %s, %v", written, n, again, err)
		}
		if _, err := name.ParseReference(n.String()); err != nil {
			t.Errorf("%q is %s, which cannot be asked for: %v", written, n, err)
		}
		if len(n.String()) > maxName+len(hub)+len(officialPath) || strings.ContainsAny(n.Host(), "@/?#") {
			t.Errorf("%q is %s", written, n)
		}
	})
}

func assertPrintable(t *testing.T, message string) {
	t.Helper()
	if utf8.RuneCountInString(message) > 1000 || !utf8.ValidString(message) || strings.ContainsFunc(message, func(r rune) bool {
		return !unicode.IsPrint(r) && r != '\u200c' && r != '\u200d'
	}) {
		t.Errorf("not printable or too long: %q", message)
	}
}
