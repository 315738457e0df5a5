package ecs

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/taskrules"
)

// Roles say how the roles of classes are assumed. The zero value allows none.
type Roles struct {
	// Allowed are the roles that may be assumed, as patterns of
	// taskrules.Matches for their ARNs. Who writes a class is not always who may
	// decide that.
	Allowed []string
	// Session names the sessions, so that CloudTrail shows who acts as a role. Empty
	// means the program's name.
	Session string
	// ExternalID is what the trust policies of the roles ask for. Empty means
	// nothing. Source: "Access to AWS accounts owned by third parties" in the IAM
	// user guide.
	ExternalID string
}

// maxSession is how many characters the name of a session may have, and
// notSession matches those that it may not have. Source: AssumeRole in the STS
// API reference.
const maxSession = 64

var notSession = pattern(`[^A-Za-z0-9_+=,.@-]+`)

// check refuses a role that is not allowed. Nil Roles allow every role.
func (r *Roles) check(arn string) error {
	if arn == "" || r == nil || taskrules.Matches(r.Allowed, arn) {
		return nil
	}
	return &Error{
		Class:  Terminal,
		Reason: v1alpha1.ReasonAccessDenied,
		Message: fmt.Sprintf("the controller may not act as the role %s: an administrator allows it with the flag "+
			"--allowed-assume-roles (assumeRoles.allowed in the chart)", arn),
	}
}

// credentials returns those of an assumed role.
func (r *Roles) credentials(roles rolesAPI, arn string) aws.CredentialsProvider {
	return aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(roles, arn, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = r.session()
		if r != nil && r.ExternalID != "" {
			o.ExternalID = &r.ExternalID
		}
	}))
}

func (r *Roles) session() string {
	name := appID
	if r != nil && r.Session != "" {
		name += "-" + r.Session
	}
	name = notSession().ReplaceAllString(name, "-")
	return name[:min(len(name), maxSession)]
}
