package localecs

import (
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// live takes the task through its states, from PROVISIONING to STOPPED.
func (t *task) live() {
	if t.provision() && t.pull() && t.start() {
		<-t.stopRequested
		t.deactivate()
	}
	t.stopContainers()
	t.deprovision()
}

// provision waits for the network interface. It reports false if the task has
// to stop.
func (t *task) provision() bool {
	if !t.stay(t.server.config.Delays.Provisioning) {
		return false
	}
	eni, err := t.connect()
	if err != nil {
		t.update(func() {
			t.requestStop(types.TaskStopCodeTaskFailedToStart, "ResourceInitializationError: "+err.Error())
		})
		return false
	}
	t.update(func() {
		t.eni, t.attachmentStatus = eni, "ATTACHED"
		t.connectivityAt = t.server.now()
		t.status = statusPending
	})
	return true
}

// pull gets the images.
func (t *task) pull() bool {
	t.update(func() { t.pullStartedAt = t.server.now() })
	for _, c := range t.containers {
		if reason := c.pull(); reason != "" {
			t.failStart(c, reason)
			return false
		}
	}
	if !t.stay(t.server.config.Delays.Pending) {
		return false
	}
	t.update(func() { t.pullStoppedAt = t.server.now() })
	return true
}

// start starts the containers and waits until each has started.
func (t *task) start() bool {
	for _, c := range t.containers {
		go c.live()
	}
	for _, c := range t.containers {
		select {
		case <-c.started:
		case <-t.stopRequested:
			return false
		}
	}
	t.update(func() {
		t.startedAt = t.server.now()
		t.status = statusRunning
	})
	return true
}

// failStart stops a task whose container could not be started.
func (t *task) failStart(c *container, reason string) {
	t.update(func() {
		c.reason = reason
		t.requestStop(types.TaskStopCodeTaskFailedToStart, reason)
	})
}

func (t *task) deactivate() {
	t.update(func() { t.status = statusDeactivating })
	t.linger(t.server.config.Delays.Deactivating)
	t.update(func() { t.status = statusStopping })
	t.linger(t.server.config.Delays.Stopping)
}

// stopContainers stops what has been started, all containers at the same time,
// and returns when their processes are gone.
func (t *task) stopContainers() {
	var stops sync.WaitGroup
	ran := t.started()
	for _, c := range ran {
		stops.Go(c.stop)
	}
	stops.Wait()
	t.update(func() {
		if len(ran) > 0 {
			t.executionEndedAt = t.server.now()
		}
		for _, c := range t.containers {
			c.status = statusStopped
		}
	})
}

// started lists the containers that have, or had, a process. Once the task has to
// stop, no more are added.
func (t *task) started() []*container {
	t.processes.Lock()
	defer t.processes.Unlock()
	var started []*container
	for _, c := range t.containers {
		if c.process != nil {
			started = append(started, c)
		}
	}
	return started
}

// deprovision releases the network interface and removes the files.
func (t *task) deprovision() {
	t.update(func() { t.status = statusDeprovisioning })
	t.linger(t.server.config.Delays.Deprovisioning)
	// What cannot be removed stays until the server's directories are removed.
	if t.sandbox != nil {
		_ = t.sandbox.Close()
	}
	if t.eni != nil {
		t.server.network.detach(t.eni)
	}
	_ = os.RemoveAll(t.dir())
	t.update(func() {
		t.attachmentStatus = "DELETED"
		t.stoppedAt = t.server.now()
		t.status = statusStopped
	})
}

// dir holds the working directories of the task's containers.
func (t *task) dir() string { return filepath.Join(t.server.dir, t.id) }

// stay waits on the way up. It reports false if the task has to stop.
func (t *task) stay(delay time.Duration) bool {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-t.stopRequested:
		return false
	case <-timer.C:
		return true
	}
}

// linger waits on the way down, unless the server is closing.
func (t *task) linger(delay time.Duration) {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-t.server.closing:
	case <-timer.C:
	}
}
