package taskrules

import (
	"regexp"
	"slices"
	"strings"
)

// wildcards turns a quoted pattern's wildcards into regular expressions.
var wildcards = strings.NewReplacer(`\*`, `.*`, `\?`, `.`)

// Matches reports whether one of the patterns matches the whole value. In a
// pattern, * stands for any characters and ? for one.
func Matches(patterns []string, value string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		// A quoted pattern is always a valid expression.
		return regexp.MustCompile(`(?s)^` + wildcards.Replace(regexp.QuoteMeta(pattern)) + `$`).MatchString(value)
	})
}
