// Package sshserver is a small SSH server for containers: it accepts one public
// key, under any user name, and runs commands the way OpenSSH's server does.
// Tasks of the local ECS run it if no sshd is installed.
package sshserver

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/gliderlabs/ssh"
)

// The environment variables that FromEnvironment reads.
const (
	// AddressesVariable lists the task's addresses, separated by commas.
	AddressesVariable = "LOCALECS_ADDRESSES"
	// PublicKeyVariable holds the accepted key, one line of authorized_keys.
	PublicKeyVariable = "SSH_PUBLIC_KEY"
	// PortVariable holds the port to listen on; empty means 22.
	PortVariable = "SSH_PORT"
	// StartDelayVariable holds a duration, as in "2s", to wait before listening:
	// a server that comes up after its task is RUNNING.
	StartDelayVariable = "SSH_START_DELAY"
)

const defaultPort = 22

// Config says where to listen and whom to let in.
type Config struct {
	// Addresses are the IP addresses to listen on, at least one.
	Addresses []string
	// Port is the TCP port on every address; 0 takes a free port on each.
	Port int
	// PublicKey is the only key that may log in.
	PublicKey ssh.PublicKey
	// StartDelay passes before the server listens.
	StartDelay time.Duration
}

// FromEnvironment reads the configuration of a container. Its error joins all
// problems, each with the name of its variable.
func FromEnvironment(getenv func(string) string) (Config, error) {
	var (
		config   Config
		problems []error
		err      error
	)
	if config.Addresses, err = parseAddresses(getenv(AddressesVariable)); err != nil {
		problems = append(problems, err)
	}
	if config.Port, err = parsePort(getenv(PortVariable)); err != nil {
		problems = append(problems, err)
	}
	if config.PublicKey, _, _, _, err = ssh.ParseAuthorizedKey([]byte(getenv(PublicKeyVariable))); err != nil {
		problems = append(problems, fmt.Errorf("%s must be one line of authorized_keys: %w", PublicKeyVariable, err))
	}
	if delay := getenv(StartDelayVariable); delay != "" {
		if config.StartDelay, err = time.ParseDuration(delay); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", StartDelayVariable, err))
		}
	}
	return config, errors.Join(problems...)
}

func parseAddresses(list string) ([]string, error) {
	if list == "" {
		return nil, fmt.Errorf("%s is empty: it must list the addresses to listen on", AddressesVariable)
	}
	addresses := strings.Split(list, ",")
	for _, address := range addresses {
		if net.ParseIP(address) == nil {
			return nil, fmt.Errorf("%s: %q is not an IP address", AddressesVariable, address)
		}
	}
	return addresses, nil
}

func parsePort(port string) (int, error) {
	if port == "" {
		return defaultPort, nil
	}
	number, err := strconv.Atoi(port)
	if err != nil || number < 1 || number > 65535 {
		return 0, fmt.Errorf("%s: %q is not a port between 1 and 65535", PortVariable, port)
	}
	return number, nil
}
