package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
	"github.com/fargate-operator/fargate-operator/internal/agent/seqpacket"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

const (
	// helloTimeout is how long a new connection may take to say which container it
	// is of.
	helloTimeout = 10 * time.Second
	// maxStrangers is how many connections may not have said that yet.
	maxStrangers = 16
	// retryPause is the time until the next try to accept a connection, after one
	// has failed.
	retryPause = 50 * time.Millisecond
)

// containers are the task's containers with an agent. All of them connect before
// anything of the job runs, and nobody can connect after that.
type containers struct {
	gateway  *gateway
	expected []string
	complete chan struct{} // closed when all have connected

	mu    sync.Mutex
	links map[string]*link
}

func newContainers(expected []string, g *gateway) *containers {
	return &containers{
		gateway: g, expected: expected, complete: make(chan struct{}),
		links: map[string]*link{},
	}
}

// accept lets the agents of containers connect, until all have.
func (c *containers) accept(socket *seqpacket.Listener) {
	strangers := make(chan struct{}, maxStrangers)
	go func() {
		<-c.complete
		_ = socket.Close()
	}()
	for {
		conn, err := accept(socket.Accept, func(err error) { c.gateway.log.printf("accepting a container's agent: %v: trying again", err) })
		if err != nil {
			return
		}
		strangers <- struct{}{}
		go func() {
			defer func() { <-strangers }()
			if err := c.welcome(conn); err != nil {
				c.gateway.log.printf("a container's agent was not let in: %v", err)
				refuse(conn, err)
			}
		}()
	}
}

// accept accepts a connection, sooner or later, unless the listener is closed. It
// reports the first failure, for example because there are too many open files.
func accept[C any](next func() (C, error), failed func(error)) (C, error) {
	var once sync.Once
	for {
		conn, err := next()
		if err == nil || errors.Is(err, net.ErrClosed) {
			return conn, err
		}
		once.Do(func() { failed(err) })
		<-time.After(retryPause)
	}
}

// welcome takes in the first connection of an expected container.
func (c *containers) welcome(conn *seqpacket.Conn) error {
	peer, err := conn.Peer()
	if err != nil {
		return fmt.Errorf("finding out its user: %w", err)
	}
	hello, err := receiveHello(conn)
	if err != nil {
		return err
	}
	l := newLink(hello.Container, conn)
	if err := c.join(l); err != nil {
		return err
	}
	c.gateway.log.printf("container %s is here: uid %d, gid %d, shell %q", l.name, peer.Uid, peer.Gid, text.Abridge(hello.Shell, maxShown))
	if l.name == Job {
		c.gateway.welcomeJob(peer)
	} else {
		c.gateway.services.arrived(l)
	}
	go l.receive()
	go c.watch(l)
	c.announce(l)
	return nil
}

// maxShown bounds text of others in the log, in characters.
const maxShown = 100

func receiveHello(conn *seqpacket.Conn) (*protocol.Hello, error) {
	if err := conn.SetReceiveDeadline(time.Now().Add(helloTimeout)); err != nil {
		return nil, err
	}
	message, files, err := conn.Receive()
	if err != nil {
		return nil, fmt.Errorf("waiting for its first message: %w", err)
	}
	closeAll(files)
	report, err := protocol.Decode[protocol.Report](message)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading its first message: %w", err)
	case report.Hello == nil:
		return nil, errors.New("its first message is not a hello")
	}
	if err := (protocol.Agent{Protocol: report.Hello.Protocol, Release: text.Abridge(report.Hello.Release, maxShown)}).Check(); err != nil {
		return nil, err
	}
	return report.Hello, conn.SetReceiveDeadline(time.Time{})
}

// join reserves a container's name.
func (c *containers) join(l *link) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !slices.Contains(c.expected, l.name):
		return fmt.Errorf("container %q is not one of %s: its name has to be in the gateway's -services", text.Abridge(l.name, maxShown), strings.Join(c.expected, ", "))
	case c.links[l.name] != nil:
		return fmt.Errorf("container %s is connected already", l.name)
	}
	c.links[l.name] = l
	return nil
}

// announce tells those who wait for all containers, if this was the last one.
func (c *containers) announce(l *link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l.ready = true
	if len(c.missing()) == 0 {
		close(c.complete)
	}
}

// missing names the containers that have not connected. It is called with c.mu.
func (c *containers) missing() []string {
	return slices.DeleteFunc(slices.Clone(c.expected), func(name string) bool {
		return c.links[name] != nil && c.links[name].ready
	})
}

// watch logs the end of a connection.
func (c *containers) watch(l *link) {
	<-l.gone
	switch {
	case l.name != Job:
		c.gateway.services.left(l)
	case errors.Is(l.err, io.EOF):
		c.gateway.log.printf("container %s has ended", l.name)
	default:
		c.gateway.log.printf("the connection to the agent of container %s has ended: %v", l.name, l.err)
	}
}

// await waits for all containers, until ctx ends.
func (c *containers) await(ctx context.Context) error {
	select {
	case <-c.complete:
		return nil
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Errorf("nothing of the job runs before all containers have connected to the gateway, and these have not: %s: their logs may say why", strings.Join(c.missing(), ", "))
}

// link is the connection to a container's agent, after await.
func (c *containers) link(name string) *link {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.links[name]
}

// refuse tells an agent why it is not let in.
func refuse(conn *seqpacket.Conn, reason error) {
	defer func() { _ = conn.Close() }()
	encoded, err := protocol.Encode(protocol.Request{Refuse: &protocol.Refuse{Reason: reason.Error()}})
	if err == nil {
		_ = conn.Send(encoded)
	}
}
