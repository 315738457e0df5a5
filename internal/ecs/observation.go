package ecs

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// missingGrace is how long a task may be unknown to DescribeTasks before it
// counts as gone. AWS advises to allow for up to five minutes of eventual
// consistency after RunTask. Source: RunTask in the ECS API reference.
const missingGrace = 5 * time.Minute

// urgentFor is how long a running task is checked often for its public address
// and its health: after that it is not urgent.
const urgentFor = time.Minute

// Observation is what is known about a watched task.
type Observation struct {
	// Task is as last described; only its ARN is set before that.
	Task v1alpha1.TaskStatus
	// Address has the addresses known so far, without host, port and
	// username.
	Address v1alpha1.TaskAddress
	// Missing is true once ECS has not known the task for five minutes.
	Missing bool
	// Err is why the last look failed, an *Error, or nil.
	Err error
	// AddressErr is why the public address is not known, an *Error, or nil.
	AddressErr error
}

// Cadence is how often tasks are checked. What a person waits for is checked
// often; one DescribeTasks call covers 100 tasks.
type Cadence struct {
	// Provisioning is for tasks before PENDING, which Fargate takes ten
	// seconds and more to leave.
	Provisioning time.Duration
	// Starting is for tasks between PROVISIONING and RUNNING, and for running
	// ones whose public address or health is not known yet.
	Starting time.Duration
	// Running is for tasks that run or stop.
	Running time.Duration
	// Denied is how long looks may be refused before the refusal counts: IAM
	// takes seconds to make a changed policy or role known everywhere.
	Denied time.Duration
}

// equal compares what people see; two errors with the same text differ only in
// their request ids.
func (o *Observation) equal(other *Observation) bool {
	return o.Missing == other.Missing &&
		sameError(o.Err, other.Err) &&
		sameError(o.AddressErr, other.AddressErr) &&
		o.Address == other.Address &&
		equality.Semantic.DeepEqual(o.Task, other.Task)
}

func sameError(one, other error) bool {
	if one == nil || other == nil {
		return one == other //nolint:errorlint // Both are nil, or only one is.
	}
	return one.Error() == other.Error() && isTerminal(one) == isTerminal(other)
}

// DefaultCadence keeps the delay between RUNNING and its discovery at 150 ms on
// average, and a hundred jobs of 30 s start and 60 s run below one
// DescribeTasks call each.
var DefaultCadence = Cadence{Provisioning: time.Second, Starting: 300 * time.Millisecond, Running: 5 * time.Second, Denied: 30 * time.Second}

// Watch names a task to observe and what else to wait for, apart from RUNNING.
type Watch struct {
	// Location and ARN identify the task.
	Location Location
	ARN      string
	// PublicIP asks for the public address, which costs calls to EC2.
	PublicIP bool
	// HealthOf is the container whose health check must pass, if it has one.
	HealthOf string
	// Changed is called, on a goroutine of the observer, whenever the task's
	// Observation has changed. It must not block.
	Changed func()
}

// watched is one task under observation.
type watched struct {
	Watch
	due          time.Time
	looking      bool         // whether a look is in progress
	pauses       wait.Backoff // after looks that fail
	alone        bool         // whether ECS refused to describe it
	calm         bool         // once everything awaited is known, or too late
	runningSince time.Time    // zero until the task was seen RUNNING
	missingSince time.Time    // zero unless ECS did not know the task
	denied       denial       // of looks at the task
	noAddress    denial       // of looks for its public address
	known        bool         // whether there is an observation in latest
	latest       Observation
}

// interval is how long until the next look.
func (w *watched) interval(c Cadence) time.Duration {
	switch {
	case w.calm:
		return c.Running
	case w.latest.Task.LastStatus == "", w.latest.Task.LastStatus == Provisioning:
		return c.Provisioning
	default:
		return c.Starting
	}
}

// update takes in a new observation and reports whether it differs.
func (w *watched) update(now time.Time, next Observation) bool {
	if w.runningSince.IsZero() && next.Task.LastStatus == Running {
		w.runningSince = now
	}
	late := !w.runningSince.IsZero() && now.Sub(w.runningSince) > urgentFor
	w.calm = w.calm || late || w.complete(&next)
	same := w.known && w.latest.equal(&next)
	w.known, w.latest = true, next
	return !same
}

// complete is true if everything awaited is known.
func (w *watched) complete(o *Observation) bool {
	switch o.Task.LastStatus {
	case "", Provisioning, Pending, Activating:
		return false
	case Running:
		return (!w.PublicIP || o.Address.PublicIP != "") && (w.HealthOf == "" || Healthy(&o.Task, w.HealthOf))
	default:
		return true
	}
}

// Healthy reports whether a container's health check passes.
func Healthy(task *v1alpha1.TaskStatus, container string) bool {
	for i := range task.Containers {
		if task.Containers[i].Name == container {
			return task.Containers[i].HealthStatus == string(types.HealthStatusHealthy)
		}
	}
	return false
}
