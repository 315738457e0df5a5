// Package version holds the version of the binaries.
package version

// Version is the release that a binary was built from. The linker sets it; a
// binary built without is a development build.
var Version = "dev"
