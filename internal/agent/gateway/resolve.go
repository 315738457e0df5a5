package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/text"
)

// containerWait is how long a session waits for its container's agent. ECS starts
// the containers of a task one after the other. The executor gives up a session
// after 30 s.
const containerWait = 20 * time.Second

// resolve finds out what serves the sessions of a user.
func (g *gateway) resolve(ctx context.Context, user string) (func(ssh.Channel, <-chan *ssh.Request), error) {
	ctx, cancel := context.WithTimeout(ctx, containerWait)
	defer cancel()
	var l *link
	var err error
	switch {
	case user == User:
		return g.serveCommands, nil
	case user == Job:
		l, err = g.containers.await(ctx, Job)
	case user == Helper:
		l, err = g.awaitHelper(ctx)
	case slices.Contains(g.config.Services, user):
		err = fmt.Errorf("container %s runs its image's own entry point and no sessions: read its output with: ssh %s@… services logs %s", user, User, user)
	default:
		err = fmt.Errorf("the task has no container %q: log in as one of %s", text.Abridge(user, maxShown), strings.Join([]string{Job, Helper, User}, ", "))
	}
	if err != nil {
		return nil, err
	}
	return func(channel ssh.Channel, requests <-chan *ssh.Request) { newSession(l, channel).serve(requests) }, nil
}

func (g *gateway) awaitHelper(ctx context.Context) (*link, error) {
	select {
	case <-g.helper.ready:
		return g.helper.get()
	case <-ctx.Done():
		return nil, errors.New("the helper's sessions run as the job's user, and the agent of container job has not connected to the gateway: the container's log may say why")
	}
}
