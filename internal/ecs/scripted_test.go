package ecs

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/smithy-go/middleware"
)

// answer is a scripted ECS's answer to one request. The zero value means no
// answer.
type answer struct {
	status int
	body   string
}

var (
	lostAnswer  = answer{}
	started     = answer{200, `{"tasks":[{"taskArn":"arn:aws:ecs:us-east-1:123456789012:task/ci/1"}]}`}
	notStarted  = answer{200, `{"failures":[{"reason":"RESOURCE:ENI"}]}`}
	nothingDone = answer{200, `{}`}
	overQuota   = answer{400, `{"__type":"ClientException","message":"You've reached the limit on the number of tasks you can run concurrently"}`}
	tooFast     = answer{400, `{"__type":"ThrottlingException","message":"Rate exceeded"}`}
	serverError = answer{500, `{"__type":"ServerException","message":"oops"}`}
)

// scripted is ECS as an HTTP client of the SDK: it gives its answers one after
// another, and then repeats the last.
type scripted struct {
	mu      sync.Mutex
	answers []answer
	asked   []string // the operations
}

func (s *scripted) Do(request *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, operation, _ := strings.Cut(request.Header.Get("X-Amz-Target"), ".")
	s.asked = append(s.asked, operation)
	next := s.answers[0]
	s.answers = s.answers[min(1, len(s.answers)-1):]
	if next == lostAnswer {
		return nil, errors.New("connection reset by peer")
	}
	return &http.Response{
		StatusCode: next.status,
		Header:     http.Header{"Content-Type": {"application/x-amz-json-1.1"}},
		Body:       io.NopCloser(strings.NewReader(next.body)),
	}, nil
}

// clients ask the scripted ECS up to three times without a pause, limited by a
// limiter's buckets.
func (s *scripted) clients(l *limiter) *Clients {
	tasks := ecs.NewFromConfig(s.config(l))
	return &Clients{accounts: map[account]*regional{{region: testLocation.Region}: {
		tasks: tasks, turns: newTurns(l.launches),
	}}}
}

func (s *scripted) config(l *limiter) aws.Config {
	return aws.Config{
		Region:     testLocation.Region,
		HTTPClient: s,
		Credentials: aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "id", SecretAccessKey: "secret"}, ctx.Err()
		}),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
				o.RateLimiter = ratelimit.None
			})
		},
		APIOptions: []func(*middleware.Stack) error{l.install},
	}
}
