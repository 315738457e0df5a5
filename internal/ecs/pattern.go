package ecs

import (
	"regexp"
	"sync"
)

// pattern is a regular expression that is compiled when it is first used. The
// stage binary starts many times for each job, and most starts need none.
func pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
