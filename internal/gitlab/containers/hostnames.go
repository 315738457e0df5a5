package containers

import (
	"slices"
	"strings"
)

// The lengths of host names and of their parts between dots, in RFC 1035.
const (
	maxHostName = 253
	maxLabel    = 63
)

// HostNames are the names under which the job reaches its services, all of them at
// the address 127.0.0.1. Two services may have a name in common, as with GitLab
// Runner's Kubernetes executor: it is listed once.
func (c Containers) HostNames() []string {
	var names []string
	for i := range c.Services {
		for _, name := range c.Services[i].hostNames() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// hostNames are those that GitLab derives from the image, and the aliases. An
// image may have none: most names of images are not host names.
func (s *Service) hostNames() []string {
	repository := withoutPort(withoutVersion(s.Name))
	var names []string
	for _, slash := range []string{"__", "-"} {
		// The first kind is no host name by RFC 1123, but resolves.
		if name := strings.ReplaceAll(repository, "/", slash); isHostName(name, "_") {
			names = append(names, name)
		}
	}
	return append(names, s.Aliases...)
}

// withoutVersion cuts off a tag and a digest.
func withoutVersion(name string) string {
	name, _, _ = strings.Cut(name, "@")
	if tag := strings.LastIndexByte(name, ':'); tag > strings.LastIndexByte(name, '/') {
		return name[:tag]
	}
	return name
}

// withoutPort cuts off the port of the registry.
func withoutPort(repository string) string {
	registry, path, inRegistry := strings.Cut(repository, "/")
	if !inRegistry {
		return repository
	}
	registry, _, _ = strings.Cut(registry, ":")
	return registry + "/" + path
}

// isHostName reports whether a name is one by RFC 1123, in lowercase, with other
// characters that may be within a part.
func isHostName(name, others string) bool {
	if len(name) > maxHostName {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > maxLabel || !isAlphanumeric(label[0]) || !isAlphanumeric(label[len(label)-1]) {
			return false
		}
		if strings.ContainsFunc(label, func(c rune) bool { return !isLabelCharacter(c) && !strings.ContainsRune(others, c) }) {
			return false
		}
	}
	return true
}

func isAlphanumeric[C byte | rune](c C) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }

func isLabelCharacter(c rune) bool { return c == '-' || isAlphanumeric(c) }

// suggestion makes a valid alias of one that is not.
func suggestion(alias string) string {
	slug := strings.Map(func(c rune) rune {
		if isLabelCharacter(c) {
			return c
		}
		return '-'
	}, strings.ToLower(alias))
	if slug = strings.Trim(slug[:min(len(slug), maxLabel)], "-"); slug == "" {
		return "db"
	}
	return slug
}
