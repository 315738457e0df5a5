// Package atomicfile writes small files in one step: whoever reads a file, also
// after a crash, finds all of its content or what was there before. Only the
// owner can read the files.
package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Create writes a new file. It fails with fs.ErrExist if there is one.
func Create(path string, data []byte) error { return write(path, data, os.Link) }

// Replace writes a file, whether there is one or not.
func Replace(path string, data []byte) error { return write(path, data, os.Rename) }

// Remove removes a file for good, and what writes of it have left that were cut
// off. It fails with fs.ErrNotExist if there is no file.
func Remove(path string) error {
	directory := filepath.Dir(path)
	entries, err := os.ReadDir(directory)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), draftPrefix(path)) {
			if err := os.Remove(filepath.Join(directory, entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	return syncDirectory(directory)
}

// draftPrefix begins the names of a file's content before it is in its place.
func draftPrefix(path string) string { return "." + filepath.Base(path) + "-" }

func write(path string, data []byte, place func(from, to string) error) error {
	directory := filepath.Dir(path)
	// CreateTemp opens with mode 0600 and O_EXCL.
	file, err := os.CreateTemp(directory, draftPrefix(path))
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() // After a rename it is gone.
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := place(file.Name(), path); err != nil {
		return err
	}
	return syncDirectory(directory)
}

// syncDirectory makes what was created, renamed or removed in a directory
// outlive a power failure.
func syncDirectory(path string) error {
	directory, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}
