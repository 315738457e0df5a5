package devstack

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

// commands are the packages of the programs.
const commands = "github.com/fargate-operator/fargate-operator/cmd/..."

// BuildPrograms builds the manager, the executor stage binary and the local
// ECS into a directory. The working directory must be in the repository.
func BuildPrograms(ctx context.Context, dir string) error {
	build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Clean(dir)+string(filepath.Separator), commands)
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the programs: %w\n%s", err, out)
	}
	return nil
}
