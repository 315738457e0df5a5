package gateway

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/fargate-operator/fargate-operator/internal/agent/container"
	"github.com/fargate-operator/fargate-operator/internal/agent/process"
	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
	"github.com/fargate-operator/fargate-operator/internal/agent/seqpacket"
)

// helper runs sessions in the gateway's own container, once the job's user is
// known.
type helper struct {
	link    *link // set before all containers are complete, like err
	err     error
	running atomic.Pointer[container.Server] // also read when the gateway stops
}

// welcomeJob prepares directories and helper sessions for the job's user, by whom
// the job's agent runs.
func (g *gateway) welcomeJob(user *unix.Ucred) {
	l, server, err := g.startHelper(user)
	if err != nil {
		g.log.printf("no helper sessions: %v", err)
	}
	g.helper.link, g.helper.err = l, err
	g.helper.running.Store(server)
}

// startHelper serves the helper's sessions over the same protocol as those of other
// containers, within this process.
func (g *gateway) startHelper(user *unix.Ucred) (*link, *container.Server, error) {
	var credential *syscall.Credential
	if !ownUser(user.Uid, user.Gid) {
		if os.Geteuid() != 0 {
			return nil, nil, fmt.Errorf("%w (gateway: uid %d, gid %d; job: uid %d, gid %d)", errUnprivileged, os.Geteuid(), os.Getegid(), user.Uid, user.Gid)
		}
		credential = &syscall.Credential{Uid: user.Uid, Gid: user.Gid} // without other groups
	}
	if err := g.giveDirectories(user); err != nil {
		return nil, nil, fmt.Errorf("giving a directory to the job's user: %w: mount a volume there that this container may write to", err)
	}
	here, there, err := seqpacket.Pair(protocol.MaxReport, protocol.MaxRequest)
	if err != nil {
		return nil, nil, err
	}
	path := process.Value(g.config.Env, "PATH")
	server := container.NewServer(there, g.init, container.Settings{
		Shell: process.FindShell(path), Credential: credential, Dir: g.config.Home,
		Env: process.Merge(g.config.Env, []string{"HOME=" + g.config.Home}),
	})
	go func() {
		_ = server.Serve(context.Background())
		_ = there.Close()
	}()
	l := newLink(Helper, here)
	go l.receive()
	return l, server, nil
}

// giveDirectories makes the directories of the job's user. The home is in a volume
// that all containers share, and is for no other user.
func (g *gateway) giveDirectories(user *unix.Ucred) error {
	if err := give(g.config.Home, user); err != nil {
		return err
	}
	if err := os.Chmod(g.config.Home, 0o700); err != nil { //nolint:gosec // a directory
		return err
	}
	for _, directory := range g.config.Directories {
		if err := give(directory, user); err != nil {
			return err
		}
	}
	return nil
}

// give makes a directory and gives it to a user. It follows no link in place of the
// directory itself.
func give(directory string, to *unix.Ucred) error {
	if err := os.MkdirAll(directory, 0o755); err != nil { //nolint:gosec // the job's other containers read it
		return err
	}
	info, err := os.Lstat(directory)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is a link and not a directory", directory)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if ok && stat.Uid == to.Uid && stat.Gid == to.Gid {
		return nil
	}
	return os.Lchown(directory, int(to.Uid), int(to.Gid))
}
