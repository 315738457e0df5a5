package localecs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/iam"
)

// maxRequest bounds a request's body, in bytes. The largest real one, a task
// definition, has at most 64 KiB.
const maxRequest = 1 << 20

// answerTime is the minimum time that an answer takes, far less than on AWS. The
// SDK's client drops a connection (and calls again) if the answer arrives while
// it is still finishing the request, which happens with immediate answers.
const answerTime = 3 * time.Millisecond

// errDropped ends a request without an answer.
var errDropped = errors.New("connection dropped on purpose")

// protocol is how one of the services reads requests and writes answers.
type protocol interface {
	contentType() string
	// throttled is the service's answer to too many calls.
	throttled() *APIError
	// denied is the service's answer to a call without permission.
	denied(problem string) *APIError
	// permissions are what a caller must be allowed for a call.
	permissions(s *Server, c call) ([]iam.Request, error)
	encodeError(e *APIError, requestID string) []byte
}

// operation executes one decoded call. It gets the fault that a test asked for,
// in case the fault affects the result and not the call.
type operation func(fault Fault) ([]byte, error)

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	requestID := uuid.NewString()
	c := call{caller: accessKey(r), body: body}
	var run operation
	var p protocol
	switch target := r.Header.Get("X-Amz-Target"); {
	case strings.HasPrefix(target, quotasTarget):
		p = quotasProtocol{}
		c.action, run = s.quotasOperation(target, body)
	case strings.HasPrefix(target, logsTarget):
		p = logsProtocol{}
		c.action, run = s.logsOperation(target, body)
	case strings.HasPrefix(target, ecrTarget):
		p = ecrProtocol{}
		c.action, run = s.ecrOperation(target)
	case strings.HasPrefix(target, secretsTarget):
		p = secretsProtocol{}
		c.action, run = s.secretsOperation(target, body)
	case target != "":
		p = ecsProtocol{}
		c.action, run = s.ecsOperation(target, body)
		c.bucket = ecsBuckets[c.action]
	case bytes.Contains(body, []byte(stsVersion)):
		p = stsProtocol{}
		c.action, run = s.stsOperation(body, c.caller, requestID)
	default:
		p = ec2Protocol{}
		c.action, c.bucket, run = s.ec2Operation(body, requestID)
	}
	s.answer(w, r, p, requestID, c, run)
}

// call is what the server knows about a call before it executes it.
type call struct {
	// caller is the access key that the call is signed with.
	caller string
	action string
	bucket bucket
	body   []byte
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, p protocol, requestID string, c call, run operation) {
	answerable := time.After(answerTime)
	body, err := s.perform(r.Context(), p, c, run)
	<-answerable
	if errors.Is(err, errDropped) {
		panic(http.ErrAbortHandler) // the documented way to cut a connection
	}
	status := http.StatusOK
	if err != nil {
		var apiError *APIError
		if !errors.As(err, &apiError) {
			apiError = serverException(err)
		}
		status, body = apiError.status(), p.encodeError(apiError, requestID)
	}
	w.Header().Set("Content-Type", p.contentType())
	w.Header().Set("X-Amzn-Requestid", requestID)
	w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that is gone needs no answer
}

// perform counts the call, applies throttling, permissions and faults, and
// executes it.
func (s *Server) perform(ctx context.Context, p protocol, c call, run operation) ([]byte, error) {
	s.calls.count(c.action)
	if !s.throttle.allow(c.bucket, 1, s.now()) {
		return nil, p.throttled()
	}
	if err := s.authorize(p, c); err != nil {
		return nil, err
	}
	fault := s.faults.take(c.action)
	switch fault.kind {
	case faultError:
		return nil, fault.err
	case faultHang:
		select {
		case <-ctx.Done():
		case <-s.closing:
		}
		return nil, errDropped
	case faultDrop:
		return nil, errDropped
	case faultLoseAnswer:
		_, err := run(fault)
		return nil, errors.Join(errDropped, err)
	}
	return run(fault)
}

func unknownAction(service, action string) *APIError {
	return &APIError{
		Code:    "UnknownOperationException",
		Message: fmt.Sprintf("The local %s has no action %q.", service, action),
	}
}
