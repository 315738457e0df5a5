package localecs

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/oci"
)

// maxAddressTries bounds how many addresses a task tries that belong to tasks of
// other processes. The second one is almost certainly free.
const maxAddressTries = 10

// pullTime bounds the pull of an image.
const pullTime = 5 * time.Minute

// connect gives the task its network interface and, if it has real containers,
// their network.
func (t *task) connect() (*networkInterface, error) {
	ctx, cancel := contextUntil(t.stopRequested)
	defer cancel()
	for try := 1; ; try++ {
		eni := t.server.network.attach(t.attachmentID, t.network)
		if t.server.runtime == nil || !slices.ContainsFunc(t.containers, func(c *container) bool { return !c.isIdle() }) {
			return eni, nil
		}
		sandbox, err := t.server.runtime.NewSandbox(ctx, oci.SandboxSpec{
			ID: t.id, Hostname: eni.privateDNSName(), MAC: eni.mac, Addresses: eni.ips(),
		})
		if err == nil {
			t.sandbox = sandbox
			return eni, nil
		}
		t.server.network.detach(eni)
		if !errors.Is(err, oci.ErrAddressInUse) || try == maxAddressTries {
			return nil, err
		}
	}
}

// contextUntil returns a context that ends with the channel.
func contextUntil(end <-chan struct{}) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		select {
		case <-end:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// pull gets the container's image. It returns the reason of a failure, as ECS
// words it, or nothing.
func (c *container) pull() (reason string) {
	s := c.task.server
	image := *c.definition.Image
	_, known := s.config.Images[image]
	switch {
	case c.isIdle() || s.runtime == nil && known:
		return ""
	case s.runtime == nil:
		return "CannotPullContainerError: pull image manifest has been retried 1 time(s): " +
			"failed to resolve ref " + image + ": " + image + ": not found"
	}
	login, found := c.registryLogin()
	if !found {
		return "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: " +
			"unable to retrieve secret from asm: service call has been retried 1 time(s): " +
			"ResourceNotFoundException: Secrets Manager can't find the specified secret."
	}
	ctx, cancel := contextUntil(s.closing) // Tasks share pulls, and Fargate finishes those of a task that stops.
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, pullTime)
	defer cancel()
	var err error
	if c.image, err = s.runtime.Pull(ctx, image, login); err != nil {
		return "CannotPullContainerError: " + err.Error()
	}
	return ""
}

// registryLogin finds the secret that the definition names, nil if it names none.
func (c *container) registryLogin() (login *oci.Login, found bool) {
	credentials := c.definition.RepositoryCredentials
	if credentials == nil {
		return nil, true
	}
	secret, found := c.task.server.config.RegistryLogins[aws.ToString(credentials.CredentialsParameter)]
	return &secret, found
}

// isIdle reports whether nothing runs in the container.
func (c *container) isIdle() bool {
	return slices.Equal(c.task.server.config.Images[*c.definition.Image], NoProcess())
}

// startContainer starts a real container.
func (c *container) startContainer(output *os.File) (mainProcess, error) {
	ctx, cancel := contextUntil(c.task.stopRequested)
	defer cancel()
	d := c.definition
	started, err := c.task.sandbox.Start(ctx, oci.ContainerSpec{
		Name:             *d.Name,
		Image:            c.image,
		EntryPoint:       d.EntryPoint,
		Command:          c.command(),
		Env:              c.variables(),
		User:             aws.ToString(d.User),
		WorkingDirectory: aws.ToString(d.WorkingDirectory),
		ReadOnlyRoot:     aws.ToBool(d.ReadonlyRootFilesystem),
		Init:             d.LinuxParameters != nil && aws.ToBool(d.LinuxParameters.InitProcessEnabled),
		Mounts:           mounts(d.MountPoints),
		Output:           output,
	})
	if err != nil {
		return nil, err // and no nil of another type
	}
	return started, nil
}

func mounts(points []types.MountPoint) []oci.Mount {
	mounts := make([]oci.Mount, len(points))
	for i, point := range points {
		mounts[i] = oci.Mount{
			Volume: *point.SourceVolume, Path: *point.ContainerPath, ReadOnly: aws.ToBool(point.ReadOnly),
		}
	}
	return mounts
}
