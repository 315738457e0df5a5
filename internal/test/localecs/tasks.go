package localecs

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func (s *Server) describeTasks(in *ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error) {
	switch {
	case len(in.Tasks) == 0:
		return nil, invalidParameter("Tasks cannot be empty.")
	case len(in.Tasks) > maxPage:
		return nil, invalidParameter("taskIds can have at most %d items.", maxPage)
	}
	withTags := slices.Contains(in.Include, types.TaskFieldTags)
	out := &ecs.DescribeTasksOutput{Tasks: []types.Task{}, Failures: []types.Failure{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.findCluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	now := s.now()
	c.forgetStopped(now, s.config.StoppedFor)
	for _, reference := range in.Tasks {
		id, err := c.taskID(s, reference)
		if err != nil {
			return nil, err
		}
		if t, ok := c.tasks[id]; ok && t.visible(now) {
			out.Tasks = append(out.Tasks, t.view(withTags))
			continue
		}
		out.Failures = append(out.Failures, types.Failure{
			Arn: aws.String(s.arn("task/" + c.name + "/" + id)), Reason: aws.String(reasonMissing),
		})
	}
	return out, nil
}

func (s *Server) listTasks(in *ecs.ListTasksInput) (*ecs.ListTasksOutput, error) {
	if err := checkListTasks(in); err != nil {
		return nil, err
	}
	desired := string(in.DesiredStatus)
	setDefault(&desired, statusRunning)
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.findCluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	now := s.now()
	c.forgetStopped(now, s.config.StoppedFor)
	var arns []string
	for _, id := range slices.Sorted(maps.Keys(c.tasks)) {
		if t := c.tasks[id]; t.visible(now) && t.desired == desired && t.matches(in) {
			arns = append(arns, t.arn)
		}
	}
	arns, next, err := page(arns, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &ecs.ListTasksOutput{TaskArns: notNil(arns), NextToken: next}, nil
}

// checkListTasks refuses filters that exclude each other.
func checkListTasks(in *ecs.ListTasksInput) error {
	others := in.Family != nil || in.ServiceName != nil || in.ContainerInstance != nil || in.DaemonName != nil ||
		in.LaunchType != "" || in.DesiredStatus != ""
	switch {
	case in.StartedBy != nil && others:
		return invalidParameter("cannot specify startedBy with other arguments")
	case in.DesiredStatus != "" && !slices.Contains(in.DesiredStatus.Values(), in.DesiredStatus):
		return invalidParameter("Unknown desiredStatus %q.", in.DesiredStatus)
	}
	return nil
}

// matches applies all filters except desiredStatus. Here no task belongs to a
// service, daemon or container instance.
func (t *task) matches(in *ecs.ListTasksInput) bool {
	return in.ServiceName == nil && in.DaemonName == nil && in.ContainerInstance == nil &&
		(in.Family == nil || *in.Family == *t.definition.Family) &&
		(in.StartedBy == nil || *in.StartedBy == aws.ToString(t.startedBy)) &&
		(in.LaunchType == "" || in.LaunchType == types.LaunchTypeFargate)
}

// maxStopReason is the maximum length of a reason in characters. Source: StopTask in
// older editions of the ECS API reference.
const maxStopReason = 255

func (s *Server) stopTask(in *ecs.StopTaskInput) (*ecs.StopTaskOutput, error) {
	reason := aws.ToString(in.Reason)
	setDefault(&reason, "Task stopped by user")
	if len([]rune(reason)) > maxStopReason {
		return nil, invalidParameter("Reason is longer than %d characters.", maxStopReason)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.findCluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	id, err := c.taskID(s, aws.ToString(in.Task))
	if err != nil {
		return nil, err
	}
	c.forgetStopped(s.now(), s.config.StoppedFor)
	t, ok := c.tasks[id]
	if !ok {
		return nil, invalidParameter("The referenced task was not found.")
	}
	t.tags = nil
	t.requestStop(types.TaskStopCodeUserInitiated, reason)
	view := t.view(true)
	return &ecs.StopTaskOutput{Task: &view}, nil
}

// taskID reads a task's id or ARN.
func (c *cluster) taskID(s *Server, reference string) (string, error) {
	if !strings.HasPrefix(reference, "arn:") {
		if reference == "" || strings.ContainsAny(reference, "/: ") {
			return "", invalidParameter("Invalid identifier: %q", reference)
		}
		return reference, nil
	}
	name, ok := strings.CutPrefix(reference, s.arn("task/"))
	clusterName, id, split := strings.Cut(name, "/")
	switch {
	case !ok || !split:
		return "", invalidParameter("Invalid identifier: %q", reference)
	case clusterName != c.name:
		return "", invalidParameter("Invalid identifier: Identifier is for cluster %s. Your cluster is %s", clusterName, c.name)
	}
	return id, nil
}

// visible reports whether the task is old enough to be found.
func (t *task) visible(now time.Time) bool {
	return now.Sub(t.createdAt) >= t.server.config.MissingFor
}

// forgetStopped drops tasks that stopped too long ago, and expired launches. The
// caller holds the mutex.
func (c *cluster) forgetStopped(now time.Time, keep time.Duration) {
	maps.DeleteFunc(c.tasks, func(_ string, t *task) bool {
		return t.status == statusStopped && now.Sub(t.stoppedAt) >= keep
	})
	maps.DeleteFunc(c.launches, func(_ string, l *launch) bool { return l.expired(now) })
}
