// Command configdocs writes the reference page of fargate.toml from the
// comments and tags of internal/driverconfig.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/fargate-operator/fargate-operator/internal/test/gobuild"
)

const document = "docs/reference/fargate-toml.md"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "configdocs:", err)
		os.Exit(1)
	}
}

func run() error {
	if err := gobuild.EnterRepositoryRoot(); err != nil {
		return err
	}
	text, err := generate(".")
	if err != nil {
		return err
	}
	return os.WriteFile(document, []byte(text), 0o644) //nolint:gosec // This file is to be read by all.
}

// generate returns the page for the repository at root.
func generate(root string) (string, error) {
	sections, err := read(filepath.Join(root, "internal", "driverconfig"))
	if err != nil {
		return "", err
	}
	return page(sections), nil
}
