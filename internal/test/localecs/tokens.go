package localecs

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

// A client token is forgotten after a day, or an hour after the last of its
// tasks stopped if that is sooner. From the ECS developer guide, "Ensuring
// idempotency".
const (
	tokenLifetime         = 24 * time.Hour
	tokenLifetimeAfterEnd = time.Hour
)

// launch is the answer that a client token got.
type launch struct {
	request []byte
	answer  *ecs.RunTaskOutput
	tasks   []*task
	at      time.Time
}

// replay returns the answer that the request's token got before, nil if there was
// none, or ConflictException if that request was a different one.
func (c *cluster) replay(in *ecs.RunTaskInput, now time.Time) (*ecs.RunTaskOutput, error) {
	token := aws.ToString(in.ClientToken)
	previous, known := c.launches[token]
	if token == "" || !known {
		return nil, nil
	}
	if previous.expired(now) {
		delete(c.launches, token)
		return nil, nil
	}
	request, err := fingerprint(in)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(request, previous.request) {
		return previous.answer, nil
	}
	conflict := &APIError{
		Code:    "ConflictException",
		Message: "The provided clientToken is already in use with a different RunTask request.",
	}
	for _, t := range previous.tasks {
		conflict.ResourceIDs = append(conflict.ResourceIDs, t.arn)
	}
	return nil, conflict
}

// remember keeps the answer for the request's token.
func (c *cluster) remember(in *ecs.RunTaskInput, answer *ecs.RunTaskOutput, tasks []*task, now time.Time) {
	token := aws.ToString(in.ClientToken)
	if token == "" {
		return
	}
	request, err := fingerprint(in)
	if err != nil {
		return // encoding what has just been decoded cannot fail
	}
	c.launches[token] = &launch{request: request, answer: answer, tasks: tasks, at: now}
}

// fingerprint is equal for two requests that ask for the same. It leaves out the
// cluster: every token belongs to one.
func fingerprint(in *ecs.RunTaskInput) ([]byte, error) {
	request := *in
	request.Cluster, request.ClientToken = nil, nil
	return json.Marshal(request)
}

func (l *launch) expired(now time.Time) bool {
	if now.Sub(l.at) >= tokenLifetime {
		return true
	}
	for _, t := range l.tasks {
		if t.stoppedAt.IsZero() || now.Sub(t.stoppedAt) < tokenLifetimeAfterEnd {
			return false
		}
	}
	return len(l.tasks) > 0
}
