package taskrules

import (
	"regexp"
	"slices"
	"strings"
)

// wildcards are a pattern's, as regular expressions.
var wildcards = strings.NewReplacer(`\*`, `.*`, `\?`, `.`)

// Matches reports whether a value is like one of the patterns, in which * stands
// for any characters and ? for one.
func Matches(patterns []string, value string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		// A quoted pattern is a valid expression, whatever is in it.
		return regexp.MustCompile(`(?s)^` + wildcards.Replace(regexp.QuoteMeta(pattern)) + `$`).MatchString(value)
	})
}
