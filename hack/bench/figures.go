package main

import (
	"context"
	"fmt"
	"strings"
)

// figure is something to measure.
type figure struct {
	name, what string
	measure    func(context.Context, *bench) ([]line, error)
}

func figures() []figure {
	return []figure{
		{"script", "an empty script against an OpenSSH server", measureScript},
		{"size", "the sizes of the programs", measureSize},
		{"startup", "the start of a stage with and without Kubernetes", measureStartUp},
		{"firstbyte", "the start of a script until the first byte is sent", measureFirstByte},
		{"stream", "the streaming of output", measureStream},
		{"agent", "scripts on the agent and on an OpenSSH server", measureAgent},
		{"prepare1", "RUNNING until prepare returns, one job", measurePrepareOne},
		{"prepare100", "RUNNING until prepare returns, 100 jobs", measurePrepareMany},
		{"ready1000", "RUNNING until the object is Ready, 1000 jobs", measureReady},
		{"calls", "API server writes and AWS calls of 100 jobs, which takes two minutes", measureCalls},
	}
}

func names() []string {
	var names []string
	for _, f := range figures() {
		names = append(names, f.name)
	}
	return names
}

// choose returns the figure of a name, or all.
func choose(name string) ([]figure, error) {
	if name == "" {
		return figures(), nil
	}
	for _, f := range figures() {
		if f.name == name {
			return []figure{f}, nil
		}
	}
	return nil, fmt.Errorf("there is no figure %q: use one of %s", name, strings.Join(names(), ", "))
}
