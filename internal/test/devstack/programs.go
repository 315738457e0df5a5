package devstack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/fargate-operator/fargate-operator/internal/test/gobuild"
)

// BuildPrograms builds the manager, the executor stage binary and the local
// ECS into a directory. The working directory must be inside the repository.
func BuildPrograms(ctx context.Context, dir string) error {
	root, err := gobuild.RepositoryRoot()
	if err != nil {
		return err
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return err
	}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", dir+string(filepath.Separator), "./cmd/...")
	// The caller may be in another module of the repository, with other versions of dependencies.
	build.Dir = root
	// As they are shipped.
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the programs: %w\n%s", err, out)
	}
	return nil
}
