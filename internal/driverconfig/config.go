// Package driverconfig reads fargate.toml, the configuration of the executor
// stage binary. It reports everything that is wrong with a file at once, each
// problem with its key, its line and what to write instead.
//
// The reference of all keys is generated from the comments and tags of Config's
// fields. The tags are: default, the value of a key that is left out; unset,
// which says in words what applies without the key; example, in TOML with single
// quotes; class, the field of a FargateTaskClass' spec that replaces the key
// when jobs run through Kubernetes; and mode, for a key that has an effect in
// one mode only: kubernetes or standalone.
package driverconfig

import "time"

// Config is the content of fargate.toml, with defaults filled in. Keys are not
// case-sensitive.
type Config struct {
	// LogLevel is the level of the executor's own log: debug, info, warn or
	// error, in upper or lower case. The other levels of GitLab's driver stand for the
	// nearest of these: trace for debug, warning for warn, fatal and panic for error.
	LogLevel string `default:"info" example:"'debug'"`
	// LogFormat is the log's format, text or json.
	LogFormat string `default:"text" example:"'json'"`
	// LogFile is the file to write the log to. Without it there is only the
	// job log, to which level debug adds the executor's log.
	LogFile string `unset:"no log" example:"'/var/log/fargate.log'"`

	// Kubernetes makes jobs run through FargateJob objects, which the
	// controller of Fargate Operator turns into tasks. An empty section is enough.
	// Without it the executor starts the tasks itself, as the sections Fargate and
	// Overrides say.
	Kubernetes *Kubernetes
	// Fargate describes the tasks of jobs that run without Kubernetes. With
	// Kubernetes the FargateTaskClass replaces it.
	Fargate Fargate
	// Overrides says what a job may change about its task with the CI variables
	// FARGATE_TASK_DEFINITION, FARGATE_PLATFORM_VERSION, FARGATE_CPU,
	// FARGATE_MEMORY, FARGATE_EPHEMERAL_STORAGE and FARGATE_TASK_CLASS. What is
	// not set here is refused.
	Overrides Overrides

	// TaskMetadata says where the stages of a job pass data to each other.
	TaskMetadata TaskMetadata
	// SSH says how to log in to a task.
	SSH SSH
	// Runner is what the config stage reports to gitlab-runner.
	Runner Runner
}

// Kubernetes names the API server, the namespace and the task class.
type Kubernetes struct {
	// Namespace is where the FargateJob objects are created.
	Namespace string `unset:"that of the runner's pod, or of the kubeconfig's current context" example:"'ci'"`
	// TaskClass is the FargateTaskClass of jobs that do not choose one.
	TaskClass string `default:"default" example:"'large'"`
	// Kubeconfig is the path of a kubeconfig file.
	Kubeconfig string `unset:"the service account of the runner's pod" example:"'/etc/gitlab-runner/kubeconfig'"`
}

// TaskMetadata says where the stages of a job pass data to each other.
type TaskMetadata struct {
	// Directory is a directory on the runner's host that belongs to the
	// executor. Without Kubernetes it holds the jobs' state, from which tasks are
	// found again after a crash.
	Directory string `unset:"the temporary directory that gitlab-runner makes for each attempt; required without [Kubernetes]" example:"'/opt/gitlab-runner/metadata'"`
	// InstallationID marks the tasks of this runner in ECS: 1 to 64 letters,
	// digits, - and _. Set it if the directory does not outlive the runner, such as
	// in a container: fargate sweep then finds the runner's tasks from any machine
	// with the same id, and stops them at their deadline. The environment variable
	// FARGATE_INSTALLATION_ID wins over it. Change it only while no job runs.
	InstallationID string `mode:"standalone" unset:"the UUID in the file installation of Directory, which no other machine may have" example:"'build-runners'"`
}

// SSH says how to log in to a task.
type SSH struct {
	// Username is the user to log in as.
	Username string `unset:"the class' ssh.username; root without Kubernetes" example:"'root'"`
	// Port is the TCP port of the SSH server. Below 1 means 22.
	Port *int `unset:"the class' ssh.port; 22 without Kubernetes" example:"22"`
	// KeyType is the type of the jobs' keys: Ed25519, ECDSA (P-256) or RSA
	// (3,072 bits). An SSH server in FIPS mode does not accept Ed25519.
	KeyType string `unset:"the class' ssh.keyType, otherwise Ed25519" example:"'ECDSA'"`
	// ConnectTimeout bounds one attempt to connect.
	ConnectTimeout Duration `unset:"10s, and 3s for each attempt while the SSH server comes up" example:"'5s'"`
	// KeepAliveInterval is the time between keepalive requests to the SSH
	// server, so that a job that prints nothing keeps its connection. A server that
	// leaves one unanswered for 30s counts as dead. At most 5m: AWS NAT gateways drop
	// a connection after 350s of silence.
	KeepAliveInterval Duration `unset:"15s" example:"'30s'"`
	// ReadyTimeout is how long the SSH server may take to let the executor in
	// once the task is running.
	ReadyTimeout Duration `default:"2m" example:"'90s'"`
	// RetryTimeout is how long a stage tries to connect again after it could
	// not connect to a task that was ready, for example because the SSH server
	// restarts. It does not try again once something of its script has been sent,
	// once the task has ended, or if the server refuses the key or presents another
	// host key.
	RetryTimeout Duration `default:"30s" example:"'1m'"`
}

// Runner is what the config stage reports to gitlab-runner.
type Runner struct {
	// BuildsDir is the absolute path in the task under which jobs are checked
	// out.
	BuildsDir string `unset:"builds_dir in the runner's config.toml" example:"'/builds'"`
	// CacheDir is the absolute path in the task under which caches are kept.
	CacheDir string `unset:"cache_dir in the runner's config.toml" example:"'/cache'"`
	// Shell is the shell that the runner writes scripts for: bash, sh or pwsh.
	Shell string `unset:"shell in the runner's config.toml, otherwise bash" example:"'pwsh'"`
}

// defaultPort is the well-known port of SSH.
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

// Duration is a duration, written as a string such as "90s" or "2m".
type Duration time.Duration

// UnmarshalText reads a duration in Go's notation.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return err
	}
	*d = Duration(parsed)
	return nil
}

// MarshalText writes a duration in Go's notation.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }
