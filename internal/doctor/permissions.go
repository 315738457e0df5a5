package doctor

import (
	"context"
	"strings"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
)

type permissions interface {
	Permissions(ctx context.Context, loc ecs.Location, public bool) []inspect.Permission
}

// The policies with the permissions that jobs need, one for each way to launch
// them, and with those that only the doctor needs.
const (
	filePolicy   = "standalone-policy"
	classPolicy  = "controller-policy"
	checksPolicy = "doctor-policy"
)

// consequences says what happens without a permission.
var consequences = map[string]string{
	"ecs:StopTask":                  "without it the tasks of ended jobs keep running, and cost money, until someone stops them",
	"ecs:DescribeTasks":             "without it a job starts a task and never learns that it runs",
	"ecs:ListTasks":                 "without it a task whose launch was interrupted is not found again, and keeps running",
	"ec2:DescribeNetworkInterfaces": "without it the public address of a task is not found",
	"ecs:DescribeTaskDefinition":    "without it no job starts: a launch pins the revision of its task definition first",
}

// checkPermissions tries what jobs do after their launch.
func (e *examination) checkPermissions(ctx context.Context) []Finding {
	const subject = "permissions"
	var findings []Finding
	var allowed []string
	for _, p := range e.aws.Permissions(ctx, e.loc, e.template.Network.AssignPublicIP == v1alpha1.Enabled) {
		switch {
		case p.Err == nil, hasReason(p.Err, v1alpha1.ReasonClusterNotFound):
			// AWS says that something does not exist only to callers who may
			// ask.
			allowed = append(allowed, p.Action)
		case isDenied(p.Err):
			findings = append(findings, Finding{
				Level: Failure, Subject: subject, What: p.Err.Error(), Why: consequences[p.Action], Fix: e.attach(e.policy),
			})
		default:
			findings = append(findings, unanswered(subject, p.Err))
		}
	}
	if len(allowed) > 0 {
		findings = append(findings, okf(subject, "may call %s", strings.Join(allowed, ", ")))
	}
	return findings
}

// unanswered is the finding for a question that AWS did not answer: a
// permission that jobs do not need is missing, or AWS could not be reached.
func (e *examination) unanswered(subject string, err error) Finding {
	if isDenied(err) {
		return Finding{
			Level: Warning, Subject: subject, What: "not checked: " + err.Error(),
			Why: "jobs do not need this permission; only the check does", Fix: e.attach(checksPolicy),
		}
	}
	return unanswered(subject, err)
}

func unanswered(subject string, err error) Finding {
	return Finding{
		Level: Warning, Subject: subject, What: "not checked: " + err.Error(),
		Why: "if AWS does not answer here, it does not answer jobs either",
		Fix: "allow access to AWS on port 443: through a route, a proxy in HTTPS_PROXY or VPC endpoints; then check again",
	}
}
