package main

import (
	"context"
	"fmt"
	"os"
)

// maxManagerSize is the budget for the manager, in bytes. Its size with all operations of the AWS SDK is twice that.
const maxManagerSize = 40_000_000

// measureSize reports the size of the stage binary, which the runner's machine reads at each start and people copy, and
// of the manager, which a node pulls.
func measureSize(_ context.Context, b *bench) ([]line, error) {
	stage, err := os.Stat(b.program("fargate"))
	if err != nil {
		return nil, err
	}
	manager, err := os.Stat(b.program("manager"))
	if err != nil {
		return nil, err
	}
	return []line{
		plain("size of the stage binary", megabytes(int(stage.Size()))),
		atMost("size of the manager", int(manager.Size()), maxManagerSize, megabytes),
	}, nil
}

func megabytes(bytes int) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }
