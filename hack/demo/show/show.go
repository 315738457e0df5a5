// Package show prints what the demo does.
package show

import "fmt"

// Step prints what happens next.
func Step(what string) { fmt.Printf("\n\x1b[1m==> %s\x1b[0m\n", what) }
