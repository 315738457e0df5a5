package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
)

// makeChecksums writes what `sha256sum --check` reads.
func (r *release) makeChecksums(context.Context) error {
	entries, err := os.ReadDir(r.output) // sorted by name
	if err != nil {
		return err
	}
	var sums strings.Builder
	for _, entry := range entries {
		content, err := os.ReadFile(r.file(entry.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(content), entry.Name())
	}
	return r.write("SHA256SUMS", sums.String())
}
