// Package driverconfig reads fargate.toml, the configuration of the executor
// stage binary. Everything that is wrong with a file is reported at once, each
// problem with its key, its line and what to write instead.
package driverconfig

import "time"

// Config is the content of fargate.toml with defaults filled in. Keys are
// matched without regard to case.
type Config struct {
	// LogLevel is debug, info, warn or error. Default info.
	LogLevel string
	// LogFormat is text or json. Default text.
	LogFormat string
	// LogFile is where the binary's own log goes. Empty means stderr, which
	// gitlab-runner shows in the job log.
	LogFile string

	// Kubernetes says where FargateJob objects are made. Never nil in a loaded
	// configuration.
	Kubernetes *Kubernetes
	// Fargate is the section of the existing Fargate driver, kept so that its
	// files stay valid. Nil if the file has none. Nothing reads it while
	// Kubernetes is set.
	Fargate *Fargate

	TaskMetadata TaskMetadata
	SSH          SSH
	Runner       Runner
}

// Kubernetes names the API server, the namespace and the task class.
type Kubernetes struct {
	// Namespace holds the FargateJob objects. Empty means the namespace of the
	// runner's pod, or of the kubeconfig's current context.
	Namespace string
	// TaskClass is the FargateTaskClass that jobs use. Default "default".
	TaskClass string
	// Kubeconfig is the path of a kubeconfig file. Empty means the service
	// account of the runner's pod.
	Kubeconfig string
}

// Fargate holds the keys of the existing driver's section of the same name.
type Fargate struct {
	Cluster         string
	Region          string
	Subnet          string
	SecurityGroup   string
	TaskDefinition  string // family, family:revision or ARN
	PlatformVersion string
	EnablePublicIP  bool
	// UsePublicIP says whether to connect to the public address. Nil follows
	// EnablePublicIP.
	UsePublicIP          *bool
	EnableExecuteCommand bool
}

// TaskMetadata says where the stages of a job leave notes for each other.
type TaskMetadata struct {
	// Directory is a folder of the runner's host. Empty means the temporary
	// folder that gitlab-runner makes for each attempt.
	Directory string
}

// SSH says how to log in to a task.
type SSH struct {
	// Username is the login name. Empty means the task class's.
	Username string
	// Port is the TCP port as it was written, nil if it was not: see PortOr.
	Port *int
	// ReadyTimeout is how long to wait for the SSH server after the task runs.
	// Default 2m, which "0s" means too.
	ReadyTimeout Duration
}

// Runner holds what gitlab-runner is told in the config stage.
type Runner struct {
	// BuildsDir and CacheDir are absolute paths in the task. Empty leaves them
	// to builds_dir and cache_dir in the runner's config.toml.
	BuildsDir string
	CacheDir  string
}

// defaultPort is SSH's.
const defaultPort = 22

// PortOr returns the port to connect to: classPort if the file names none, 22
// if it names one below 1.
func (s SSH) PortOr(classPort int) int {
	switch {
	case s.Port == nil:
		return classPort
	case *s.Port < 1:
		return defaultPort
	default:
		return *s.Port
	}
}

// Duration is a time span, written as a string such as "90s" or "2m".
type Duration time.Duration

// UnmarshalText reads Go's notation of a duration.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return err
	}
	*d = Duration(parsed)
	return nil
}

// setDefaults fills what the file left empty.
func (c *Config) setDefaults() {
	setDefault(&c.LogLevel, "info")
	setDefault(&c.LogFormat, "text")
	setDefault(&c.SSH.ReadyTimeout, Duration(2*time.Minute))
	if c.Kubernetes != nil {
		setDefault(&c.Kubernetes.TaskClass, "default")
	}
}

func setDefault[T comparable](value *T, otherwise T) {
	var empty T
	if *value == empty {
		*value = otherwise
	}
}
