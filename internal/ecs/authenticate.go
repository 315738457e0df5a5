package ecs

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/smithy-go"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// Authenticate makes sure that there are credentials for a Location. Errors are
// *Error, with the reason AccessDenied if there are none, or the context's.
func (c *Clients) Authenticate(ctx context.Context, loc Location) error {
	r, err := c.at(ctx, loc)
	if err != nil {
		return err
	}
	if _, err := r.config.Credentials.Retrieve(ctx); err != nil {
		return noCredentials(err, loc)
	}
	return nil
}

// noCredentials separates AWS's refusal to give credentials from there being
// none.
func noCredentials(err error, loc Location) error {
	var api smithy.APIError
	if errors.As(err, &api) || errors.Is(err, context.Canceled) {
		return Classify(err, "getting credentials", loc)
	}
	return &Error{
		Class:   Terminal,
		Reason:  v1alpha1.ReasonAccessDenied,
		Message: fmt.Sprintf("there are no AWS credentials (give this machine a role, or set AWS_PROFILE or AWS_ACCESS_KEY_ID): %s", withoutCredentials(rootCause(err).Error())),
		cause:   err,
	}
}
