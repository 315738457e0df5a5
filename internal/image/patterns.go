package image

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/bmatcuk/doublestar/v4"
)

// Patterns say which images a class allows, as allowed_images and
// allowed_services of GitLab Runner do: wildcards of
// github.com/bmatcuk/doublestar, where "!" before one excludes. Their order does
// not matter. The zero value allows none. Make one with ParsePatterns.
type Patterns struct {
	include, exclude []string
}

// ParsePatterns checks patterns. Its error names each that is not valid.
func ParsePatterns(patterns []string) (Patterns, error) {
	var parsed Patterns
	var errs []error
	for _, pattern := range patterns {
		positive, excludes := strings.CutPrefix(pattern, "!")
		err := checkPattern(positive)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%q is not a valid pattern for images: %w", pattern, err))
		case excludes:
			parsed.exclude = append(parsed.exclude, positive)
		default:
			parsed.include = append(parsed.include, positive)
		}
	}
	return parsed, errors.Join(errs...)
}

// zeroPort is a port as names do not have it.
var zeroPort = regexp.MustCompile(`:0[0-9]*/`)

// checkPattern also refuses what matches no name: an exclusion that excludes
// nothing looks like one that does.
func checkPattern(pattern string) error {
	switch {
	case pattern == "" || !doublestar.ValidatePattern(pattern):
		return errors.New("write a name with the wildcards * (within a part between slashes), ** (any number of parts), ?, [a-z] and {a,b}")
	case strings.ContainsFunc(repositoryOf(pattern), unicode.IsUpper):
		return errors.New("no name of an image has capital letters before its tag: write the registry and the repository in lower case")
	case zeroPort.MatchString(pattern):
		return errors.New("write the port without zeros before it")
	default:
		return nil
	}
}

// Match reports whether a pattern matches a spelling of the image's name, and
// none that excludes does. Who restricts tags also has to exclude digests
// ("!**@*"): a tag before a digest is only what the author says.
func (p Patterns) Match(n Name) bool {
	spellings := n.spellings()
	return matchAny(p.include, spellings) && !matchAny(p.exclude, spellings)
}

// Check returns an *Error with the reason NotAllowed unless the image matches. It
// is for the name that the author wrote, before any rewrite rule.
func (p Patterns) Check(n Name) error {
	if p.Match(n) {
		return nil
	}
	problem := "the class allows no image"
	if len(p.include) > 0 {
		problem = "the class does not allow it; it allows " + words(p.String())
	}
	return (&Error{
		Reason:  NotAllowed,
		Problem: problem,
		Fix:     "use an image that is allowed, or have an administrator allow this one in the class",
	}).named(n.written, n)
}

// String lists the patterns.
func (p Patterns) String() string {
	list := strings.Join(p.include, ", ")
	for _, pattern := range p.exclude {
		list += ", !" + pattern
	}
	return list
}

func matchAny(patterns, spellings []string) bool {
	for _, pattern := range patterns {
		for _, spelling := range spellings {
			if doublestar.MatchUnvalidated(pattern, spelling) {
				return true
			}
		}
	}
	return false
}
