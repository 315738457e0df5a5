package localecs

import (
	"os/exec"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/containerinit"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/oci"
)

// Bounds and defaults of a health check, in seconds, from the API reference of
// HealthCheck.
const (
	minHealthInterval     = 5
	maxHealthInterval     = 300
	defaultHealthInterval = 30
	minHealthTimeout      = 2
	maxHealthTimeout      = 60
	defaultHealthTimeout  = 5
	maxHealthRetries      = 10
	defaultHealthRetries  = 3
	maxHealthStartPeriod  = 300
)

func checkHealthCheck(c types.ContainerDefinition) error {
	check := healthCheckWithDefaults(c.HealthCheck)
	if check == nil {
		return nil
	}
	for _, number := range []struct {
		name            string
		value, min, max int32
	}{
		{"interval", *check.Interval, minHealthInterval, maxHealthInterval},
		{"timeout", *check.Timeout, minHealthTimeout, maxHealthTimeout},
		{"retries", *check.Retries, 1, maxHealthRetries},
		{"startPeriod", aws.ToInt32(check.StartPeriod), 0, maxHealthStartPeriod},
	} {
		if number.value < number.min || number.value > number.max {
			return clientException("Container %s: the health check's %s must be between %d and %d.",
				*c.Name, number.name, number.min, number.max)
		}
	}
	if len(check.Command) < 2 || check.Command[0] != "CMD" && check.Command[0] != "CMD-SHELL" {
		return clientException("Container %s: the health check's command must begin with CMD or CMD-SHELL.", *c.Name)
	}
	return nil
}

func healthCheckWithDefaults(check *types.HealthCheck) *types.HealthCheck {
	if check == nil {
		return nil
	}
	filled := *check
	for _, number := range []struct {
		field **int32
		value int32
	}{
		{&filled.Interval, defaultHealthInterval},
		{&filled.Timeout, defaultHealthTimeout},
		{&filled.Retries, defaultHealthRetries},
	} {
		if *number.field == nil {
			*number.field = aws.Int32(number.value)
		}
	}
	return &filled
}

// watchHealth runs the container's health check at once and then at its interval,
// until the container has ended.
func (c *container) watchHealth() {
	check := c.definition.HealthCheck
	ticker := time.NewTicker(seconds(check.Interval))
	defer ticker.Stop()
	forgiving := time.Now().Add(seconds(check.StartPeriod))
	failures := int32(0)
	for {
		switch {
		case c.healthCheckPasses():
			failures = 0
			c.setHealth(types.HealthStatusHealthy)
		case time.Now().Before(forgiving):
		default:
			if failures++; failures >= *check.Retries {
				c.setHealth(types.HealthStatusUnhealthy)
			}
		}
		select {
		case <-c.exited:
			return
		case <-ticker.C:
		}
	}
}

func seconds(number *int32) time.Duration {
	return time.Duration(aws.ToInt32(number)) * time.Second
}

// healthCheckPasses runs the check's command once, in the container's environment
// and directory, and kills it if it takes too long or the container ends.
func (c *container) healthCheckPasses() bool {
	check := c.definition.HealthCheck
	args := slices.Clone(check.Command[1:])
	if check.Command[0] == "CMD-SHELL" {
		args = append([]string{"/bin/sh", "-c"}, args...)
	}
	process, err := c.exec(args)
	if err != nil {
		return false
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-ended:
		case <-c.exited:
		case <-time.After(seconds(check.Timeout)):
		}
		process.Kill()
	}()
	code, err := process.Wait()
	return err == nil && code == 0
}

// exec starts another command in the container.
func (c *container) exec(args []string) (*containerinit.Process, error) {
	if running, isReal := c.process.(*oci.Container); isReal {
		return running.Exec(args...)
	}
	path, err := exec.LookPath(args[0])
	if err != nil {
		return nil, err
	}
	return containerinit.Start(containerinit.Spec{Path: path, Args: args, Env: c.environment(), Dir: c.dir()})
}

func (c *container) setHealth(status types.HealthStatus) {
	c.task.update(func() {
		if c.health != types.HealthStatusHealthy && status == types.HealthStatusHealthy {
			closeOnce(c.healthy)
		}
		c.health = status
	})
}

// closeOnce closes a channel that may already be closed. Its callers exclude each
// other.
func closeOnce(channel chan struct{}) {
	select {
	case <-channel:
	default:
		close(channel)
	}
}

// health is HEALTHY if every essential container with a health check is,
// UNHEALTHY if one of them is, and UNKNOWN otherwise. The caller holds the mutex.
func (t *task) health() types.HealthStatus {
	status, unknown := types.HealthStatusUnknown, false
	for _, c := range t.containers {
		if c.definition.HealthCheck == nil || !*c.definition.Essential {
			continue
		}
		switch c.health {
		case types.HealthStatusUnhealthy:
			return c.health
		case types.HealthStatusUnknown:
			unknown = true
		default:
			status = c.health
		}
	}
	if unknown {
		return types.HealthStatusUnknown
	}
	return status
}
