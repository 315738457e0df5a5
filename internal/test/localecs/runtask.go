package localecs

import (
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

var errClosing = errors.New("the local ECS is shutting down")

// LastRunTask returns the last RunTask request, nil if there was none. Callers
// must not change it.
func (s *Server) LastRunTask() *ecs.RunTaskInput { return s.lastRunTask.Load() }

// runTask starts tasks, or repeats the answer that the call's token got before.
func (s *Server) runTask(in *ecs.RunTaskInput, fault Fault) (*ecs.RunTaskOutput, error) {
	s.lastRunTask.Store(in)
	if err := checkRunTask(in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errClosing
	}
	c, err := s.findCluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	now := s.now()
	if !s.throttle.allow(bucketFargateRunTask, 1, now) {
		return nil, ecsProtocol{}.throttled()
	}
	if answer, err := c.replay(in, now); answer != nil || err != nil {
		return answer, err
	}
	plan, err := s.plan(c, in)
	if err != nil {
		return nil, err
	}
	c.forgetStopped(now, s.config.StoppedFor)
	if fault.kind == faultFailure {
		out := &ecs.RunTaskOutput{Tasks: []types.Task{}, Failures: []types.Failure{{Reason: aws.String(fault.reason)}}}
		c.remember(in, out, nil, now)
		return out, nil
	}
	if !s.allowLaunches(plan) {
		return nil, ecsProtocol{}.throttled()
	}
	return s.launch(c, in, plan)
}

// launchPlan is a RunTask request that has passed all checks, resolved.
type launchPlan struct {
	definition      *revision
	placement       placement
	count           int
	size            size
	network         taskNetwork
	platformVersion string
	tags            []types.Tag
}

// plan resolves a request against the cluster, the task definitions and the
// network. The caller holds the mutex.
func (s *Server) plan(c *cluster, in *ecs.RunTaskInput) (*launchPlan, error) {
	definition, err := s.runnableDefinition(*in.TaskDefinition)
	if err != nil {
		return nil, err
	}
	plan := &launchPlan{definition: definition, count: taskCount(in)}
	if plan.placement, err = c.place(in, plan.count); err != nil {
		return nil, err
	}
	if !runsOnFargate(definition.definition) {
		return nil, invalidParameter("Task definition does not support launch_type FARGATE.")
	}
	if plan.platformVersion, err = platformVersion(in.PlatformVersion); err != nil {
		return nil, err
	}
	if plan.network, err = s.network.resolve(in.NetworkConfiguration); err != nil {
		return nil, err
	}
	if err := checkOverrides(in.Overrides, definition.definition); err != nil {
		return nil, err
	}
	if plan.size, err = overriddenSize(in.Overrides, definition.definition); err != nil {
		return nil, err
	}
	plan.tags, err = c.launchTags(in, definition)
	return plan, err
}

func (s *Server) runnableDefinition(reference string) (*revision, error) {
	found, ok := s.findDefinition(reference)
	switch {
	case !ok:
		return nil, clientException("TaskDefinition not found.")
	case !found.active():
		return nil, clientException("TaskDefinition is inactive")
	}
	return found, nil
}

// launchTags joins the tags of the request, the propagated ones and those that
// ECS adds.
func (c *cluster) launchTags(in *ecs.RunTaskInput, definition *revision) ([]types.Tag, error) {
	tags := slices.Clone(in.Tags)
	if in.PropagateTags == types.PropagateTagsTaskDefinition {
		for _, tag := range definition.tags {
			if !slices.ContainsFunc(tags, func(t types.Tag) bool { return *t.Key == *tag.Key }) {
				tags = append(tags, tag)
			}
		}
	}
	if len(tags) > maxTags {
		return nil, tooManyTags()
	}
	if in.EnableECSManagedTags {
		tags = append(tags, types.Tag{Key: aws.String("aws:ecs:clusterName"), Value: aws.String(c.name)})
	}
	return tags, nil
}

func (s *Server) allowLaunches(plan *launchPlan) bool {
	spot := 0
	for _, provider := range plan.placement.providers {
		if provider == providerFargateSpot {
			spot++
		}
	}
	now := s.now()
	return s.throttle.allow(bucketFargateSpot, spot, now) &&
		s.throttle.allow(bucketFargateOnDemand, plan.count-spot, now)
}

// launch creates the tasks and starts them.
func (s *Server) launch(c *cluster, in *ecs.RunTaskInput, plan *launchPlan) (*ecs.RunTaskOutput, error) {
	out := &ecs.RunTaskOutput{Tasks: []types.Task{}, Failures: []types.Failure{}}
	var tasks []*task
	for i := range plan.count {
		t := s.newTask(c, in, plan, i)
		c.tasks[t.id] = t
		tasks = append(tasks, t)
		out.Tasks = append(out.Tasks, t.view(true))
		s.lives.Go(t.live)
	}
	c.remember(in, out, tasks, s.now())
	return out, nil
}
