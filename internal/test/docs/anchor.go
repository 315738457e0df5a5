package docs

import (
	"fmt"
	"strings"
	"unicode"
)

// slug is the anchor that GitHub and GitLab give a heading.
func slug(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsNumber(r), r == '-', r == '_':
			return unicode.ToLower(r)
		case r == ' ':
			return '-'
		default:
			return -1
		}
	}, heading)
}

// unique numbers the anchors of equal headings.
func unique(slug string, seen map[string]int) string {
	n := seen[slug]
	seen[slug]++
	if n == 0 {
		return slug
	}
	return fmt.Sprintf("%s-%d", slug, n)
}
