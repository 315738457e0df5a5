// Package version tells which release a binary is.
package version

import (
	"fmt"
	"runtime"
)

// Version and Commit are the release and the Git commit that a binary was built
// from. The linker sets them (see hack/compile); a binary built without is a
// development build.
var (
	Version = "dev"
	Commit  = "unknown"
)

// Describe returns a line for people: the program, its release, its commit and
// the Go version that compiled it. All three are needed to build it again.
func Describe(program string) string {
	return fmt.Sprintf("%s %s (commit %s, %s)", program, Version, Commit, runtime.Version())
}

// UserAgent returns the name under which a program calls Kubernetes.
func UserAgent(program string) string { return program + "/" + Version }
