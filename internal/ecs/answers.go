package ecs

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// answers records whether AWS answered every try of one call. The SDK retries a
// call whose answer was lost and returns the last error alone.
type answers struct {
	lost bool
}

// listen is an option for a call.
func (a *answers) listen(options *ecs.Options) {
	options.APIOptions = append(options.APIOptions, func(stack *middleware.Stack) error {
		// A try that never got a token was never sent.
		return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("Answers", a.note), tokenBucket, middleware.After)
	})
}

func (a *answers) note(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
	out, metadata, err := next.HandleFinalize(ctx, in)
	a.lost = a.lost || isUnanswered(err)
	return out, metadata, err
}

// isUnanswered reports whether AWS may have done what a failed try asked for.
// An error on its side does not say.
func isUnanswered(err error) bool {
	var api smithy.APIError
	return err != nil && (!errors.As(err, &api) || isServerFault(err, api) && !isThrottled(err, api))
}

// mark sets AnswerLost in an *Error.
func (a *answers) mark(err error) error {
	var fault *Error
	if errors.As(err, &fault) {
		fault.AnswerLost = a.lost
	}
	return err
}
