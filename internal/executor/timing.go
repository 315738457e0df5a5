package executor

import "time"

// timing holds the limits of the stages; tests shorten them.
type timing struct {
	outage     time.Duration // how long the store may be silent before prepare gives up
	retry      time.Duration // between attempts to reach the store
	silence    time.Duration // of the job log before it says again what the job waits for
	unattended time.Duration // without any status before prepare gives up
	overdue    time.Duration // past the launch deadline before the controller counts as gone
	sshQuiet   time.Duration // without SSH before the job log says so, and between such lines
	probe      time.Duration // for a first command in the task
	release    time.Duration // for the deletion of a job, outages included
	reconnect  time.Duration // between connections to the task
	explain    time.Duration // for finding out whether and why the task has ended
	lastLines  time.Duration // for the last lines of a container's log
	refusal    time.Duration // for the line in it that says why a key was refused
}

// outage covers the restart of an API server. unattended covers a restart of the
// controller with a change of leader. explain is three times what the controller
// takes to notice that a running task stops. probe
// has room for a login shell that is slow to start. release is short because GitLab
// shows a job as running until its cleanup has ended, but longer than ECS may
// take to list a task whose launch was interrupted. lastLines is short because
// the cause is printed after them. refusal is longer: the container still runs, and
// Docker's driver for CloudWatch Logs sends what it has every five seconds.
var defaultTiming = timing{
	outage:     time.Minute,
	retry:      time.Second,
	silence:    time.Minute,
	unattended: 5 * time.Minute,
	overdue:    time.Minute,
	sshQuiet:   5 * time.Second,
	probe:      30 * time.Second,
	release:    20 * time.Second,
	reconnect:  500 * time.Millisecond,
	explain:    15 * time.Second,
	lastLines:  5 * time.Second,
	refusal:    10 * time.Second,
}
