package executor

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// ConnectionFile is one that stages have written and not removed.
type ConnectionFile struct {
	Path string
	// Job is the job that it connects to. It has no name if the file cannot be
	// read, and no namespace if the job runs without Kubernetes.
	Job types.NamespacedName
	// Written is when that was.
	Written time.Time
}

// ConnectionFiles lists the connection files of a directory, and leaves out
// those that go meanwhile.
func ConnectionFiles(directory string) ([]ConnectionFile, error) {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return nil, fmt.Errorf("listing the connection files: %w", err)
	}
	var files []ConnectionFile
	for _, entry := range entries {
		if isConnection, _ := filepath.Match(connectionPrefix+"*"+connectionSuffix, entry.Name()); !isConnection {
			continue
		}
		info, err := entry.Info()
		if err != nil {
			continue // It is gone.
		}
		file := ConnectionFile{Path: filepath.Join(directory, entry.Name()), Written: info.ModTime()}
		if c, err := readConnection(file.Path); err == nil {
			file.Job = c.job()
		}
		files = append(files, file)
	}
	return files, nil
}

// Remove removes the file for good, and with it the private key.
func (f ConnectionFile) Remove() error { return removeConnection(f.Path) }
