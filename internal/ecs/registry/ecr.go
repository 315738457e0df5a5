package registry

import (
	"context"
	"encoding/base64"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/image"
)

// ecrHosts are the private registries of ECR: ACCOUNT.dkr.ecr.REGION.amazonaws.com
// and its FIPS, dual-stack, Chinese and European forms. Source: "Private
// registries" and "Getting started with making requests over IPv6" in the ECR
// user guide.
var ecrHosts = regexp.MustCompile(`^[0-9]{12}\.dkr(?:\.ecr|-ecr)(?:-fips)?\.([a-z]{2,}(?:-[a-z]+)+-[0-9]+)\.` +
	`(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|on\.aws|on\.amazonwebservices\.(?:com\.cn|eu))$`)

// ecrRegion is the Region of a registry of ECR, or empty for other hosts.
func ecrRegion(host string) string {
	if found := ecrHosts.FindStringSubmatch(host); found != nil {
		return found[1]
	}
	return ""
}

// tokenMargin is how long before its end a token is not used any more, of its
// twelve hours.
const tokenMargin = 10 * time.Minute

// readToken gets a token. One serves all registries that the identity may read,
// in all accounts. Source: GetAuthorizationToken in the ECR API reference. Tasks pull
// as their execution role.
func (l *Logins) readToken(ctx context.Context, loc ecs.Location, region string) (remembered, error) {
	cfg, err := l.clients.Config(ctx, loc)
	if err != nil {
		return remembered{}, err
	}
	// An image may be in any Region.
	var api tokensAPI = ecr.NewFromConfig(cfg, func(o *ecr.Options) { o.Region = region })
	out, err := api.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		return remembered{}, ecs.Classify(err, "logging in to ECR in "+region, loc)
	}
	if len(out.AuthorizationData) == 0 {
		return remembered{}, errNoToken
	}
	data := out.AuthorizationData[0]
	decoded, err := base64.StdEncoding.DecodeString(aws.ToString(data.AuthorizationToken))
	username, password, ok := strings.Cut(string(decoded), ":")
	if err != nil || !ok {
		return remembered{}, errNoToken
	}
	return remembered{login: image.NewLogin(username, password).ForLooks(), until: aws.ToTime(data.ExpiresAt).Add(-tokenMargin)}, nil
}

var errNoToken = errors.New("logging in to ECR: the answer has no token")
