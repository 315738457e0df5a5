// Package localecs is an ECS and EC2 endpoint on this machine, with the parts of
// STS, Service Quotas, CloudWatch Logs, ECR and Secrets Manager that Fargate
// Operator calls. It speaks the protocols of the real services, answers calls as
// they do, and runs every task's containers, either as local processes, with
// separate loopback addresses for each task, or as real containers from images, in
// a network of the task's own. It stands in for AWS in the demo and the tests.
//
// It has one account and one Region, keeps its state in memory and listens on
// loopback only. It does not check signatures, but it does check the permissions
// of callers that SetPolicy has given a policy. Linux only: processes need a child
// subreaper and all of 127.0.0.0/8, real containers what package oci says.
package localecs

import (
	"fmt"
	"net"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/oci"
)

// Config says how a local ECS behaves. Its zero value is a server on a free
// port, without images, that moves tasks from state to state at once.
type Config struct {
	// Listen is the loopback address to listen on, as host:port. Empty means
	// 127.0.0.1 and a free port.
	Listen string
	// Region and Account appear in every ARN. Empty means us-east-1 and
	// 123456789012.
	Region, Account string
	// Dir holds the containers' working directories, removed as tasks stop, and
	// their output, as TASK_ID-CONTAINER.log. Empty means a temporary directory
	// that Close removes.
	Dir string
	// Runtime is how containers run.
	Runtime Runtime
	// Images maps the image name of a container definition to the command that
	// stands for the image: its entry point, with arguments. The definition's
	// entryPoint replaces it, a command is appended to it. A container with any
	// other image fails with CannotPullContainerError. See NoProcess too. With
	// Containers, images that are not NoProcess come from their registries instead.
	Images map[string][]string
	// RegistryLogins are the secrets that repositoryCredentials of a container
	// definition can name, by their ARNs. Only Containers looks at them.
	RegistryLogins map[string]oci.Login
	// Subnets and SecurityGroups are the ones that exist. Empty means
	// DefaultSubnets and DefaultSecurityGroups.
	Subnets        []Subnet
	SecurityGroups []string
	// Ingress has the rules of security groups by their ids. They are shown but
	// not enforced. A group without an entry allows this machine to reach every
	// port.
	Ingress map[string][]Rule
	// Endpoints are the services that the VPC has endpoints for, such as
	// "ecr.api".
	Endpoints []string
	// Quotas are the account's quotas by their codes. Nothing enforces them.
	// One without an entry is DefaultQuota.
	Quotas map[string]float64
	// Secrets are the values in Secrets Manager by their ARNs.
	Secrets map[string]string
	// Delays says how long a task stays in each state.
	Delays Delays
	// MissingFor is how long DescribeTasks and ListTasks do not find a task that
	// RunTask has just started.
	MissingFor time.Duration
	// StoppedFor is how long a stopped task can still be described. Zero means
	// an hour.
	StoppedFor time.Duration
	// Registering is how long a call of RegisterTaskDefinition takes. Another call
	// for the family is refused meanwhile. Zero means 3 ms, as long as any call takes
	// at least.
	Registering time.Duration
	// Throttle refuses calls beyond the rates of a real account.
	Throttle bool

	// now is the clock for everything that takes hours; nil means time.Now.
	now func() time.Time
}

// Runtime is a way to run containers.
type Runtime int

const (
	// Processes runs a container as a process of this machine, with its file system
	// and its network.
	Processes Runtime = iota
	// Containers runs real containers from images, with runc. It needs root.
	Containers
)

// Delays says how long a task stays in each state at least. A task also stays
// PENDING until its containers have started, and STOPPING until they have ended.
type Delays struct {
	Provisioning, Pending, Deactivating, Stopping, Deprovisioning time.Duration
}

// Subnet is a subnet of the only VPC.
type Subnet struct {
	// ID is the subnet's id, "subnet-" and something.
	ID string
	// Zone is the letter of the Availability Zone, such as "a".
	Zone string
	// Way is the id of the gateway that leads to the internet, such as
	// "igw-0123" or "nat-0123". Empty means that there is none.
	Way string
}

// Rule is a rule of a security group about incoming TCP connections.
type Rule struct {
	// First and Last bound the ports that it allows.
	First, Last int32
	// From is the source that it allows: addresses, such as "10.0.0.0/16", or a
	// security group, such as "sg-0123".
	From string
}

// DefaultQuota is the value of every quota that a Config does not set.
const DefaultQuota = 6

// DefaultSubnets returns the subnets that exist unless a Config says otherwise:
// one in zone a and one in zone b.
func DefaultSubnets() []Subnet {
	const gateway = "igw-local"
	return []Subnet{{ID: "subnet-local-a", Zone: "a", Way: gateway}, {ID: "subnet-local-b", Zone: "b", Way: gateway}}
}

// DefaultSecurityGroups returns the security groups that exist unless a Config
// says otherwise.
func DefaultSecurityGroups() []string { return []string{"sg-local"} }

const defaultStoppedFor = time.Hour

// withDefaults fills in what the caller left empty.
func (c Config) withDefaults() Config {
	setDefault(&c.Listen, "127.0.0.1:0")
	setDefault(&c.Region, "us-east-1")
	setDefault(&c.Account, "123456789012")
	setDefault(&c.StoppedFor, defaultStoppedFor)
	setDefault(&c.Registering, answerTime)
	if len(c.Subnets) == 0 {
		c.Subnets = DefaultSubnets()
	}
	if len(c.SecurityGroups) == 0 {
		c.SecurityGroups = DefaultSecurityGroups()
	}
	if c.now == nil {
		c.now = time.Now
	}
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// listenLoopback opens the listener and refuses any address that other machines
// could reach.
func listenLoopback(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("listen address %q: %w", address, err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("listen address %q: the host must be a loopback address such as 127.0.0.1, "+
			"since anyone who reaches this server can run commands", address)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening for AWS calls: %w", err)
	}
	return listener, nil
}
