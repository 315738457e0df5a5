package process

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// DefaultPath is where programs are looked for if PATH is not set, as with
// Docker's images.
const DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// elsewhere has directories of shells that are in no PATH: those of the debugging
// variants of distroless images.
const elsewhere = "/busybox"

// FindShell returns the path of bash, or of sh where there is none. It is empty if
// the image has no shell. What path has that is relative, or empty, does not count:
// the working directory may have a job's files.
func FindShell(path string) string {
	absolute := slices.DeleteFunc(filepath.SplitList(path), func(directory string) bool { return !filepath.IsAbs(directory) })
	directories := strings.Join(append(absolute, DefaultPath, elsewhere), ":")
	for _, name := range []string{"bash", "sh"} {
		if shell, err := LookUp(name, directories); err == nil {
			return shell
		}
	}
	return ""
}

// LookUp finds a program in a list of directories, as execvp(3) does: a name with
// a slash is looked for in no other place. Its error is of the type *fs.PathError,
// and says of a file that is not executable that access is denied.
func LookUp(name, path string) (string, error) {
	if strings.Contains(name, "/") {
		return name, executable(name)
	}
	err := error(&os.PathError{Op: "looking up", Path: name, Err: os.ErrNotExist})
	for _, directory := range filepath.SplitList(path) {
		file := filepath.Join(directory, name)
		if directory == "" {
			file = "./" + name
		}
		found := executable(file)
		if found == nil {
			return file, nil
		}
		if os.IsPermission(found) {
			err = found
		}
	}
	return "", err
}

func executable(file string) error {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return err
	case info.IsDir() || info.Mode()&0o111 == 0:
		return &os.PathError{Op: "running", Path: file, Err: os.ErrPermission}
	}
	return nil
}
