// Package driverconfig reads fargate.toml, the configuration of the executor
// stage binary. Everything that is wrong with a file is reported at once, each
// problem with its key, its line and what to write instead.
//
// The reference of all keys is made from the comments and tags of the fields
// of Config. The tags are: default, which a value that is left out gets; unset,
// which says in words what holds without the key; example, in TOML but for its
// quotes; class, the field of a FargateTaskClass' spec that takes the key's
// place where jobs run through Kubernetes; and mode, where a key has an effect
// in one mode alone.
package driverconfig

import "time"

// Config is the content of fargate.toml with defaults filled in. Keys are
// matched without regard to case.
type Config struct {
	// LogLevel is how much the executor's own log tells: debug, info, warn or
	// error, in capitals or not. The other levels of GitLab's driver stand for the
	// nearest of these: trace for debug, warning for warn, fatal and panic for error.
	LogLevel string `default:"info" example:"'debug'"`
	// LogFormat is the log's format, text or json.
	LogFormat string `default:"text" example:"'json'"`
	// LogFile is where the log goes. Without it the job log has all there is
	// to say, and level debug adds the log to it.
	LogFile string `unset:"no log" example:"'/var/log/fargate.log'"`

	// Kubernetes makes jobs run through FargateJob objects, which the
	// controller of Fargate Operator turns into tasks. The section alone, without
	// a key, is enough. Without it the executor starts the tasks itself, as the
	// sections Fargate and Overrides say.
	Kubernetes *Kubernetes
	// Fargate describes the tasks of jobs that run without Kubernetes. With
	// Kubernetes the FargateTaskClass takes its place.
	Fargate Fargate
	// Overrides says what a job may change of its task, by the CI variables
	// FARGATE_TASK_DEFINITION, FARGATE_PLATFORM_VERSION, FARGATE_CPU,
	// FARGATE_MEMORY, FARGATE_EPHEMERAL_STORAGE and FARGATE_TASK_CLASS. What is
	// not set here is refused.
	Overrides Overrides

	// TaskMetadata says where the stages of a job leave notes for each other.
	TaskMetadata TaskMetadata
	// SSH says how to log in to a task.
	SSH SSH
	// Runner holds what gitlab-runner is told in the config stage.
	Runner Runner
}

// Kubernetes names the API server, the namespace and the task class.
type Kubernetes struct {
	// Namespace holds the FargateJob objects.
	Namespace string `unset:"that of the runner's pod, or of the kubeconfig's current context" example:"'ci'"`
	// TaskClass is the FargateTaskClass of jobs that choose none.
	TaskClass string `default:"default" example:"'large'"`
	// Kubeconfig is the path of a kubeconfig file.
	Kubeconfig string `unset:"the service account of the runner's pod" example:"'/etc/gitlab-runner/kubeconfig'"`
}

// TaskMetadata says where the stages of a job leave notes for each other.
type TaskMetadata struct {
	// Directory is a directory of the runner's host that belongs to the
	// executor. Without Kubernetes it holds the state of the jobs, by which tasks are
	// found again after a crash.
	Directory string `unset:"the temporary directory that gitlab-runner makes for each attempt; required without [Kubernetes]" example:"'/opt/gitlab-runner/metadata'"`
}

// SSH says how to log in to a task.
type SSH struct {
	// Username is who to log in as.
	Username string `unset:"the class' ssh.username; root without Kubernetes" example:"'root'"`
	// Port is where the SSH server listens. Below 1 means 22.
	Port *int `unset:"the class' ssh.port; 22 without Kubernetes" example:"22"`
	// ConnectTimeout bounds one attempt to connect.
	ConnectTimeout Duration `unset:"10s, and 3s for each attempt while the SSH server comes up" example:"'5s'"`
	// KeepAliveInterval is the time between two signs of life that the executor
	// asks of the SSH server, so that a job that prints nothing keeps its connection. A
	// server that leaves one unanswered for 30s counts as dead. At most 5m: NAT
	// gateways of AWS drop a connection after 350s of silence.
	KeepAliveInterval Duration `unset:"15s" example:"'30s'"`
	// ReadyTimeout is how long the SSH server may take to let us in after the
	// task runs.
	ReadyTimeout Duration `default:"2m" example:"'90s'"`
}

// Runner holds what gitlab-runner is told in the config stage.
type Runner struct {
	// BuildsDir is the absolute path in the task below which a job's checkout
	// is.
	BuildsDir string `unset:"builds_dir in the runner's config.toml" example:"'/builds'"`
	// CacheDir is the absolute path in the task below which caches are.
	CacheDir string `unset:"cache_dir in the runner's config.toml" example:"'/cache'"`
	// Shell is what the runner writes its scripts for: bash, sh or pwsh.
	Shell string `unset:"shell in the runner's config.toml, otherwise bash" example:"'pwsh'"`
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

// MarshalText writes Go's notation of a duration.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }
