package containers

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
)

// Start is what a service is started with: its variables, its entry point and its
// command. Any of them may hold a secret: a Start shows nothing of them, in whatever
// way it is printed, and only EncodeLaunches gives them away.
type Start struct {
	// hidden is a function because package fmt looks through everything else, and
	// calls no Format, where a Start is in somebody's unexported field.
	hidden func() start
}

type start struct {
	env                 map[string]string
	entrypoint, command []string
}

func hide(secrets start) Start { return Start{func() start { return secrets }} }

// Format prints the same for every verb.
func (Start) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, "(hidden)") }

// reveal is the zero value for a service that was not read.
func (s Start) reveal() start {
	if s.hidden == nil {
		return start{}
	}
	return s.hidden()
}

// EncodeLaunches returns the input of the agent's command "services start". It is
// secret: it goes to the agent alone, and never to a log, a command line or a
// file. images are in the order of the services; those that are not known are nil or
// missing. A *gitlab.BuildFailure lists the services that have nothing to start.
func (c Containers) EncodeLaunches(images []*ImageConfig) ([]byte, error) {
	launches := make([]protocol.Service, 0, len(c.Services))
	var problems []error
	for i := range c.Services {
		image := configOf(images, i)
		launch := c.Services[i].Start.launch(image)
		if len(launch.Entrypoint)+len(launch.Command) == 0 {
			problems = append(problems, nothingToStart(c.Services[i].label(), image))
		}
		launch.Name = ContainerName(i)
		launches = append(launches, launch)
	}
	if problems != nil {
		return nil, buildFailure(problems)
	}
	return json.Marshal(launches)
}

func nothingToStart(label string, image *ImageConfig) error {
	cause := "its image has neither an entry point nor a command"
	if image == nil {
		cause = "its registry could not be asked for the image's entry point and command"
	}
	return fmt.Errorf("%s cannot be started, since %s: write entrypoint or command for it into .gitlab-ci.yml", label, cause)
}

// launch lets the service's entry point and command replace the image's. An entry
// point replaces both, as in Docker and in Kubernetes.
func (s Start) launch(image *ImageConfig) protocol.Service {
	own := s.reveal()
	launch := protocol.Service{Env: own.env, Entrypoint: own.entrypoint, Command: own.command}
	if image == nil || len(own.entrypoint) > 0 {
		return launch
	}
	launch.Entrypoint = image.Entrypoint
	if len(own.command) == 0 {
		launch.Command = image.Command
	}
	return launch
}

// EntrypointNote is a sentence for the job log about services that are started with
// their command alone, without an entry point that their images may have. It is
// empty if there are none. images are as for EncodeLaunches.
func (c Containers) EntrypointNote(images []*ImageConfig) string {
	var labels []string
	for i := range c.Services {
		own := c.Services[i].Start.reveal()
		if configOf(images, i) == nil && len(own.entrypoint) == 0 && len(own.command) > 0 {
			labels = append(labels, c.Services[i].label())
		}
	}
	if labels == nil {
		return ""
	}
	return "only the command of " + strings.Join(labels, ", ") + " is run, without an entry point of the image: the registry could not be asked for it; if there is one, write it as entrypoint into .gitlab-ci.yml"
}
