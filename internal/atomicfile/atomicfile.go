// Package atomicfile writes small files in one step: whoever reads a file, also
// after a crash, finds all of its content or what was there before. Only the
// owner can read the files.
package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
)

// Create writes a new file. It fails with fs.ErrExist if there is one.
func Create(path string, data []byte) error { return write(path, data, os.Link) }

// Replace writes a file, whether there is one or not.
func Replace(path string, data []byte) error { return write(path, data, os.Rename) }

// Remove removes a file for good. It fails with fs.ErrNotExist if there is none.
func Remove(path string) error {
	if err := os.Remove(path); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

func write(path string, data []byte, place func(from, to string) error) error {
	directory := filepath.Dir(path)
	// CreateTemp opens with mode 0600 and O_EXCL.
	file, err := os.CreateTemp(directory, "."+filepath.Base(path)+"-")
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
