package compile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Source is a checkout of this repository.
type Source struct {
	// Dir is the checkout's root.
	Dir string
	// Version is the version in the binaries and the image.
	Version string
	// Commit is the full hash of the commit that is checked out.
	Commit string
	// Time is when the commit was made, or SOURCE_DATE_EPOCH if the environment has it
	// (https://reproducible-builds.org/specs/source-date-epoch/). Everything that needs a time uses this one.
	Time time.Time
}

// ReadSource asks Git what is checked out in a directory.
func ReadSource(ctx context.Context, dir, version string) (Source, error) {
	out, err := git(ctx, dir, "log", "-1", "--no-show-signature", "--format=%H %ct")
	if err != nil {
		return Source{}, fmt.Errorf("asking Git for the commit: %w", err)
	}
	commit, epoch, _ := strings.Cut(strings.TrimSpace(out), " ")
	if given, ok := os.LookupEnv("SOURCE_DATE_EPOCH"); ok {
		epoch = given
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return Source{}, fmt.Errorf("the time %q is not a number of seconds: correct SOURCE_DATE_EPOCH", epoch)
	}
	return Source{Dir: dir, Version: version, Commit: commit, Time: time.Unix(seconds, 0).UTC()}, nil
}

// Changes returns what differs between the checkout and its commit, one per line, as `git status` shows it.
func (s Source) Changes(ctx context.Context) (string, error) {
	out, err := git(ctx, s.Dir, "status", "--porcelain")
	if err != nil {
		return "", fmt.Errorf("asking Git for changes: %w", err)
	}
	return out, nil
}

func git(ctx context.Context, dir string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "git", args...)
	command.Dir = dir
	out, err := command.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
	}
	return string(out), err
}
