package process

import (
	"context"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// lookInterval is the time between looks at what is left.
	lookInterval = 20 * time.Millisecond
	// killPatience is how long processes may take to end after SIGKILL. One that
	// waits for a device can take forever.
	killPatience = 5 * time.Second
)

// Signal sends a signal to the command's process group, unless its first process
// has ended.
func (i *Init) Signal(p *Process, signal unix.Signal) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.running[p.pid] == p {
		_ = unix.Kill(-p.pid, signal)
	}
}

// SignalAll sends a signal once to every process of the command.
func (i *Init) SignalAll(p *Process, signal unix.Signal) {
	members, _ := i.members(p) // What is not found now gets no signal, as if it had begun later.
	for _, member := range members {
		_ = unix.Kill(member.pid, signal)
	}
}

// Terminate ends every process of the command: with SIGTERM, and after the grace
// period with SIGKILL. It returns how many are left, because they cannot be ended
// or because ctx has ended. Its error says that they cannot be listed.
func (i *Init) Terminate(ctx context.Context, p *Process, grace time.Duration) (left int, err error) {
	return end(ctx, func() ([]identity, error) { return i.members(p) }, grace)
}

// TerminateAll is Terminate for every process below this program.
func (i *Init) TerminateAll(ctx context.Context, grace time.Duration) (left int, err error) {
	return end(ctx, i.all, grace)
}

// end signals what look finds until it finds nothing. A look that fails, for example
// because there are too many open files, is followed by others.
func end(ctx context.Context, look func() ([]identity, error), grace time.Duration) (left int, err error) {
	killAt := time.Now().Add(grace)
	asked := map[identity]bool{}
	ticks := time.NewTicker(lookInterval)
	defer ticks.Stop()
	for {
		alive, err := look()
		now := time.Now()
		if err == nil && len(alive) == 0 || ctx.Err() != nil || now.After(killAt.Add(killPatience)) {
			return len(alive), err
		}
		for _, process := range alive {
			switch {
			case !now.Before(killAt):
				_ = unix.Kill(process.pid, unix.SIGKILL)
			case !asked[process]:
				asked[process] = true
				_ = unix.Kill(process.pid, unix.SIGTERM)
			}
		}
		select {
		case <-ticks.C:
		case <-ctx.Done():
		}
	}
}
