package controlplane

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Build returns the path of the control plane's binary, bin/controlplane in the repository, and builds it first if it is
// missing or older than its sources. The first build compiles Kubernetes and takes several minutes; callers that find
// another one building wait for it. The working directory must be inside the repository.
func Build(ctx context.Context) (binary string, err error) {
	return build(ctx, "controlplane", ".")
}

// BuildKubectl returns the path of a kubectl of the control plane's version, bin/kubectl, under the rules of Build.
func BuildKubectl(ctx context.Context) (binary string, err error) {
	return build(ctx, "kubectl", "./kubectl")
}

func build(ctx context.Context, name, pkg string) (string, error) {
	root, err := repositoryRoot()
	if err != nil {
		return "", fmt.Errorf("build %s: %w", name, err)
	}
	source, bin := filepath.Join(root, "hack", "controlplane"), filepath.Join(root, "bin")
	if err := os.MkdirAll(bin, 0o750); err != nil {
		return "", fmt.Errorf("build %s: %w", name, err)
	}
	unlock, err := lockFile(ctx, filepath.Join(bin, "."+name+".lock"))
	if err != nil {
		return "", fmt.Errorf("build %s: wait for another build: %w", name, err)
	}
	defer unlock()

	binary, stampFile := filepath.Join(bin, name), filepath.Join(bin, "."+name+".sum")
	stamp, err := sourceSum(source)
	if err != nil {
		return "", fmt.Errorf("build %s: %w", name, err)
	}
	if upToDate(binary, stampFile, stamp) {
		return binary, nil
	}
	if err := goBuild(ctx, source, pkg, binary); err != nil {
		return "", fmt.Errorf("build %s: %w", name, err)
	}
	if err := os.WriteFile(stampFile, []byte(stamp), 0o600); err != nil {
		return "", fmt.Errorf("build %s: %w", name, err)
	}
	return binary, nil
}

func goBuild(ctx context.Context, dir, pkg, binary string) error {
	fmt.Fprintf(os.Stderr, "building bin/%s from its Go modules: several minutes the first time\n", filepath.Base(binary))
	version, err := goCommand(ctx, dir, "list", "-m", "-f", "{{.Version}}", "k8s.io/kubernetes")
	if err != nil {
		return err
	}
	_, err = goCommand(ctx, dir, "build", "-ldflags="+linkerFlags(strings.TrimSpace(version)), "-o", binary, pkg)
	return err
}

// linkerFlags strip the binary and tell it the version of Kubernetes (like v1.37.2) that it is: a release build's script
// would, and clients ask for it.
func linkerFlags(version string) string {
	flags := "-s -w"
	parts := strings.Split(version, ".")
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		flags += fmt.Sprintf(" -X %[1]s.gitVersion=%[2]s -X %[1]s.gitMajor=%[3]s -X %[1]s.gitMinor=%[4]s",
			pkg, version, strings.TrimPrefix(parts[0], "v"), parts[1])
	}
	return flags
}

// goCommand runs the go command in a directory and returns what it prints.
func goCommand(ctx context.Context, dir string, args ...string) (string, error) {
	var stderr strings.Builder
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	cmd.Stderr = &stderr
	stdout, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s in %s: %w\n%s", args[0], dir, err, stderr.String())
	}
	return string(stdout), nil
}

// upToDate compares the stamp next to the binary. It is here because `go build` needs more than a second to find that
// there is nothing to do in a program of this size.
func upToDate(binary, stampFile, stamp string) bool {
	if _, err := os.Stat(binary); err != nil {
		return false
	}
	last, err := os.ReadFile(stampFile)
	return err == nil && string(last) == stamp
}

// sourceSum is a checksum over what a build depends on: the Go version and all files of the module.
func sourceSum(dir string) (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	files := os.DirFS(dir)
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !isSource(entry.Name()) {
			return err
		}
		content, err := fs.ReadFile(files, path)
		fmt.Fprintf(sum, "%s %d\n%s", path, len(content), content)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

func isSource(file string) bool {
	return strings.HasSuffix(file, ".go") || file == "go.mod" || file == "go.sum"
}

// repositoryRoot is the directory at or above the working directory that has the control plane's module.
func repositoryRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "hack", "controlplane", "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no hack/controlplane at or above %s: run it inside the repository", start)
		}
	}
}
