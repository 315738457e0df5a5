// Command configdocs writes the reference page of fargate.toml from the
// comments and tags of internal/driverconfig.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

const document = "docs/reference/fargate-toml.md"

func main() {
	text, err := generate(".")
	if err == nil {
		err = os.WriteFile(document, []byte(text), 0o644) //nolint:gosec // This file is to be read by all.
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "configdocs:", err)
		os.Exit(1)
	}
}

// generate returns the page for the repository at root.
func generate(root string) (string, error) {
	sections, err := read(filepath.Join(root, "internal", "driverconfig"))
	if err != nil {
		return "", err
	}
	return page(sections), nil
}
