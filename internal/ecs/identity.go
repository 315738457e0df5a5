package ecs

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// expiredCodes are of credentials that the SDK cannot renew by itself. To a
// controller they can pass, to a person they do not.
var expiredCodes = codes("ExpiredToken", "ExpiredTokenException")

// Identity returns the ARN of the user or role as whom this program calls AWS
// for a Location. Errors are *Error, with the reason AccessDenied if there are
// no credentials or AWS does not accept them, or the context's.
func (c *Clients) Identity(ctx context.Context, loc Location) (string, error) {
	r, err := c.at(ctx, loc)
	if err != nil {
		return "", err
	}
	if err := c.Authenticate(ctx, loc); err != nil {
		return "", err
	}
	var api identityAPI = sts.NewFromConfig(r.config)
	out, err := api.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if hasCode(err, expiredCodes) {
		return "", &Error{
			Class:   Terminal,
			Reason:  v1alpha1.ReasonAccessDenied,
			Message: "the AWS credentials have expired: renew them",
			cause:   err,
		}
	}
	if err != nil {
		return "", classify(err, "asking STS for the identity in use", loc)
	}
	return aws.ToString(out.Arn), nil
}

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

// noCredentials tells AWS's refusal to give credentials from there being none.
func noCredentials(err error, loc Location) error {
	var api smithy.APIError
	if errors.As(err, &api) || errors.Is(err, context.Canceled) {
		return classify(err, "getting credentials", loc)
	}
	return &Error{
		Class:   Terminal,
		Reason:  v1alpha1.ReasonAccessDenied,
		Message: fmt.Sprintf("there are no AWS credentials (give this machine a role, or set AWS_PROFILE or AWS_ACCESS_KEY_ID): %v", rootCause(err)),
		cause:   err,
	}
}
