package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// The sizes of messages, in bytes.
const (
	// MaxReport bounds what a container's agent says: scripts in its container
	// could try to speak for it.
	MaxReport = 16 << 10
	// MaxRequest bounds what the gateway says: commands, and services' variables.
	MaxRequest = 4 << 20
)

// LeftUnknown is how many processes are left if the agent cannot list them.
const LeftUnknown = -1

// MaxFiles is how many file descriptors a message carries at most.
const MaxFiles = 3

// Request is a message of the gateway to a container's agent. One field is set.
type Request struct {
	// Refuse says why the gateway does not take the agent's connection.
	Refuse *Refuse `json:"refuse,omitempty"`
	// Start starts a command. With it come the ends of the pipes for its standard
	// input, output and error, unless it gets a terminal.
	Start *Start `json:"start,omitempty"`
	// Signal sends a signal to a command.
	Signal *Signal `json:"signal,omitempty"`
	// Terminate ends all processes of a command. The answer is Terminated.
	Terminate *Terminate `json:"terminate,omitempty"`
	// Forget says that nothing more will be asked about a command.
	Forget *Forget `json:"forget,omitempty"`
	// Release starts a service. With it come the ends of the pipes for its standard
	// output and error.
	Release *Release `json:"release,omitempty"`
}

// Report is a message of a container's agent to the gateway. One field is set.
type Report struct {
	// Hello is the first message of a connection.
	Hello *Hello `json:"hello,omitempty"`
	// Started answers a Start with a terminal. The terminal comes with it.
	Started *Started `json:"started,omitempty"`
	// Exited says that a command's main process has ended.
	Exited *Exited `json:"exited,omitempty"`
	// NotStarted says that a command was not started because of a failure of the
	// container, for which its author is not responsible.
	NotStarted *NotStarted `json:"notStarted,omitempty"`
	// Terminated answers Terminate.
	Terminated *Terminated `json:"terminated,omitempty"`
	// Becoming is the last message of a service's agent, before it becomes the
	// service, unless Failed follows. A pidfd of the process comes with it, if the
	// container's runtime allows one.
	Becoming *Becoming `json:"becoming,omitempty"`
	// Failed says why a service could not be started.
	Failed *Failed `json:"failed,omitempty"`
}

type (
	// Refuse has a sentence for people.
	Refuse struct {
		Reason string `json:"reason"`
	}
	// Start is a command for the container's shell; an empty one is the shell
	// itself. ID is the gateway's, and not in use.
	Start struct {
		ID uint32 `json:"id"`
		// Command is in bytes, since a script may be in any encoding.
		Command []byte `json:"command,omitempty"`
		// Env are NAME=VALUE, in addition to the container's own.
		Env      []string  `json:"env,omitempty"`
		Terminal *Terminal `json:"terminal,omitempty"`
	}
	// Terminal is a terminal's type, for TERM, and size in characters.
	Terminal struct {
		Type    string `json:"type,omitempty"`
		Columns uint16 `json:"columns,omitempty"`
		Rows    uint16 `json:"rows,omitempty"`
	}
	// Signal has a name without SIG. TERM and KILL reach all processes of the
	// command, others its process group.
	Signal struct {
		ID   uint32 `json:"id"`
		Name string `json:"name"`
	}
	// Terminate sends SIGTERM, and SIGKILL to what is left after the grace period.
	Terminate struct {
		ID                uint32 `json:"id"`
		GraceMilliseconds uint32 `json:"graceMilliseconds"`
	}
	// Forget names a command.
	Forget struct {
		ID uint32 `json:"id"`
	}
	// Release is what the service's agent becomes: its entry point followed by its
	// command. Env are NAME=VALUE, in addition to the container's own.
	Release struct {
		Env        []string `json:"env,omitempty"`
		Entrypoint []string `json:"entrypoint,omitempty"`
		Command    []string `json:"command,omitempty"`
	}
)

type (
	// Hello is how an agent introduces itself. Whom it runs as, the kernel says.
	Hello struct {
		Protocol  int    `json:"protocol"`
		Release   string `json:"release"`
		Container string `json:"container"`
		// Shell is the path of the shell that runs commands, empty if the image has
		// none.
		Shell string `json:"shell,omitempty"`
	}
	// Started names a command.
	Started struct {
		ID uint32 `json:"id"`
	}
	// Exited has a command's exit code or the name of the signal, without SIG, that
	// ended it. Message is a sentence for its standard error.
	Exited struct {
		ID      uint32 `json:"id"`
		Code    uint8  `json:"code"`
		Signal  string `json:"signal,omitempty"`
		Core    bool   `json:"core,omitempty"`
		Message string `json:"message,omitempty"`
	}
	// NotStarted has a sentence for people.
	NotStarted struct {
		ID     uint32 `json:"id"`
		Reason string `json:"reason"`
	}
	// Terminated says how many processes could not be ended, or LeftUnknown.
	Terminated struct {
		ID   uint32 `json:"id"`
		Left int    `json:"left"`
	}
	// Becoming has nothing to say.
	Becoming struct{}
	// Failed has a sentence for people.
	Failed struct {
		Reason string `json:"reason"`
	}
)

// Command returns the id of the command that a report is about. It is false for
// other reports.
func (r Report) Command() (id uint32, ok bool) {
	switch {
	case r.Started != nil:
		return r.Started.ID, true
	case r.Exited != nil:
		return r.Exited.ID, true
	case r.NotStarted != nil:
		return r.NotStarted.ID, true
	case r.Terminated != nil:
		return r.Terminated.ID, true
	}
	return 0, false
}

// Encode returns a message as it is sent. It fails if the message is too large or
// not valid.
func Encode[M Request | Report](message M) ([]byte, error) {
	if err := validate(message); err != nil {
		return nil, err
	}
	encoded, err := json.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("encoding a message: %w", err)
	}
	if limit := maxSize(message); len(encoded) > limit {
		return nil, fmt.Errorf("the message has %d bytes, more than the %d that are allowed", len(encoded), limit)
	}
	return encoded, nil
}

// Decode reads a message from outside. Its error does not have the message, which
// may hold secrets.
func Decode[M Request | Report](encoded []byte) (M, error) {
	var message M
	if limit := maxSize(message); len(encoded) > limit {
		return message, fmt.Errorf("the message has %d bytes, more than the %d that are allowed", len(encoded), limit)
	}
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.DisallowUnknownFields()
	if decoder.Decode(&message) != nil || decoder.More() {
		var nothing M
		return nothing, errors.New("the message is not one of this protocol")
	}
	return message, validate(message)
}

func maxSize(message any) int {
	if _, ok := message.(Report); ok {
		return MaxReport
	}
	return MaxRequest
}

func validate(message any) error {
	switch m := message.(type) {
	case Request:
		return m.validate()
	case Report:
		return m.validate()
	}
	return nil
}

func (r Request) validate() error {
	if count(r.Refuse != nil, r.Start != nil, r.Signal != nil, r.Terminate != nil, r.Forget != nil, r.Release != nil) != 1 {
		return errors.New("a request says exactly one thing")
	}
	switch {
	case r.Start != nil:
		return errors.Join(withoutNUL("the command", string(r.Start.Command)), validEnv(r.Start.Env))
	case r.Release != nil:
		return r.Release.validate()
	}
	return nil
}

func (r Release) validate() error {
	if len(r.Entrypoint)+len(r.Command) == 0 {
		return errors.New("entry point and command are empty: give the image's own, or others")
	}
	return errors.Join(withoutNUL("the entry point", r.Entrypoint...), withoutNUL("the command", r.Command...), validEnv(r.Env))
}

func (r Report) validate() error {
	if count(r.Hello != nil, r.Started != nil, r.Exited != nil, r.NotStarted != nil, r.Terminated != nil, r.Becoming != nil, r.Failed != nil) != 1 {
		return errors.New("a report says exactly one thing")
	}
	return nil
}

func count(set ...bool) int {
	n := 0
	for _, is := range set {
		if is {
			n++
		}
	}
	return n
}

// validEnv names the position of what is wrong and not its text, which may be
// secret.
func validEnv(env []string) error {
	for i, entry := range env {
		if at := strings.IndexByte(entry, '='); at < 1 || strings.IndexByte(entry, 0) >= 0 {
			return fmt.Errorf("entry %d of the environment is not NAME=VALUE without NUL", i+1)
		}
	}
	return nil
}

func withoutNUL(what string, texts ...string) error {
	for _, text := range texts {
		if strings.IndexByte(text, 0) >= 0 {
			return fmt.Errorf("%s has a NUL, which no process can be given", what)
		}
	}
	return nil
}
