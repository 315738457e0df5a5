package gateway

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/text"
)

// containerWait is how long a session waits for all containers' agents. ECS starts
// the containers of a task one after the other. The executor gives up a session
// after 30 s.
const containerWait = 20 * time.Second

// resolve finds out what serves the sessions of a user.
func (g *gateway) resolve(ctx context.Context, user string) (func(ssh.Channel, <-chan *ssh.Request), error) {
	switch {
	case user == User:
		return g.serveCommands, nil
	case user == Job || user == Helper:
		return g.resolveContainer(ctx, user)
	case slices.Contains(g.config.Services, user):
		return nil, fmt.Errorf("container %s runs its image's own entry point and no sessions: read its output with: ssh %s@… services logs %s", user, User, user)
	}
	return nil, fmt.Errorf("the task has no container %q: log in as one of %s", text.Abridge(user, maxShown), strings.Join([]string{Job, Helper, User}, ", "))
}

// resolveContainer waits for all containers: a script that runs before could connect
// as one that is missing.
func (g *gateway) resolveContainer(ctx context.Context, user string) (func(ssh.Channel, <-chan *ssh.Request), error) {
	ctx, cancel := context.WithTimeout(ctx, containerWait)
	defer cancel()
	if err := g.containers.await(ctx); err != nil {
		return nil, err
	}
	l := g.containers.link(user)
	if user == Helper {
		if g.helper.err != nil {
			return nil, g.helper.err
		}
		l = g.helper.link
	}
	return func(channel ssh.Channel, requests <-chan *ssh.Request) {
		newSession(l, channel, &g.ssh.busy).serve(requests)
	}, nil
}
