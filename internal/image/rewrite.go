package image

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Rewrite has images pulled from elsewhere, such as a mirror or a pull-through
// cache of ECR.
type Rewrite struct {
	// From is the beginning of full names: a registry's host, and as many parts
	// of a path as there are. In a part, *, ?, [a-z] and {a,b} stand for more
	// than one.
	From string
	// To replaces it.
	To string
}

// Rewrites are applied to the full names of images: the first that matches
// wins, and no other is applied to the result. Make them with ParseRewrites.
type Rewrites struct {
	rules []Rewrite
}

// ParseRewrites checks rules. Its error names each that is not valid.
func ParseRewrites(rules []Rewrite) (Rewrites, error) {
	var parsed Rewrites
	var errs []error
	for _, rule := range rules {
		rule, err := rule.parse()
		parsed.rules, errs = append(parsed.rules, rule), append(errs, err)
	}
	return parsed, errors.Join(errs...)
}

func (r Rewrite) parse() (Rewrite, error) {
	parsed := Rewrite{From: strings.TrimSuffix(r.From, "/"), To: strings.TrimSuffix(r.To, "/")}
	host, path, deep := strings.Cut(parsed.From, "/")
	host, err := canonicalHost(host)
	if err != nil || !strings.ContainsAny(host, ".:*?[{") || !isWhole(parsed.From) {
		return r, fmt.Errorf("the rewrite rule from %q to %q: write what names begin with, in lower case, from the registry's host on and in whole parts, "+
			"with the wildcards *, ?, [a-z] and {a,b} within a part", r.From, r.To)
	}
	if parsed.From = host; deep {
		parsed.From += "/" + path
	}
	host, path, deep = strings.Cut(parsed.To, "/")
	if parsed.To, err = canonicalHost(host); deep {
		parsed.To += "/" + path
	}
	target, invalid := Parse(parsed.To + "/name")
	if err != nil || invalid != nil || !strings.HasPrefix(parsed.To+"/", target.host+"/") {
		return r, fmt.Errorf("the rewrite rule from %q to %q: write a registry's host and perhaps a path to replace it with, "+
			"without a scheme, a tag or a digest", r.From, r.To)
	}
	return parsed, nil
}

// isWhole reports whether each part of a pattern is one by itself.
func isWhole(pattern string) bool {
	for part := range strings.SplitSeq(pattern, "/") {
		if !doublestar.ValidatePattern(part) {
			return false
		}
	}
	return checkPattern(pattern) == nil && !strings.Contains(pattern, "**")
}

// Apply returns the name under which an image is pulled. It fails with *Error if
// that is not valid.
func (r Rewrites) Apply(n Name) (Name, error) {
	for _, rule := range r.rules {
		rest, matches := rule.rest(n)
		if !matches {
			continue
		}
		to := rule.To + rest + n.suffix()
		result, err := Parse(to)
		if err != nil || !strings.Contains(to, "/") { // Docker Hub's, not that of rule.To
			return Name{}, rule.spoils(n, to, err)
		}
		result.rewritten = true
		return result, nil
	}
	return n, nil
}

// spoils says that a rule makes a name invalid.
func (r Rewrite) spoils(n Name, to string, err error) error {
	fault := &Error{Reason: InvalidName, Image: shown(n.written), PulledAs: shown(to), Problem: "the second name is not valid"}
	var of *Error
	if errors.As(err, &of) {
		fault.Problem = of.Problem
	}
	fault.Fix = fmt.Sprintf("use an image with another name, or have an administrator correct the rule from %q to %q", r.From, r.To)
	return fault
}

// rest is what follows the rule's From in a repository: nothing, or a slash and
// more. An official image of Docker Hub also has its short name.
func (r Rewrite) rest(n Name) (rest string, matches bool) {
	if rest, matches := r.restOf(n.repository()); matches {
		return rest, true
	}
	short, official := strings.CutPrefix(n.path, officialPath)
	if n.host != hub || !official {
		return "", false
	}
	return r.restOf(hub + "/" + short)
}

func (r Rewrite) restOf(repository string) (rest string, matches bool) {
	parts := strings.Split(repository, "/")
	count := strings.Count(r.From, "/") + 1
	if count > len(parts) || !doublestar.MatchUnvalidated(r.From, strings.Join(parts[:count], "/")) {
		return "", false
	}
	if count == len(parts) {
		return "", true
	}
	return "/" + strings.Join(parts[count:], "/"), true
}
