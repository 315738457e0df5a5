package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

type routes interface {
	RoutesOf(ctx context.Context, loc ecs.Location, vpc string, subnets []string) (map[string][]inspect.Route, error)
	EndpointsOfVPC(ctx context.Context, loc ecs.Location, vpc string) ([]inspect.Endpoint, error)
}

const routesSubject = "way out"

// checkRoutes checks whether tasks can reach their image, over the internet or
// through VPC endpoints.
func (e *examination) checkRoutes(ctx context.Context) []Finding {
	subnets := slices.Sorted(maps.Keys(e.found.Subnets))
	if len(subnets) == 0 {
		return nil
	}
	vpc := e.found.Subnets[subnets[0]]
	routes, err := e.aws.RoutesOf(ctx, e.loc, vpc, subnets)
	if err != nil {
		return []Finding{e.unanswered(routesSubject, err)}
	}
	var findings []Finding
	for _, subnet := range subnets {
		if finding := e.checkWay(subnet, routes[subnet]); finding != nil {
			findings = append(findings, *finding)
			delete(routes, subnet)
		}
	}
	if len(routes) > 0 {
		findings = append(findings, e.checkEndpoints(ctx, vpc, routes)...)
	}
	return findings
}

// checkWay judges how far a subnet's routes lead. It returns nil if they do not
// lead out of the VPC at all.
func (e *examination) checkWay(subnet string, routes []inspect.Route) *Finding {
	r := reachOf(routes, e.template.Network.AssignPublicIP == v1alpha1.Enabled)
	if len(r.usable) == 0 {
		return nil
	}
	if e.template.Network.ConnectVia == v1alpha1.PublicIP {
		if finding := e.checkAnswers(subnet, r); finding != nil {
			return finding
		}
	}
	finding := okf(routesSubject, "tasks in %s reach the internet by %s", subnet, text.List(r.v4))
	switch {
	case len(r.v4) > 0:
	case len(r.v6) > 0:
		finding = e.onlyIPv6(subnet, r)
	default:
		finding = onlyPart(subnet, r)
	}
	return &finding
}

// checkAnswers judges whether the answers of a public address find their way: only
// an internet gateway knows which task has it.
func (e *examination) checkAnswers(subnet string, r reach) *Finding {
	ways := r.v4
	if len(ways) == 0 {
		ways = targetsOf(slices.DeleteFunc(slices.Clone(r.usable), func(route inspect.Route) bool { return route.To.Addr().Is6() }))
	}
	by := "no gateway"
	if len(ways) > 0 {
		by = text.List(ways)
	}
	leadBy := func(prefixes ...string) bool {
		return slices.ContainsFunc(ways, func(way string) bool {
			return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(way, prefix) })
		})
	}
	const fix = "name a subnet whose route to 0.0.0.0/0 is an internet gateway in spec.network.subnets, or set spec.network.connectVia: PrivateIP"
	finding := Finding{
		Level: Failure, Subject: routesSubject,
		What: fmt.Sprintf("subnet %s is private: its packets to the internet go to %s", subnet, by),
		Why:  "a public address works in a public subnet only, and jobs connect to it: they would end with connection timed out", Fix: fix,
	}
	switch {
	case leadBy("igw-"):
		return nil
	case leadBy("vpce-", "eni-", "i-"):
		finding.Level = Warning
		finding.What = fmt.Sprintf("packets from subnet %s to the internet go to %s; whether an internet gateway is behind it is not known here", subnet, by)
		finding.Fix = "if there is none: " + fix
	}
	return &finding
}

func (e *examination) onlyIPv6(subnet string, r reach) Finding {
	return Finding{
		Level: Warning, Subject: routesSubject,
		What: fmt.Sprintf("tasks in %s reach the internet over IPv6 only, by %s", subnet, text.List(r.v6)),
		Why: "a task has an IPv6 address only where the subnet has an IPv6 range and, unless it has no other, the account setting dualStackIPv6 is enabled;\n" +
			"and what the job needs must have one too: GitLab, and the image's registry, which for ECR is ACCOUNT.dkr-ecr.REGION.on.aws",
		Fix: fmt.Sprintf("aws ecs put-account-setting-default --region %s --name dualStackIPv6 --value enabled\nor for IPv4: ", e.loc.Region) + natRoute,
	}
}

// onlyPart is for subnets in a private network, and for those whose routes have
// gaps.
func onlyPart(subnet string, r reach) Finding {
	what := fmt.Sprintf("tasks in %s do not reach all of the internet, only %s", subnet, described(r.usable))
	if len(r.lost) > 0 {
		what += "; the target is gone that packets would go to: " + described(r.lost)
	}
	return Finding{
		Level: Warning, Subject: routesSubject, What: what,
		Why: "the image's registry and GitLab, or a proxy, must be there, which is not known here; a peering connection (pcx-) leads to one VPC and no further",
		Fix: "if they are not: " + natRoute + "\nor set spec.network.assignPublicIP: Enabled if the subnet is public",
	}
}

const natRoute = "let the subnet's route to 0.0.0.0/0 lead to a NAT gateway:\n" +
	"aws ec2 create-route --route-table-id rtb-… --destination-cidr-block 0.0.0.0/0 --nat-gateway-id nat-…"
