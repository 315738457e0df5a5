package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// ErrIrregular says that a path leads to something other than a file: a link, a
// pipe, a socket, a device or a directory.
var ErrIrregular = errors.New("is not a regular file")

// Open opens a file that this package has written, with O_RDONLY or O_RDWR. It
// follows no link and waits for nobody at the other end of a pipe, but fails with
// ErrIrregular.
func Open(path string, flag int) (*os.File, error) {
	file, err := os.OpenFile(path, flag|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	// A link, a directory to be written, and a socket or a device without driver.
	if errors.Is(err, unix.ELOOP) || errors.Is(err, unix.EISDIR) || errors.Is(err, unix.ENXIO) {
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrIrregular}
	}
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: ErrIrregular}
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// CheckOwn returns an error, which completes a sentence that begins with the
// file, unless the file belongs to this process' user alone, as those that this
// package writes do.
func CheckOwn(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if owner := Owner(info); owner != os.Geteuid() {
		return fmt.Errorf("belongs to uid %d and not to uid %d", owner, os.Geteuid())
	}
	if mode := info.Mode().Perm(); mode != ownMode {
		return fmt.Errorf("has mode %04o and not %04o", mode, ownMode)
	}
	return nil
}

// ownMode is the mode that CreateTemp opens with.
const ownMode fs.FileMode = 0o600

// Owner is the uid of a file's or a directory's owner.
func Owner(info fs.FileInfo) int {
	if status, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(status.Uid)
	}
	return -1
}
