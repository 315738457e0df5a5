package ecs

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

// batchCodes are the codes with which ECS refuses a whole batch because of one
// task. Source: DescribeTasks in the ECS API reference.
var batchCodes = codes("InvalidParameterException")

// lookAt describes a batch of at most maxBatch tasks, finds the public
// addresses that watchers wait for, and notifies them of changes. One task that
// ECS cannot read fails the whole call: the batch is halved until that task is
// alone with its error.
func (o *observer) lookAt(ctx context.Context, arns []string) {
	r, err := o.clients.at(ctx, o.location)
	if err != nil {
		o.failed(ctx, arns, err)
		return
	}
	out, err := r.tasks.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: aws.String(o.location.Cluster), Tasks: arns})
	if half := len(arns) / 2; half > 0 && hasCode(err, batchCodes) {
		o.lookAt(ctx, arns[:half])
		o.lookAt(ctx, arns[half:])
		return
	}
	if err != nil {
		o.failed(ctx, arns, Classify(err, "describing tasks", o.location))
		return
	}
	described := map[string]description{}
	for i := range out.Tasks {
		d := describe(&out.Tasks[i])
		described[d.Task.ARN] = d
	}
	public, err := o.publicAddresses(ctx, r, described)
	if err != nil {
		// The state of the tasks is still worth knowing.
		o.log.Error(err, "Cannot look up public addresses", "requestID", RequestID(err))
	}
	o.notifyWatchers(o.take(arns, described, public, err))
}

// take stores the result of a look and returns the watches that it changed.
func (o *observer) take(arns []string, described map[string]description, public map[string]string, addressErr error) []*watched {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	var changed []*watched
	for _, arn := range arns {
		task, ok := o.tasks[arn]
		if !ok {
			continue
		}
		next := task.next(now, described, public)
		next.AddressErr = nil
		if task.PublicIP && next.Address.PublicIP == "" {
			next.AddressErr = task.noAddress.believe(addressErr, now, o.cadence.Denied)
		}
		task.denied = denial{}
		if task.update(now, next) {
			changed = append(changed, task)
		}
		task.alone, task.pauses = false, failurePauses
		task.due = now.Add(task.interval(o.cadence))
	}
	return changed
}

// next is the observation after a look.
func (w *watched) next(now time.Time, described map[string]description, public map[string]string) Observation {
	d, ok := described[w.ARN]
	if !ok {
		if w.missingSince.IsZero() {
			w.missingSince = now
		}
		next := w.latest
		next.Err = nil
		next.Missing = now.Sub(w.missingSince) >= missingGrace
		return next
	}
	w.missingSince = time.Time{}
	next := Observation{Task: d.Task, Address: d.Address}
	next.Address.PublicIP = w.latest.Address.PublicIP
	if ip := public[d.interfaceID]; ip != "" {
		next.Address.PublicIP = ip
	}
	return next
}

// failed records why a batch could not be looked at, unless the observer is
// ending. Its tasks wait for their next look, so that they do not hold up
// others.
func (o *observer) failed(ctx context.Context, arns []string, err error) {
	if ctx.Err() != nil {
		return
	}
	o.log.Error(err, "Cannot observe tasks", "tasks", len(arns), "requestID", RequestID(err))
	now := time.Now()
	o.mu.Lock()
	var changed []*watched
	for _, arn := range arns {
		task, ok := o.tasks[arn]
		if !ok {
			continue
		}
		next := task.latest
		next.Err = task.denied.believe(err, now, o.cadence.Denied)
		if task.update(now, next) {
			changed = append(changed, task)
		}
		task.alone = hasCode(err, batchCodes)
		task.due = now.Add(task.pauses.Step())
	}
	o.mu.Unlock()
	o.notifyWatchers(changed)
}

// notifyWatchers wakes the watchers of the changed tasks.
func (o *observer) notifyWatchers(changed []*watched) {
	for _, task := range changed {
		task.Changed()
	}
}

// publicAddresses looks up the addresses that are waited for, by interface.
func (o *observer) publicAddresses(ctx context.Context, r *regional, described map[string]description) (map[string]string, error) {
	var wanted []string
	o.mu.Lock()
	for arn, d := range described {
		task, ok := o.tasks[arn]
		if ok && task.PublicIP && task.latest.Address.PublicIP == "" && d.interfaceID != "" && d.Task.DesiredStatus != Stopped {
			wanted = append(wanted, d.interfaceID)
		}
	}
	o.mu.Unlock()
	if len(wanted) == 0 {
		return nil, nil
	}
	return publicIPs(ctx, r.interfaces, wanted, o.location)
}
