package doctor

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
)

type ingress interface {
	SourcesOf(ctx context.Context, loc ecs.Location, groups []string, port int32) ([]inspect.Source, error)
}

const ingressSubject = "security group"

const timesOut = "jobs connect to their tasks over SSH: without a rule they end with connection timed out"

// checkIngress checks whether the tasks' security groups admit this machine to
// the SSH port.
func (e *examination) checkIngress(ctx context.Context) []Finding {
	groups := e.template.Network.SecurityGroups
	switch {
	case e.found.NetworkErr != nil, len(e.found.Groups) < len(groups):
		return nil // checkTemplate reports it
	case len(groups) == 0:
		return []Finding{{
			Level: Warning, Subject: ingressSubject, What: "spec.network.securityGroups names none: tasks get the VPC's default one, which admits its own members only",
			Why: timesOut, Fix: "create a security group that admits the runner to the SSH port, and name it in spec.network.securityGroups",
		}}
	}
	port := e.template.SSH.Port
	sources, err := e.aws.SourcesOf(ctx, e.loc, groups, port)
	if err != nil {
		return []Finding{e.unanswered(ingressSubject, err)}
	}
	return []Finding{e.judgeSources(sources)}
}

func (e *examination) judgeSources(sources []inspect.Source) Finding {
	groups, port := strings.Join(e.template.Network.SecurityGroups, ", "), e.template.SSH.Port
	overInternet := e.template.Network.ConnectVia == v1alpha1.PublicIP
	var others []string
	for _, source := range sources {
		prefix, err := netip.ParsePrefix(source.CIDR)
		switch {
		case err != nil:
			others = append(others, source.Group+source.PrefixList)
		case prefix.Bits() == 0:
			return e.admitsAll(source.CIDR)
		case overInternet:
			others = append(others, source.CIDR)
		case e.ownIn(prefix).IsValid():
			return okf(ingressSubject, "%s admits this machine (%s) to port %d", groups, e.ownIn(prefix), port)
		}
	}
	if len(others) == 0 {
		return Finding{
			Level: Failure, Subject: ingressSubject, What: fmt.Sprintf("%s does not admit this machine to port %d", groups, port),
			Why: timesOut, Fix: e.authorize(),
		}
	}
	return Finding{
		Level: Warning, Subject: ingressSubject,
		What: fmt.Sprintf("%s admits %s to port %d; whether this machine is among them is not known here", groups, strings.Join(others, ", "), port),
		Why:  timesOut, Fix: "if it is not: " + e.authorize(),
	}
}

func (e *examination) admitsAll(everyone string) Finding {
	group := e.template.Network.SecurityGroups[0]
	return Finding{
		Level: Warning, Subject: ingressSubject, What: fmt.Sprintf("%s admits everyone (%s) to port %d", group, everyone, e.template.SSH.Port),
		Why: "anyone can try to log in to a running job",
		Fix: e.authorize() + "\n" + e.rule("revoke", group) + " --cidr " + everyone,
	}
}

// authorize returns the command that admits this machine.
func (e *examination) authorize() string {
	from := "RUNNER_ADDRESS/32"
	if e.template.Network.ConnectVia != v1alpha1.PublicIP {
		for _, own := range e.own {
			if own.IsPrivate() && own.Is4() {
				from = own.String() + "/32"
				break
			}
		}
	}
	return e.rule("authorize", e.template.Network.SecurityGroups[0]) + " --cidr " + from
}

func (e *examination) rule(verb, group string) string {
	return fmt.Sprintf("aws ec2 %s-security-group-ingress --region %s --group-id %s --protocol tcp --port %d", verb, e.loc.Region, group, e.template.SSH.Port)
}

// ownIn returns an address of this machine in a range; the zero Addr if there
// is none.
func (e *examination) ownIn(prefix netip.Prefix) netip.Addr {
	for _, own := range e.own {
		if prefix.Contains(own) {
			return own
		}
	}
	return netip.Addr{}
}
