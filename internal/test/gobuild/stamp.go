package gobuild

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
)

// upToDate compares the stamp next to the binary. It exists because `go build` needs more than a second to find that
// there is nothing to do for a program of this size.
func upToDate(binary, stampFile, stamp string) bool {
	if _, err := os.Stat(binary); err != nil {
		return false
	}
	last, err := os.ReadFile(stampFile)
	return err == nil && string(last) == stamp
}

// sourceSum is a checksum of what a build depends on: the Go version and all files of the module.
func sourceSum(dir string) (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	files := os.DirFS(dir)
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !isSource(entry.Name()) {
			return err
		}
		content, err := fs.ReadFile(files, path)
		fmt.Fprintf(sum, "%s %d\n%s", path, len(content), content)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

func isSource(file string) bool {
	return strings.HasSuffix(file, ".go") || file == "go.mod" || file == "go.sum"
}
