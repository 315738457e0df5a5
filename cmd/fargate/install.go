package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

// installCommand copies this program: its image has neither a shell nor cp,
// and gitlab-runner has to find the program in its own container.
func installCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "install DIRECTORY",
		Short: "Copy this program into a directory, as an init container does for the runner",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("fargate install takes the directory to copy this program to, got %d arguments", len(args))
			}
			return nil
		},
		RunE: func(command *cobra.Command, args []string) error {
			installed, err := install(args[0])
			if err != nil {
				return fmt.Errorf("cannot install this program, make sure that the directory exists, has space and is writable for uid %d: %w", os.Getuid(), err)
			}
			_, err = fmt.Fprintln(command.OutOrStdout(), "installed", installed)
			return err
		},
	}
}

// install copies this program to DIRECTORY/fargate, executable for everybody.
// A copy that is there already is replaced in one step, also while it runs.
func install(directory string) (installed string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding this program: %w", err)
	}
	program, err := os.Open(self)
	if err != nil {
		return "", err
	}
	defer func() { _ = program.Close() }()
	file, err := os.CreateTemp(directory, ".fargate-")
	if err != nil {
		return "", err
	}
	_, err = io.Copy(file, program)
	err = errors.Join(err, file.Chmod(0o755), file.Close())
	installed = filepath.Join(directory, "fargate")
	if err == nil {
		err = os.Rename(file.Name(), installed)
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return installed, nil
}
