// Command iampolicy generates the IAM policies in config/aws from the calls that
// internal/ecs and the packages in it make, and copies the controller's into docs/aws-permissions.md.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/fargate-operator/fargate-operator/internal/test/gobuild"
)

const document = "docs/aws-permissions.md"

// boundary has the packages that call AWS.
const boundary = "internal/ecs"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "iampolicy:", err)
		os.Exit(1)
	}
}

func run() error {
	if err := gobuild.EnterRepositoryRoot(); err != nil {
		return err
	}
	files, err := generate(".")
	if err != nil {
		return err
	}
	return write(files)
}

// generate returns the generated files of the repository by their path in it.
func generate(root string) (map[string][]byte, error) {
	called, err := calls(filepath.Join(root, boundary))
	if err != nil {
		return nil, err
	}
	if err := check(called); err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, name := range []string{controller, standalone, assumeRole, doctor, images} {
		encoded, err := json.MarshalIndent(policy(name, called), "", "  ")
		if err != nil {
			return nil, fmt.Errorf("encoding %s: %w", name, err)
		}
		files["config/aws/"+name+".json"] = append(encoded, '\n')
	}
	text, err := os.ReadFile(filepath.Join(root, document))
	if err != nil {
		return nil, err
	}
	files[document], err = embed(text, files["config/aws/"+controller+".json"])
	return files, err
}

// embed replaces what stands between the marks in a text by a policy.
func embed(text, policy []byte) ([]byte, error) {
	begin, end := []byte("<!-- BEGIN generated policy -->"), []byte("<!-- END generated policy -->")
	before, rest, found := bytes.Cut(text, begin)
	_, after, closed := bytes.Cut(rest, end)
	if !found || !closed {
		return nil, fmt.Errorf("%s: it must have the lines %q and %q, between which the policy goes", document, begin, end)
	}
	return fmt.Appendf(nil, "%s%s\n\n```json\n%s```\n\n%s%s", before, begin, policy, end, after), nil
}

func write(files map[string][]byte) error {
	for file, content := range files {
		if err := os.WriteFile(file, content, 0o644); err != nil { //nolint:gosec // These files are to be read by all.
			return err
		}
	}
	return nil
}
