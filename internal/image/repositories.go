package image

import (
	"fmt"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Repositories are some of one registry. Make them with ParseRepositories.
type Repositories struct {
	host, paths string
}

// ParseRepositories reads a registry's host and a pattern for the paths in it, with
// the wildcards of Patterns: registry.example.com/group/**. On Docker Hub official
// images are in library/.
func ParseRepositories(pattern string) (Repositories, error) {
	host, paths, _ := strings.Cut(pattern, "/")
	known, err := canonicalHost(host)
	switch {
	case paths == "" || strings.ContainsAny(host, `!*?[]{}\`) || !strings.ContainsAny(host, ".:") && host != "localhost":
		return Repositories{}, fmt.Errorf("begin %q with a registry's host, without wildcards in that, and a slash", pattern)
	case err != nil:
		return Repositories{}, fmt.Errorf("%q: %w", pattern, err)
	case strings.ContainsAny(paths, ":@"):
		return Repositories{}, fmt.Errorf("%q is for repositories: write it without a tag or a digest", pattern)
	}
	if err := checkPattern(pattern); err != nil {
		return Repositories{}, fmt.Errorf("%q is not a valid pattern: %w", pattern, err)
	}
	return Repositories{host: known, paths: paths}, nil
}

// Host is the registry, with its port if it is not 443.
func (r Repositories) Host() string { return r.host }

// Match reports whether the image's full name is in one of the repositories.
func (r Repositories) Match(n Name) bool {
	return n.host == r.host && doublestar.MatchUnvalidated(r.paths, n.path)
}
