package oci

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"
)

// file is a regular file in an archive. Its path is relative to the archive's root.
type file struct {
	path    string
	mode    int64
	content []byte
}

const (
	readable   = 0o644
	executable = 0o755
)

// writeTar writes files and the directories above them. They belong to root and all have one time, and their order is
// that of their paths, so that the same files always give the same archive.
func writeTar(w io.Writer, modified time.Time, files []file) error {
	archive := tar.NewWriter(w)
	for _, directory := range directories(files) {
		header := &tar.Header{Typeflag: tar.TypeDir, Name: directory + "/", Mode: executable, ModTime: modified}
		if err := archive.WriteHeader(header); err != nil {
			return fmt.Errorf("archiving %s: %w", directory, err)
		}
	}
	for _, f := range slices.SortedFunc(slices.Values(files), func(a, b file) int { return strings.Compare(a.path, b.path) }) {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: f.path, Mode: f.mode, Size: int64(len(f.content)), ModTime: modified}
		if err := archive.WriteHeader(header); err != nil {
			return fmt.Errorf("archiving %s: %w", f.path, err)
		}
		if _, err := io.Copy(archive, bytes.NewReader(f.content)); err != nil {
			return fmt.Errorf("archiving %s: %w", f.path, err)
		}
	}
	return archive.Close()
}

// directories are those above the files, each before what it contains.
func directories(files []file) []string {
	var all []string
	for _, f := range files {
		for directory := path.Dir(f.path); directory != "."; directory = path.Dir(directory) {
			all = append(all, directory)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
