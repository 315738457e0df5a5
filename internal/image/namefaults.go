package image

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is how long a name may be, in bytes: 255 of a repository, 128 of a
// tag, and a digest with SHA-512. Source: the grammar in
// github.com/distribution/reference, which is Docker's.
const maxName = 255 + 1 + 128 + 1 + 135

// nameFault is a usual mistake in names, for which there is more to say than
// that the name is not valid.
type nameFault struct {
	has          func(written string) bool
	problem, fix string
}

var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`)

var nameFaults = []nameFault{
	{
		func(w string) bool { return strings.TrimSpace(w) == "" },
		"the name is empty", "set image: in the job, and define the variables in it",
	},
	{
		func(w string) bool { return len(w) > maxName },
		fmt.Sprintf("the name is longer than %d bytes", maxName), "check the variables in it",
	},
	{
		func(w string) bool { return !utf8.ValidString(w) || strings.ContainsFunc(w, unicode.IsControl) },
		"the name has control characters or is not UTF-8", "remove them, also from the variables in it; often it is a line break at the end",
	},
	{
		func(w string) bool { return strings.ContainsFunc(w, unicode.IsSpace) },
		"the name has a space", "remove it, also from the variables in it",
	},
	{
		scheme.MatchString,
		"the name begins with a scheme", "write the registry's host without https:// or the like",
	},
	{
		func(w string) bool { return strings.Contains(w, "$") },
		"the name has a variable without a value", "define the variable where the job's image can use it",
	},
	{
		func(w string) bool { return strings.ContainsFunc(repositoryOf(w), unicode.IsUpper) },
		"the name has capital letters before its tag", "write the registry and the repository in lower case, for example with $CI_REGISTRY_IMAGE",
	},
}

func firstFault(written string) *nameFault {
	for i := range nameFaults {
		if nameFaults[i].has(written) {
			return &nameFaults[i]
		}
	}
	return nil
}

// repositoryOf is what precedes the tag and the digest of a name.
func repositoryOf(written string) string {
	repository, _, _ := strings.Cut(written, "@")
	if colon := strings.LastIndexByte(repository, ':'); colon > strings.LastIndexByte(repository, '/') {
		return repository[:colon]
	}
	return repository
}
