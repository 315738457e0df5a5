package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Draft is what a write leaves if it is interrupted: all of a file's content, or
// part of it, under a name of its own.
type Draft struct {
	Path string
	// Written is when it was last written.
	Written time.Time
}

// Drafts lists the drafts in a directory of the files that have one of our
// names, except those that disappear meanwhile. A write that goes on has one
// too.
func Drafts(directory string, isOurs func(name string) bool) ([]Draft, error) {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return nil, err
	}
	var drafts []Draft
	for _, entry := range entries {
		file, isDraft := draftOf(entry.Name())
		if !isDraft || !isOurs(file) {
			continue
		}
		if info, err := entry.Info(); err == nil {
			drafts = append(drafts, Draft{Path: filepath.Join(directory, entry.Name()), Written: info.ModTime()})
		}
	}
	return drafts, nil
}

// draftOf is the name of the file of which a draft has that name: the inverse of
// draftPrefix, with what CreateTemp appends.
func draftOf(name string) (file string, isDraft bool) {
	name, hidden := strings.CutPrefix(name, ".")
	dash := strings.LastIndexByte(name, '-')
	if !hidden || dash < 1 || dash+1 == len(name) || strings.Trim(name[dash+1:], "0123456789") != "" {
		return "", false
	}
	return name[:dash], true
}

// RemoveDrafts removes the drafts of one file. If the file is being written, that
// fails.
func RemoveDrafts(path string) error {
	directory := filepath.Dir(path)
	drafts, err := Drafts(directory, func(name string) bool { return name == filepath.Base(path) })
	if err != nil {
		return err
	}
	for _, draft := range drafts {
		if err := os.Remove(draft.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
