// Package doctor finds out why jobs do not run: it looks at the configuration
// and at everything in AWS that a task depends on, and says for each what was
// found, why it matters and how to fix it. It changes nothing, except that Try
// starts a task and stops it again.
package doctor

import (
	"context"
	"net"
	"net/netip"
	"time"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/classcheck"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// patience limits each question to AWS, including the SDK's own retries.
const patience = 10 * time.Second

// AWS answers the questions of the checks. *inspect.Inspector implements it.
type AWS interface {
	classcheck.AWS
	identities
	permissions
	routes
	ingress
	quotas
	logGroups
}

// ExamineClass asks AWS for all that tasks of a FargateTaskClass need. Without
// credentials that is the only finding.
func ExamineClass(ctx context.Context, aws AWS, template *v1alpha1.TaskTemplate) []Finding {
	e := newExamination(aws, template, classPolicy)
	return e.examine(ctx, e.checks()...)
}

// ExamineFile does the same for tasks as fargate.toml describes them, and for
// the executor that runs them itself. The findings name the keys of that file.
func ExamineFile(ctx context.Context, aws AWS, template *v1alpha1.TaskTemplate) []Finding {
	e := newExamination(aws, template, filePolicy)
	findings := e.examine(ctx, append(e.checks(), e.checkContainerLog)...)
	for i := range findings {
		f := &findings[i]
		f.What, f.Why, f.Fix = fileKeys.Replace(f.What), fileKeys.Replace(f.Why), fileKeys.Replace(f.Fix)
	}
	return findings
}

// examination is what the checks of one template share.
type examination struct {
	aws      AWS
	template *v1alpha1.TaskTemplate
	loc      ecs.Location
	// policy is the generated one for the program that launches the tasks.
	policy string
	// own are the addresses of this machine.
	own []netip.Addr
	// identity is the ARN in use, empty if AWS did not say.
	identity string
	// found is what AWS says about the template, nil before it was asked.
	found *classcheck.Findings
}

func newExamination(aws AWS, template *v1alpha1.TaskTemplate, policy string) *examination {
	return &examination{aws: aws, template: template, policy: policy, loc: ecs.LocationOf(template), own: ownAddresses()}
}

// check looks at one thing. Some build on what checkTemplate has found.
type check func(context.Context) []Finding

func (e *examination) checks() []check {
	return []check{e.checkPermissions, e.checkTemplate, e.checkContainer, e.checkExecutionRole, e.checkRoutes, e.checkIngress, e.checkQuotas}
}

func (e *examination) examine(ctx context.Context, checks ...check) []Finding {
	identity := e.checkIdentity(ctx)
	if identity.Level == Failure {
		return []Finding{identity}
	}
	findings := []Finding{identity}
	for _, check := range checks {
		bounded, cancel := context.WithTimeout(ctx, patience)
		findings = append(findings, check(bounded)...)
		cancel()
	}
	return findings
}

// ownAddresses returns the addresses that this machine knows. Behind NAT it
// does not know its public one.
func ownAddresses() []netip.Addr {
	networks, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var own []netip.Addr
	for _, network := range networks {
		if prefix, err := netip.ParsePrefix(network.String()); err == nil {
			own = append(own, prefix.Addr())
		}
	}
	return own
}
