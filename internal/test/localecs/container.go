package localecs

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/uuid"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/containerinit"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/oci"
)

// AddressesVariable is the environment variable in which a container that is a
// process of this machine finds the addresses of its task, separated by commas: the
// private one and, if the task has one, the public one. It must listen on these and
// no others.
const AddressesVariable = "LOCALECS_ADDRESSES"

// defaultStopTimeout is the time between SIGTERM and SIGKILL on Fargate, from
// the API reference of ContainerDefinition.
const defaultStopTimeout = 30 * time.Second

// errStopping keeps a container from starting when its task has to stop.
var errStopping = errors.New("the task is stopping")

// mainProcess is what a container runs.
type mainProcess interface {
	// Wait returns the exit code once nothing of the container runs any more.
	Wait() (exitCode int, err error)
	Signal(signal syscall.Signal) error
	// Kill ends everything in the container. It does not wait.
	Kill()
}

// container is one container of a task. The fields without a comment never
// change after newContainer.
type container struct {
	task       *task
	definition types.ContainerDefinition
	override   types.ContainerOverride
	arn        string
	runtimeID  string
	// image is what a real container runs, set before the container starts.
	image *oci.Image

	// started, healthy, exited and succeeded are closed when that has happened.
	// exited means that no process of the container is left, succeeded that in
	// addition its exit code was 0.
	started, healthy, exited, succeeded chan struct{}

	// process is nil until it has started, and guarded by task.processes.
	process mainProcess

	// guarded by server.mu
	status   string
	exitCode *int32
	reason   string
	health   types.HealthStatus
}

func newContainer(t *task, definition types.ContainerDefinition, index int) *container {
	c := &container{
		task:       t,
		definition: definition,
		arn:        t.server.arn("container/" + t.cluster.name + "/" + t.id + "/" + uuid.NewString()),
		runtimeID:  t.id + "-" + strconv.Itoa(index+1),
		started:    make(chan struct{}),
		healthy:    make(chan struct{}),
		exited:     make(chan struct{}),
		succeeded:  make(chan struct{}),
		status:     statusPending,
		health:     types.HealthStatusUnknown,
	}
	if t.overrides != nil {
		for _, o := range t.overrides.ContainerOverrides {
			if aws.ToString(o.Name) == *definition.Name {
				c.override = o
			}
		}
	}
	return c
}

// live waits for the container's dependencies and runs it until it ends.
func (c *container) live() {
	if !c.awaitDependencies() {
		return
	}
	process, err := c.start()
	switch {
	case errors.Is(err, errStopping):
		return
	case err != nil:
		c.task.failStart(c, "CannotStartContainerError: "+err.Error())
		return
	}
	if c.definition.HealthCheck != nil {
		c.task.server.lives.Go(c.watchHealth)
	}
	code, err := process.Wait()
	c.end(code, err)
}

// start starts the process, unless the task has to stop.
func (c *container) start() (mainProcess, error) {
	c.task.processes.Lock()
	defer c.task.processes.Unlock()
	select {
	case <-c.task.stopRequested:
		return nil, errStopping
	default:
	}
	process, err := c.startProcess()
	if err != nil {
		return nil, c.unlessStopping(err)
	}
	c.process = process
	c.task.update(func() { c.status = statusRunning })
	close(c.started)
	return process, nil
}

// unlessStopping replaces the failure of a start that a stop has cut short.
func (c *container) unlessStopping(err error) error {
	select {
	case <-c.task.stopRequested:
		return errStopping
	default:
		return err
	}
}

func (c *container) startProcess() (mainProcess, error) {
	if c.task.sandbox == nil { // Health checks run there too.
		if err := os.MkdirAll(c.dir(), 0o700); err != nil {
			return nil, fmt.Errorf("making the container's directory: %w", err)
		}
	}
	if c.isIdle() {
		return newIdle(), nil
	}
	output, err := os.OpenFile(c.logFile(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the container's log: %w", err)
	}
	defer output.Close()
	if c.task.sandbox != nil {
		return c.startContainer(output)
	}
	spec, err := c.spec(output)
	if err != nil {
		return nil, err
	}
	return containerinit.Start(spec)
}

// end records how the container ended. The end of an essential container stops
// the task.
func (c *container) end(code int, err error) {
	c.task.update(func() {
		c.status = statusStopped
		c.exitCode = aws.Int32(int32(code)) //nolint:gosec // an exit code has eight bits
		if err != nil {
			c.reason = err.Error()
		}
		if *c.definition.Essential {
			c.task.requestStop(types.TaskStopCodeEssentialContainerExited, "Essential container in task exited")
		}
	})
	close(c.exited)
	if code == 0 {
		close(c.succeeded)
	}
}

// stop ends a container that has started: SIGTERM, then SIGKILL after the stop
// timeout or when the server closes.
func (c *container) stop() {
	timeout := defaultStopTimeout
	if c.definition.StopTimeout != nil {
		timeout = time.Duration(*c.definition.StopTimeout) * time.Second
	}
	_ = c.process.Signal(syscall.SIGTERM) // if that fails, SIGKILL follows
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-c.exited:
	case <-timer.C:
	case <-c.task.server.closing:
	}
	c.process.Kill()
	<-c.exited
}

// spec says what to run and how.
func (c *container) spec(output *os.File) (containerinit.Spec, error) {
	args := slices.Clone(c.definition.EntryPoint)
	if len(args) == 0 {
		args = slices.Clone(c.task.server.config.Images[*c.definition.Image])
	}
	args = append(args, c.command()...)
	if len(args) == 0 {
		return containerinit.Spec{}, errors.New("no command specified")
	}
	path, err := exec.LookPath(args[0])
	if err != nil {
		return containerinit.Spec{}, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return containerinit.Spec{}, fmt.Errorf("finding %s: %w", args[0], err)
	}
	return containerinit.Spec{Path: path, Args: args, Env: c.environment(), Dir: c.dir(), Output: output}, nil
}

// command is the definition's command, or what replaces it.
func (c *container) command() []string {
	if c.override.Command != nil {
		return c.override.Command
	}
	return c.definition.Command
}

// environment is what a process of this machine needs, then the container's
// variables, then the task's addresses.
func (c *container) environment() []string {
	env := append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + c.dir()}, c.variables()...)
	return append(env, AddressesVariable+"="+strings.Join(c.task.eni.addresses(), ","))
}

// variables are what Fargate sets, then the definition's, then the overrides'.
func (c *container) variables() []string {
	s := c.task.server
	env := []string{
		"AWS_EXECUTION_ENV=AWS_ECS_FARGATE",
		"AWS_REGION=" + s.config.Region,
		"AWS_DEFAULT_REGION=" + s.config.Region,
	}
	for _, variable := range slices.Concat(c.definition.Environment, c.override.Environment) {
		env = append(env, aws.ToString(variable.Name)+"="+aws.ToString(variable.Value))
	}
	return env
}

// logFile has the container's output once it has started.
func (c *container) logFile() string {
	return filepath.Join(c.task.server.dir, c.task.id+"-"+*c.definition.Name+".log")
}

// dir is the container's working and home directory.
func (c *container) dir() string { return filepath.Join(c.task.dir(), *c.definition.Name) }

// view returns the container as the API shows it. The caller holds the mutex.
func (c *container) view() types.Container {
	view := types.Container{
		ContainerArn:      aws.String(c.arn),
		Cpu:               aws.String(strconv.Itoa(int(c.definition.Cpu))),
		ExitCode:          c.exitCode,
		HealthStatus:      c.health,
		Image:             c.definition.Image,
		LastStatus:        aws.String(c.status),
		Name:              c.definition.Name,
		NetworkBindings:   []types.NetworkBinding{},
		NetworkInterfaces: []types.NetworkInterface{},
		RuntimeId:         aws.String(c.runtimeID),
		TaskArn:           aws.String(c.task.arn),
	}
	if c.reason != "" {
		view.Reason = aws.String(c.reason)
	}
	if eni := c.task.eni; eni != nil {
		view.NetworkInterfaces = []types.NetworkInterface{{
			AttachmentId:       aws.String(c.task.attachmentID),
			PrivateIpv4Address: aws.String(eni.private.String()),
		}}
	}
	return view
}
