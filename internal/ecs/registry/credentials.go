// Package registry has what a class' tasks log in to container registries with:
// for ECR the identity in AWS, for others secrets in AWS Secrets Manager, which
// are the same that ECS pulls with.
package registry

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/image"
)

// The following is everything that this package calls in AWS. hack/iampolicy
// generates the IAM policies in config/aws from it.

// tokensAPI is what this package calls in Amazon ECR.
type tokensAPI interface {
	GetAuthorizationToken(context.Context, *ecr.GetAuthorizationTokenInput, ...func(*ecr.Options)) (*ecr.GetAuthorizationTokenOutput, error)
}

// secretsAPI is what this package calls in AWS Secrets Manager.
type secretsAPI interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

// Secret is a secret in AWS Secrets Manager for images, as a class has it.
type Secret struct {
	// Pattern is for the images, as image.ParseRepositories reads it: a password
	// is only sent to this registry, and to what that says gives out its tokens.
	Pattern string
	// ARN is the secret's. It holds {"username": …, "password": …}. Source:
	// "Using non-AWS container images in Amazon ECS" in the ECS developer guide.
	ARN string
}

// Credentials are those of a class. They implement image.Credentials.
type Credentials struct {
	logins  *Logins
	loc     ecs.Location
	secrets []secret
}

type secret struct {
	images image.Repositories
	arn    string
	region string
}

// Of returns the credentials of the classes whose tasks are at a Location. The
// first secret whose pattern matches is an image's. It fails for each secret that
// is not valid or not allowed.
func (l *Logins) Of(loc ecs.Location, secrets []Secret) (*Credentials, error) {
	c := &Credentials{logins: l, loc: loc}
	var errs []error
	for _, s := range secrets {
		parsed, err := s.parse()
		if err == nil {
			err = l.check(parsed)
		}
		c.secrets, errs = append(c.secrets, parsed), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return c, nil
}

func (s Secret) parse() (secret, error) {
	images, err := image.ParseRepositories(s.Pattern)
	if err != nil {
		return secret{}, fmt.Errorf("the secret %s: %w", s.ARN, err)
	}
	parsed, err := arn.Parse(s.ARN)
	if err != nil || parsed.Service != "secretsmanager" || parsed.Region == "" || !strings.HasPrefix(parsed.Resource, "secret:") {
		return secret{}, fmt.Errorf("%q for images %s is not the ARN of a secret in AWS Secrets Manager, such as arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME", s.ARN, s.Pattern)
	}
	return secret{images: images, arn: s.ARN, region: parsed.Region}, nil
}

// Secret returns the ARN of an image's secret: ECS pulls with it if the
// container's repositoryCredentials name it. It is empty if there is none, and
// for ECR, where ECS pulls with the execution role.
func (c *Credentials) Secret(n image.Name) string {
	if s := c.secret(n); s != nil {
		return s.arn
	}
	return ""
}

func (c *Credentials) secret(n image.Name) *secret {
	if ecrRegion(n.Host()) != "" {
		return nil
	}
	for i := range c.secrets {
		if c.secrets[i].images.Match(n) {
			return &c.secrets[i]
		}
	}
	return nil
}

// Identity implements image.Credentials.
func (c *Credentials) Identity(n image.Name) string {
	if s := c.secret(n); s != nil {
		return secretKey(s, c.loc)
	}
	if region := ecrRegion(n.Host()); region != "" {
		return tokenKey(region, c.loc)
	}
	return ""
}

// Login implements image.Credentials.
func (c *Credentials) Login(ctx context.Context, n image.Name) (image.Login, error) {
	if s := c.secret(n); s != nil {
		return c.logins.get(ctx, secretKey(s, c.loc), func(ctx context.Context) (remembered, error) { return c.logins.readSecret(ctx, c.loc, s) })
	}
	if region := ecrRegion(n.Host()); region != "" {
		return c.logins.get(ctx, tokenKey(region, c.loc), func(ctx context.Context) (remembered, error) { return c.logins.readToken(ctx, c.loc, region) })
	}
	return image.Login{}, nil
}

func secretKey(s *secret, loc ecs.Location) string { return s.arn + " as " + loc.AssumeRoleARN }

func tokenKey(region string, loc ecs.Location) string {
	return "ECR in " + region + " as " + loc.AssumeRoleARN
}
