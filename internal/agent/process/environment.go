package process

import (
	"slices"
	"strings"
)

// Merge returns an environment with some more entries, NAME=VALUE, which replace
// those of the same name.
func Merge(env, more []string) []string {
	merged := make([]string, 0, len(env)+len(more))
	at := map[string]int{}
	for _, entries := range [][]string{env, more} {
		for _, entry := range entries {
			name, _, _ := strings.Cut(entry, "=")
			if i, set := at[name]; set {
				merged[i] = entry
				continue
			}
			at[name] = len(merged)
			merged = append(merged, entry)
		}
	}
	return merged
}

// Without returns an environment without some names.
func Without(env []string, names ...string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.Contains(names, name)
	})
}

// Value returns the value of a name in an environment, empty if it is not set.
func Value(env []string, name string) string {
	for _, entry := range env {
		if value, found := strings.CutPrefix(entry, name+"="); found {
			return value
		}
	}
	return ""
}
