package containers

import (
	"encoding/json"
	"fmt"
	"io"

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

// Launch is how a service is to be started in its container.
type Launch struct {
	// Container is its name.
	Container string
	Start     Start
	// Entrypoint and Command are those of the service's image.
	Entrypoint, Command []string
}

// EncodeLaunches returns the input of the agent's command "services start". It is
// secret: it goes to the agent alone, and never to a log, a command line or a
// file.
func EncodeLaunches(launches []Launch) ([]byte, error) {
	encoded := make([]protocol.Service, 0, len(launches))
	for i := range launches {
		encoded = append(encoded, launches[i].encode())
	}
	return json.Marshal(encoded)
}

// encode lets the service's entry point and command replace the image's. An entry
// point replaces both, as in Docker and in Kubernetes.
func (l *Launch) encode() protocol.Service {
	own := start{}
	if l.Start.hidden != nil {
		own = l.Start.hidden()
	}
	encoded := protocol.Service{Name: l.Container, Env: own.env, Entrypoint: l.Entrypoint, Command: l.Command}
	if len(own.entrypoint) > 0 {
		encoded.Entrypoint, encoded.Command = own.entrypoint, nil
	}
	if len(own.command) > 0 {
		encoded.Command = own.command
	}
	return encoded
}
