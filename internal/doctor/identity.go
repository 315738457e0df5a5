package doctor

import (
	"context"
	"fmt"
	"strings"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

type identities interface {
	Identity(context.Context, ecs.Location) (string, error)
}

func (e *examination) checkIdentity(ctx context.Context) Finding {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	const subject = "credentials"
	identity, err := e.aws.Identity(ctx, e.loc)
	switch {
	case isDenied(err):
		return Finding{
			Level: Failure, Subject: subject, What: err.Error(),
			Why: "without credentials that AWS accepts, nothing can be started or checked",
			Fix: "give this machine an instance profile, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, for the user that\n" +
				"gitlab-runner runs as; then see whether this works: aws sts get-caller-identity",
		}
	case err != nil:
		return Finding{
			Level: Warning, Subject: subject, What: err.Error(),
			Why: "there are credentials, but AWS STS could not say whose they are",
			Fix: "allow access to sts." + e.loc.Region + ".amazonaws.com on port 443: through a route, a proxy in HTTPS_PROXY or a VPC endpoint",
		}
	}
	e.identity = identity
	return okf(subject, "calls to AWS are made as %s", identity)
}

// attach returns the command that gives the identity in use the permissions of
// a generated policy.
func (e *examination) attach(policy string) string {
	command := "aws iam put-role-policy --role-name ROLE"
	parts := strings.Split(e.identity, "/")
	switch {
	case strings.Contains(e.identity, ":assumed-role/"):
		command = "aws iam put-role-policy --role-name " + parts[1]
	case strings.Contains(e.identity, ":user/"):
		command = "aws iam put-user-policy --user-name " + parts[len(parts)-1]
	}
	return fmt.Sprintf("fill in the words in capitals in config/aws/%[1]s.json, then\n%[2]s --policy-name fargate-%[1]s --policy-document file://config/aws/%[1]s.json", policy, command)
}
