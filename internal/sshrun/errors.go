package sshrun

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"syscall"

	"golang.org/x/crypto/ssh"
)

// UnreachableError says that no SSH server answered at the address. Waiting may
// help: the server of a new task comes up some time after the task runs.
type UnreachableError struct {
	Address string // host:port
	Err     error
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("cannot reach the SSH server at %s: %s: %v", e.Address, e.advice(), e.Err)
}

func (e *UnreachableError) Unwrap() error { return e.Err }

// advice says what happened and what to check.
func (e *UnreachableError) advice() string {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(e.Err, &dns):
		return "the host name does not resolve, check that the runner can resolve the names of the task's network"
	case errors.Is(e.Err, syscall.ECONNREFUSED):
		return "nothing listens on the port, check that the image starts sshd and that it listens on this port"
	case errors.Is(e.Err, syscall.EHOSTUNREACH), errors.Is(e.Err, syscall.ENETUNREACH):
		return "there is no route to the task, check the routes between the runner's network and the task's subnet"
	case errors.As(e.Err, &timeout) && timeout.Timeout():
		return "nothing answered in time, check that the task's security group allows the port from the runner and that the subnet is routed"
	case isTransportError(e.Err):
		return "the connection closed before the SSH handshake was done, check that sshd is what listens on the port and read the container's log"
	default:
		return "check the task's address, port and network"
	}
}

// NegotiationError says that what answered is not an SSH server that is safe to
// use: not SSH at all, or SSH with outdated algorithms only. Waiting does not
// help.
type NegotiationError struct {
	Address string // host:port
	Err     error
}

func (e *NegotiationError) Error() string {
	return fmt.Sprintf("the server at %s does not speak SSH 2 with current algorithms, check that sshd is what listens on the port and that it is not outdated: %v", e.Address, e.Err)
}

func (e *NegotiationError) Unwrap() error { return e.Err }

// AuthenticationError says that the server refused the user or the key. SSH does
// not say why: the server's own log does.
type AuthenticationError struct {
	Address string // host:port
	User    string
	Key     string // SHA-256 fingerprint of the public key
	KeyType string // its type in SSH's notation, for example ssh-ed25519
	// NoPublicKeys is true if the key was never offered, because the server accepts
	// no public keys at all.
	NoPublicKeys bool
	// HostKeyType is the type of the server's host key. Clients prefer Ed25519: a
	// server that presents another has none.
	HostKeyType string
	// Before is true if an earlier connection was let in.
	Before bool
	// Cause is why, with the fix, if it is known.
	Cause string
	Err   error
}

func (e *AuthenticationError) Error() string {
	return fmt.Sprintf("the SSH server at %s refused user %q with key %s (%s): %s: %v",
		e.Address, e.User, e.Key, e.KeyType, cmp.Or(e.Cause, e.advice()), e.Err)
}

// advice is what to check, by what SSH shows.
func (e *AuthenticationError) advice() string {
	return cmp.Or(e.specificAdvice(), "check that the image writes the environment variable SSH_PUBLIC_KEY to that user's authorized_keys before it starts sshd, "+
		"that the user is not locked and has a login shell, and that sshd accepts keys of this type")
}

// specificAdvice is empty if SSH shows nothing.
func (e *AuthenticationError) specificAdvice() string {
	switch {
	case e.NoPublicKeys:
		return "it accepts no public keys, set PubkeyAuthentication yes in the image's sshd_config"
	case e.Before:
		return "it let the executor in before, check that no script of the job changes the user's home directory, its authorized_keys or the SSH server"
	case e.KeyType == ssh.KeyAlgoED25519 && e.HostKeyType != ssh.KeyAlgoED25519:
		return "it has no Ed25519 host key, as in FIPS mode, where it refuses Ed25519 keys too: set KeyType to ECDSA in the section [SSH] of fargate.toml, or ssh.keyType in the class"
	}
	return ""
}

func (e *AuthenticationError) Unwrap() error { return e.Err }

// HostKeyMismatchError says that the server is not the one that the job talked
// to before. Nothing has been sent to it.
type HostKeyMismatchError struct {
	Address   string // host:port
	Pinned    string // SHA-256 fingerprint of the key from the first contact
	Presented string // SHA-256 fingerprint of the key that the server presents now
}

func (e *HostKeyMismatchError) Error() string {
	return fmt.Sprintf("the SSH server at %s presents host key %s instead of %s, which was pinned at first contact: it is another server, or its keys were generated again; check that the image generates its host keys only once, then retry the job",
		e.Address, e.Presented, e.Pinned)
}

// ConnectionLostError says that it is unknown how the script ended, because the
// connection or its session ended before the server reported it.
type ConnectionLostError struct {
	Address string // host:port
	// Unsent is true if nothing of the script had been sent: it has not run.
	Unsent bool
	Err    error
}

func (e *ConnectionLostError) Error() string {
	text := fmt.Sprintf("lost the SSH connection to %s while the script was running", e.Address)
	if e.Unsent {
		text = fmt.Sprintf("lost the SSH connection to %s before the script was sent", e.Address)
	}
	return fmt.Sprintf("%s, check whether the task was stopped, ran out of memory or restarted sshd: %v", text, e.Err)
}

func (e *ConnectionLostError) Unwrap() error { return e.Err }

// IsUnsent reports whether an error of Dial or Run says that there was no
// connection, or that it was lost before anything of the script was sent. It is
// safe to run the script on another connection, and that may help.
func IsUnsent(err error) bool {
	var unreachable *UnreachableError
	var lost *ConnectionLostError
	return errors.As(err, &unreachable) || errors.As(err, &lost) && lost.Unsent
}

// CanceledError says that the script was ended because the caller's context
// ended.
type CanceledError struct {
	Address string // host:port
	// Ended is false if processes of the script may still run on the task.
	Ended bool
	// Err is the context's cause.
	Err error
	// ctxErr is context.Canceled or context.DeadlineExceeded.
	ctxErr error
}

func (e *CanceledError) Error() string {
	state := "all its processes that could be found have ended"
	if !e.Ended {
		state = "some of its processes may keep running until the task is stopped"
	}
	return fmt.Sprintf("the script on %s was canceled, %s: %v", e.Address, state, e.Err)
}

// Unwrap makes the error match both the context's error and its cause.
func (e *CanceledError) Unwrap() []error { return []error{e.ctxErr, e.Err} }

// ExitError says that the script itself failed.
type ExitError struct {
	// Code is the script's exit code, 1 to 255; 128 plus the signal's number if
	// a signal ended it.
	Code int
	// Signal is the name of the signal that ended the script, without SIG, for
	// example "KILL"; empty if it exited.
	Signal string
}

func (e *ExitError) Error() string {
	if e.Signal != "" {
		return fmt.Sprintf("the script was ended by signal %s (exit code %d)", e.Signal, e.Code)
	}
	return fmt.Sprintf("the script exited with code %d", e.Code)
}
