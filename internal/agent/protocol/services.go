package protocol

// Service is a service to start. The SSH user gateway's command "services start"
// reads a JSON array of them from its standard input.
type Service struct {
	// Name is the container's.
	Name string `json:"name"`
	// Env is added to the container's environment.
	Env map[string]string `json:"env,omitempty"`
	// Entrypoint and Command are what the container runs, together.
	Entrypoint []string `json:"entrypoint,omitempty"`
	Command    []string `json:"command,omitempty"`
}

// ServiceStatus is how a service is. "services start" and "services status" print a
// JSON array of them, sorted by name.
type ServiceStatus struct {
	Name string `json:"name"`
	// State is absent, waiting, started, running, failed or ended.
	State string `json:"state"`
	// Reason is a sentence about a failure.
	Reason string `json:"reason,omitempty"`
}

// TerminateRequest is the type of a request on a session's channel, with the grace
// period in milliseconds as a uint32. All processes of the session's command get
// SIGTERM, and SIGKILL after that time. The answer comes when they have ended, and
// is a failure if some could not be ended.
const TerminateRequest = "terminate@fargate-operator.dev"
