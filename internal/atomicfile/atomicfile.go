// Package atomicfile writes small files in one step: a reader, even after a
// crash, finds either the whole new content or what was there before. Only the
// owner can read the files.
package atomicfile

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Create writes a new file. It fails with fs.ErrExist if there is one.
func Create(path string, data []byte) error { return write(path, data, os.Link) }

// Replace writes a file, whether or not it exists.
func Replace(path string, data []byte) error { return write(path, data, os.Rename) }

// Update writes a file that exists. It fails with fs.ErrNotExist if it does not,
// also if it is removed at the same time.
func Update(path string, data []byte) error { return write(path, data, exchange) }

// Remove removes a file for good, along with the drafts that interrupted writes
// left behind. It fails with fs.ErrNotExist if there is no file.
func Remove(path string) error {
	if err := RemoveDrafts(path); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

// draftPrefix is how the names of a file's drafts begin: its content before it
// is put in place.
func draftPrefix(path string) string { return "." + filepath.Base(path) + "-" }

func write(path string, data []byte, place func(from, to string) error) error {
	directory := filepath.Dir(path)
	// CreateTemp opens with mode 0600 and O_EXCL.
	file, err := os.CreateTemp(directory, draftPrefix(path))
	if err != nil {
		return err
	}
	// After a rename it is gone; after an exchange it holds the old content.
	defer func() { _ = os.Remove(file.Name()) }()
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

// exchange swaps two files. Unlike a rename, it needs both to exist.
func exchange(from, to string) error {
	err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_EXCHANGE)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS):
		return renameOver(from, to)
	default:
		return &os.LinkError{Op: "exchange", Old: from, New: to, Err: err}
	}
}

// renameOver stands in for exchange on file systems that cannot exchange, such
// as NFS. It takes two steps: a file that is removed between them comes back.
func renameOver(from, to string) error {
	if _, err := os.Lstat(to); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// syncDirectory makes what was created, renamed or removed in a directory
// survive a power failure.
func syncDirectory(path string) error {
	directory, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}
