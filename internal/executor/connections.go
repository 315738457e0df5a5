package executor

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/internal/atomicfile"
)

// ConnectionFile is a connection file that stages have written and not removed.
type ConnectionFile struct {
	Path string
	// Job is the job that it connects to. It has no name if the file cannot be
	// read, and no namespace if the job runs without Kubernetes.
	Job types.NamespacedName
	// Written is when the file was last written.
	Written time.Time
}

// ConnectionFiles lists the connection files in a directory, except those that
// disappear meanwhile.
func ConnectionFiles(directory string) ([]ConnectionFile, error) {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return nil, fmt.Errorf("listing the connection files: %w", err)
	}
	var files []ConnectionFile
	for _, entry := range entries {
		if !IsConnectionFile(entry.Name()) {
			continue
		}
		info, err := entry.Info()
		if err != nil {
			continue // It is gone.
		}
		file := ConnectionFile{Path: filepath.Join(directory, entry.Name()), Written: info.ModTime()}
		file.Job = jobOf(file.Path)
		files = append(files, file)
	}
	return files, nil
}

// IsConnectionFile reports whether a file of that name is a connection file.
func IsConnectionFile(name string) bool {
	is, _ := filepath.Match(connectionPrefix+"*"+connectionSuffix, name)
	return is
}

// jobOf is the job that a connection file of any user names. It has no name if
// the file cannot be read.
func jobOf(path string) types.NamespacedName {
	file, err := atomicfile.Open(path, os.O_RDONLY)
	if err != nil {
		return types.NamespacedName{}
	}
	defer func() { _ = file.Close() }()
	c, err := parseConnection(path, file)
	if err != nil {
		return types.NamespacedName{}
	}
	return c.job()
}

// Remove removes the file, or a draft of it, for good, and the private key with
// it.
func (f ConnectionFile) Remove() error { return removeConnection(f.Path) }
