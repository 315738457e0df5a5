// Package compile compiles the programs that are shipped: static, for every architecture of Fargate, and so that the
// same commit and the same Go version give the same bytes on every machine.
package compile

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Programs are shipped. Each is a package in cmd.
func Programs() []string { return []string{"agent", "fargate", "manager"} }

// Architectures are those of Fargate and of the nodes of an EKS cluster, as Go names them. The system is Linux.
func Architectures() []string { return []string{"amd64", "arm64"} }

// File names the binary of a program, such as fargate-linux-arm64.
func File(program, architecture string) string { return program + "-linux-" + architecture }

// LinkerFlags strip a binary and stamp it. Makefile and Dockerfile have the same.
func LinkerFlags(version, commit string) string {
	const stamped = "github.com/fargate-operator/fargate-operator/internal/version"
	return fmt.Sprintf("-s -w -X %[1]s.Version=%[2]s -X %[1]s.Commit=%[3]s", stamped, version, commit)
}

// Program compiles a program into a directory, under the name that File gives it.
func Program(ctx context.Context, source Source, program, architecture, dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("compiling %s for %s: %w", program, architecture, err)
	}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath",
		// The linker's flags have what Git knows. Go's own stamp would differ for sources without Git.
		"-buildvcs=false",
		"-ldflags="+LinkerFlags(source.Version, source.Commit),
		"-o", filepath.Join(dir, File(program, architecture)),
		"./cmd/"+program)
	build.Dir = source.Dir
	build.Env = append(os.Environ(), environment(architecture)...)
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("compiling %s for %s: %w\n%s", program, architecture, err, out)
	}
	return nil
}

// environment sets everything else that affects the result, so that the builder's own settings do not.
func environment(architecture string) []string {
	return []string{
		"CGO_ENABLED=0", "GOOS=linux", "GOARCH=" + architecture, "GOAMD64=v1", "GOARM64=v8.0",
		"GOFLAGS=-mod=readonly", "GOWORK=off", "GOFIPS140=off",
	}
}

// All compiles every program for the architectures into a directory.
func All(ctx context.Context, source Source, architectures []string, dir string) error {
	for _, architecture := range architectures {
		for _, program := range Programs() {
			if err := Program(ctx, source, program, architecture, dir); err != nil {
				return err
			}
		}
	}
	return nil
}
