package derive

import (
	"path"
	"strings"
)

// directory is one that a task's containers share.
type directory struct{ what, path string }

func (t *Task) directories() []directory {
	return []directory{{"the directory of builds", t.BuildsDir}, {"the directory of caches", t.CacheDir}, {"the directory of the agent", agentDir}}
}

// checkDirectories refuses directories of which one hides another, or that the
// coordinator's command line cannot name.
func (t *Task) checkDirectories() error {
	directories := t.directories()
	for i, d := range directories {
		if !path.IsAbs(d.path) || strings.Contains(d.path, ",") {
			return classErrorf("%s, %q, is not an absolute path without commas: choose another", d.what, d.path)
		}
		for _, other := range directories[i+1:] {
			if within(d.path, other.path) || within(other.path, d.path) {
				return classErrorf("%s, %q, and %s, %q, overlap: choose two of which neither is in the other", d.what, d.path, other.what, other.path)
			}
		}
	}
	return nil
}

// within reports whether a path is a directory, or in it.
func within(at, dir string) bool {
	return strings.HasPrefix(path.Clean(at)+"/", strings.TrimSuffix(path.Clean(dir), "/")+"/")
}
