package driverconfig

import (
	"errors"
	"fmt"
	"strings"
)

// Problem is one thing that is wrong with a configuration file.
type Problem struct {
	Path string
	// Line counts from 1; 0 if the problem has no line, such as a missing key.
	Line int
	// Column counts from 1; 0 if only the line is known.
	Column int
	// Key is the key with its section, such as SSH.Port. Empty if the problem
	// is not with a key.
	Key string
	// Text says what is wrong and what to write.
	Text string
	// Err is the cause, if something else reported it.
	Err error
}

func (p *Problem) Error() string {
	var text strings.Builder
	text.WriteString(p.Path)
	for _, place := range []int{p.Line, p.Column} {
		if place > 0 {
			fmt.Fprintf(&text, ":%d", place)
		}
	}
	text.WriteString(": ")
	if p.Key != "" {
		fmt.Fprintf(&text, "%s: ", p.Key)
	}
	text.WriteString(p.Text)
	if p.Err != nil {
		fmt.Fprintf(&text, ": %v", p.Err)
	}
	return text.String()
}

func (p *Problem) Unwrap() error { return p.Err }

// report collects the problems of one file.
type report struct {
	path     string
	lines    lineIndex
	problems []error
}

// add reports a problem with a key, given with its section.
func (r *report) add(key []string, format string, args ...any) {
	r.problems = append(r.problems, &Problem{
		Path: r.path,
		Line: r.lines.of(key),
		Key:  strings.Join(key, "."),
		Text: fmt.Sprintf(format, args...),
	})
}

// check reports a key whose value breaks a rule; broken is the rule's error or
// nil.
func (r *report) check(broken error, key ...string) {
	if broken != nil {
		r.add(key, "%s", broken)
	}
}

func (r *report) err() error { return errors.Join(r.problems...) }
