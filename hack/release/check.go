package main

import (
	"context"
	"fmt"

	"golang.org/x/mod/semver"

	"github.com/fargate-operator/fargate-operator/hack/compile"
)

// checkVersion refuses a version that is not valid for a Go module, a chart and an image alike. Build metadata (+...)
// is not: an image's tag cannot have it.
func checkVersion(version string) error {
	if !semver.IsValid(version) || semver.Canonical(version) != version {
		return fmt.Errorf("%q is not a version such as v0.1.0 or v0.2.0-rc.1: set VERSION", version)
	}
	return nil
}

// checkClean refuses a checkout that differs from its commit: the same release could not be built again.
func checkClean(ctx context.Context, source compile.Source) error {
	changes, err := source.Changes(ctx)
	if err != nil {
		return err
	}
	if changes != "" {
		return fmt.Errorf("the checkout differs from its commit: commit or remove these changes:\n%s", changes)
	}
	return nil
}
