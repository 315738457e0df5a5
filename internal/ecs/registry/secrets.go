package registry

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/image"
)

// secretTTL is how long a secret is remembered. It is as short as an answer about
// a tag: a password that has been rotated is used at once by pulls.
const secretTTL = time.Minute

func (l *Logins) readSecret(ctx context.Context, loc ecs.Location, s *secret) (remembered, error) {
	cfg, err := l.clients.Config(ctx, loc)
	if err != nil {
		return remembered{}, err
	}
	// The secret may be in another Region than the tasks.
	var api secretsAPI = secretsmanager.NewFromConfig(cfg, func(o *secretsmanager.Options) { o.Region = s.region })
	out, err := api.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &s.arn})
	if isAbsent(err) {
		return remembered{}, denied("the secret for its registry does not exist, or has no value", "an administrator can create it, or correct its ARN in the class", s.arn)
	}
	if err != nil {
		return remembered{}, ecs.Classify(err, "reading the secret "+s.arn, loc)
	}
	// What json says of a value that is not valid may be a part of it. A map has
	// the keys as they are written, like ECS.
	var value map[string]any
	_ = json.Unmarshal([]byte(aws.ToString(out.SecretString)), &value)
	username, _ := value["username"].(string)
	password, _ := value["password"].(string)
	if username == "" || password == "" {
		return remembered{}, denied(`the secret for its registry does not hold {"username": "…", "password": "…"}`, "an administrator can write it so", s.arn)
	}
	return remembered{login: image.NewLogin(username, password), until: l.now().Add(secretTTL)}, nil
}

// isAbsent reports whether the secret does not exist. One that is to be deleted
// cannot be read either, which is an invalid request.
func isAbsent(err error) bool {
	var absent *types.ResourceNotFoundException
	var deleted *types.InvalidRequestException
	return errors.As(err, &absent) || errors.As(err, &deleted)
}
