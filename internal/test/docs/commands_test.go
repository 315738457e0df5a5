package docs_test

import (
	"bytes"
	"context"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/fargate-operator/fargate-operator/internal/test/controlplane"
	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
	"github.com/fargate-operator/fargate-operator/internal/test/docs"
	"github.com/fargate-operator/fargate-operator/internal/test/gobuild"
	"github.com/fargate-operator/fargate-operator/internal/test/helm"
)

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(m.Run())
}

var update = flag.Bool("update", false, "write what is generated into the pages")

// pageTimeout bounds the commands of a page.
const pageTimeout = 10 * time.Minute

func TestCommands_DoWhatThePagesSay(t *testing.T) {
	env := commandEnv(t)
	for _, page := range pages(t) {
		if !slices.ContainsFunc(page.Blocks, runs) {
			continue
		}
		t.Run(page.Name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), pageTimeout)
			defer cancel()
			got, err := page.Run(ctx, docs.Shell{Dir: copyRepository(t), Env: slices.Concat(env, clusterEnv(t))}, runs)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Equal(page.Source, got) {
				return
			}
			if !*update {
				t.Fatalf("the commands do not print what the page shows (-page +commands); if it is right: "+
					"go test ./internal/test/docs -run Commands -update\n%s", cmp.Diff(string(page.Source), string(got)))
			}
			if err := os.WriteFile(filepath.Join(root, page.Name), got, 0o600); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// runs is true for a block of commands that can run here.
func runs(block docs.Block) bool {
	return (block.Language == docs.Script || block.Language == docs.Transcript) &&
		!strings.HasPrefix(block.Comment, notRun) && !strings.HasPrefix(block.Comment, covered)
}

// commandEnv has the programs that pages use in PATH, Go's caches, and nothing
// that would let a page change an account of the user who runs the tests.
func commandEnv(t *testing.T) []string {
	t.Helper()
	programs := t.TempDir()
	if err := devstack.BuildPrograms(t.Context(), programs); err != nil {
		t.Fatal(err)
	}
	kubectl, err := controlplane.BuildKubectl(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := helm.Build(t.Context()); err != nil {
		t.Fatal(err)
	}
	path := []string{programs, filepath.Dir(kubectl), os.Getenv("PATH")}
	env := slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "AWS_") })
	env = append(env, "AWS_EC2_METADATA_DISABLED=true", "PATH="+strings.Join(path, string(filepath.ListSeparator)))
	for _, variable := range []string{"GOCACHE", "GOMODCACHE", "GOPATH"} {
		value, err := exec.CommandContext(t.Context(), "go", "env", variable).Output()
		if err != nil {
			t.Fatal(err)
		}
		env = append(env, variable+"="+strings.TrimSpace(string(value)))
	}
	return env
}

// clusterEnv is the environment of a user with a home directory and a cluster,
// both empty.
func clusterEnv(t *testing.T) []string {
	t.Helper()
	return []string{"HOME=" + t.TempDir(), "KUBECONFIG=" + startControlPlane(t).Kubeconfig()}
}

// startControlPlane starts an empty cluster that ends with the test.
func startControlPlane(t *testing.T) *controlplane.ControlPlane {
	t.Helper()
	plane, err := controlplane.Start(t.Context(), controlplane.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := plane.Stop(); err != nil {
			t.Error(err)
		}
	})
	return plane
}

// copyRepository copies the repository, as it is now, so that commands may change
// it. Built programs are shared: building them again takes minutes.
func copyRepository(t *testing.T) string {
	t.Helper()
	from, err := gobuild.RepositoryRoot()
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "fargate-operator")
	err = filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, relative)
		switch {
		case entry.IsDir() && (relative == ".git" || relative == "bin" || relative == "dist"):
			return filepath.SkipDir
		case entry.IsDir():
			return os.MkdirAll(target, 0o755)
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, info.Mode().Perm())
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(from, "bin"), filepath.Join(to, "bin")); err != nil {
		t.Fatal(err)
	}
	return to
}
