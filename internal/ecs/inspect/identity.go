package inspect

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// Identity returns the ARN of the user or role that this program uses to call
// AWS for a Location. Its error has the reason AccessDenied if there are no
// credentials or AWS does not accept them.
func (i *Inspector) Identity(ctx context.Context, loc ecs.Location) (string, error) {
	if err := i.clients.Authenticate(ctx, loc); err != nil {
		return "", err
	}
	cfg, err := i.clients.Config(ctx, loc)
	if err != nil {
		return "", err
	}
	var api identityAPI = sts.NewFromConfig(cfg)
	out, err := api.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	switch {
	case isExpired(err):
		// For a controller this can pass, but not for a person.
		return "", &ecs.Error{Class: ecs.Terminal, Reason: v1alpha1.ReasonAccessDenied, Message: "the AWS credentials have expired: renew them"}
	case err != nil:
		return "", ecs.Classify(err, "asking STS for the identity in use", loc)
	}
	return aws.ToString(out.Arn), nil
}

// isExpired recognizes expired credentials that the SDK cannot renew.
func isExpired(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && (api.ErrorCode() == "ExpiredToken" || api.ErrorCode() == "ExpiredTokenException")
}
