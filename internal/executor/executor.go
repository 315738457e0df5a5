// Package executor implements the four stages that gitlab-runner's custom
// executor calls: config, prepare, run and cleanup. prepare creates a FargateJob
// in a job store and waits until its task accepts SSH, run runs one script there,
// cleanup deletes the job. Each stage is a separate process; they share what they
// know in a connection file.
package executor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/gitlab"
	"github.com/fargate-operator/fargate-operator/internal/sshrun"
)

// Options are what an Executor works with.
type Options struct {
	// Environment is what gitlab-runner passes in environment variables.
	Environment gitlab.Environment
	// OpenStore returns where FargateJobs are kept, and the namespace of new
	// ones, which is empty without Kubernetes. It is called when the store is
	// needed, and only then: most launches do without.
	OpenStore func() (store JobStore, namespace string, err error)
	// LastLines returns what a job's container wrote last, at most limit lines, the
	// oldest first. It looks for them until ctx ends; there are none at once if the
	// container logs elsewhere. Nil means that they cannot be had from here.
	LastLines func(ctx context.Context, job *v1alpha1.FargateJob, limit int32) ([]string, error)
	// Class is the FargateTaskClass of jobs that choose none. Empty means that
	// there are no classes: jobs run without Kubernetes.
	Class string
	// Classes are the other FargateTaskClasses that a job may choose, as patterns
	// of taskrules.Matches.
	Classes []string
	// TaskDefinition and PlatformVersion, if set, win over what a job chooses.
	TaskDefinition, PlatformVersion string
	// Pod owns the FargateJobs of its namespace; the zero Pod owns none.
	Pod Pod
	// Idle are keys that fargate.toml sets to no effect, each with the reason.
	Idle []string
	// Directory is where connection files are kept. Empty means the attempt's
	// TMPDIR.
	Directory string
	// Username and Port, if set, replace those of the task's class.
	Username string
	Port     int
	// KeyType, if set, replaces that of the task's class.
	KeyType v1alpha1.KeyType
	// ReadyTimeout bounds the time from when the task is ready until its SSH
	// server lets us in.
	ReadyTimeout time.Duration
	// RetryTimeout is how long the run stage tries other connections after one has
	// failed, as long as nothing of its script has been sent. Zero tries none.
	RetryTimeout time.Duration
	// ConnectTimeout and KeepAlive are those of sshrun.Target.
	ConnectTimeout, KeepAlive time.Duration
	// BuildsDir and CacheDir are the folders in the task that the config stage
	// reports; empty leaves them to the runner's config.toml.
	BuildsDir, CacheDir string
	// Shell is what the config stage tells the runner to write scripts for: bash,
	// sh or pwsh. Empty leaves it to the runner's config.toml.
	Shell string
	// Hostname is the runner's, which the job log shows. May be empty.
	Hostname string
	// Stdout and Stderr end up in the job log.
	Stdout, Stderr io.Writer
	// Log is for operators. What belongs in the job log does not go only here.
	Log *slog.Logger
}

// Executor runs stages. Their errors are sentences for the job log; a
// *gitlab.BuildFailure is the job author's fault, all others are system
// failures.
type Executor struct {
	Options
	limits timing
}

// New returns an executor.
func New(options Options) *Executor {
	return &Executor{Options: options, limits: defaultTiming}
}

// attemptID is the same for all stages of one attempt and differs between
// attempts, even of jobs with the same number from two GitLab servers: it derives
// from the runner's folder for the attempt. It has 16 characters, of which 8 are
// enough next to the job's number.
func (e *Executor) attemptID() (string, error) {
	attempt := e.Environment.TempDir
	if attempt == "" {
		return "", errors.New("cannot tell the attempts of a job apart: TMPDIR is not set, run this program from gitlab-runner's custom executor")
	}
	sum := sha256.Sum256([]byte(filepath.Clean(attempt)))
	return hex.EncodeToString(sum[:8]), nil
}

// connectionPath is the path of the attempt's connection file. It fails if other
// users could replace the file.
func (e *Executor) connectionPath() (string, error) {
	id, err := e.attemptID()
	if err != nil {
		return "", err
	}
	directory := e.Directory
	if directory == "" {
		directory = e.Environment.TempDir
	}
	return filepath.Join(directory, connectionPrefix+id+connectionSuffix), trusted(directory)
}

// target is the task's SSH server, by its address and the configuration.
func (e *Executor) target(address *v1alpha1.TaskAddress, key ssh.Signer) sshrun.Target {
	target := sshrun.Target{Host: address.Host, Port: int(address.Port), User: address.Username, Key: key}
	if e.Port > 0 {
		target.Port = e.Port
	}
	if e.Username != "" {
		target.User = e.Username
	}
	return e.within(target)
}

// within sets the time limits of connections.
func (e *Executor) within(target sshrun.Target) sshrun.Target {
	target.ConnectTimeout, target.KeepAlive = e.ConnectTimeout, e.KeepAlive
	return target
}
