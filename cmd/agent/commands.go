package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/agent/container"
	"github.com/fargate-operator/fargate-operator/internal/agent/gateway"
	"github.com/fargate-operator/fargate-operator/internal/agent/install"
	"github.com/fargate-operator/fargate-operator/internal/agent/process"
	"github.com/fargate-operator/fargate-operator/internal/agent/service"
)

// The environment variables of a gateway's container.
const (
	keyVariable  = "SSH_PUBLIC_KEY"
	portVariable = "SSH_PORT"
)

// defaultStopTimeout is less than the 30 s that ECS gives a container to stop
// unless its definition says otherwise.
const defaultStopTimeout = 25 * time.Second

// flags are those that several subcommands have.
type flags struct {
	*flag.FlagSet

	dir         string
	stopTimeout time.Duration
}

func newFlags(command string) *flags {
	f := &flags{FlagSet: flag.NewFlagSet("agent "+command, flag.ContinueOnError)}
	f.StringVar(&f.dir, "dir", installDir(), "the directory that the agent was installed into")
	return f
}

func (f *flags) withStopTimeout() *flags {
	f.DurationVar(&f.stopTimeout, "stop-timeout", defaultStopTimeout, "the time from SIGTERM until everything is killed, less than the container's stopTimeout")
	return f
}

// parse reads arguments of which none is left over.
func (f *flags) parse(args []string) error {
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.stopTimeout < 0 {
		return fmt.Errorf("-stop-timeout: %s is less than nothing", f.stopTimeout)
	}
	if f.NArg() > 0 {
		return fmt.Errorf("%q is not a flag: %s takes flags only", f.Arg(0), f.Name())
	}
	return nil
}

// installDir is the directory that this program was installed into, if it was.
func installDir() string {
	self, err := os.Executable()
	if err != nil {
		return ""
	}
	return filepath.Dir(filepath.Dir(self))
}

func runInstall(args []string) error {
	if len(args) != 1 || !filepath.IsAbs(args[0]) {
		return errors.New("install needs one argument: the absolute path of the directory that the task's containers share")
	}
	return install.Into(args[0])
}

func runGateway(ctx context.Context, args []string) error {
	f := newFlags("gateway").withStopTimeout()
	port := f.Int("port", 0, "the TCP port of the SSH server; without it SSH_PORT, or 22")
	var services, directories list
	f.Var(&services, "services", "the names of the services' containers, separated by commas")
	f.Var(&directories, "own", "directories to make and to give to the job's user, absolute, separated by commas: for builds and caches")
	if err := f.parse(args); err != nil {
		return err
	}
	config := gateway.Config{
		Port: *port, Socket: install.Socket(f.dir), Services: services, Directories: directories,
		Home: filepath.Join(f.dir, "home"), Env: process.Without(os.Environ(), keyVariable, portVariable),
		Output: os.Stdout, StopTimeout: f.stopTimeout,
	}
	if err := checkNames(services, directories); err != nil {
		return err
	}
	var err error
	if !isSet(f.FlagSet, "port") {
		if config.Port, err = portOf(os.Getenv(portVariable)); err != nil {
			return err
		}
	}
	if config.Key, err = gateway.ParseKey(os.Getenv(keyVariable)); err != nil {
		return err
	}
	init, err := process.New()
	if err != nil {
		return err
	}
	defer init.Close()
	return gateway.Run(ctx, init, config)
}

func isSet(f *flag.FlagSet, name string) bool {
	set := false
	f.Visit(func(f *flag.Flag) { set = set || f.Name == name })
	return set
}

func portOf(value string) (int, error) {
	if value == "" {
		return 22, nil
	}
	port, err := strconv.ParseUint(value, 10, 16)
	if err != nil || port == 0 {
		return 0, fmt.Errorf("%s: %q is not a port between 1 and 65535", portVariable, value)
	}
	return int(port), nil
}

func checkNames(services, directories list) error {
	for _, name := range services {
		if slices.Contains([]string{gateway.Job, gateway.Helper, gateway.User}, name) {
			return fmt.Errorf("-services: %q is not a service's name: it is an SSH user of the gateway", name)
		}
	}
	for _, directory := range directories {
		if !filepath.IsAbs(directory) {
			return fmt.Errorf("-own: %q is not an absolute path", directory)
		}
	}
	return nil
}

func runJob(ctx context.Context, args []string) error {
	f := newFlags("job").withStopTimeout()
	if err := f.parse(args); err != nil {
		return err
	}
	init, err := process.New()
	if err != nil {
		return err
	}
	defer init.Close()
	return container.Run(ctx, init, container.Config{
		Socket: install.Socket(f.dir), Name: gateway.Job, Env: os.Environ(), StopTimeout: f.stopTimeout,
	})
}

func runService(ctx context.Context, args []string) error {
	f := newFlags("service")
	name := f.String("name", "", "the container's name, one of the gateway's -services")
	if err := f.parse(args); err != nil {
		return err
	}
	if *name == "" {
		return errors.New("service needs -name: the container's name, one of the gateway's -services")
	}
	conn, err := container.Connect(ctx, install.Socket(f.dir), *name, "")
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	return service.Become(conn, os.Environ())
}
