package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

type routes interface {
	WaysOut(ctx context.Context, loc ecs.Location, vpc string, subnets []string) (map[string]string, error)
	EndpointsOfVPC(ctx context.Context, loc ecs.Location, vpc string) ([]string, error)
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
	ways, err := e.aws.WaysOut(ctx, e.loc, vpc, subnets)
	if err != nil {
		return []Finding{e.unanswered(routesSubject, err)}
	}
	var findings []Finding
	var shut []string
	for _, subnet := range subnets {
		finding := e.checkWay(subnet, ways[subnet])
		if finding == nil {
			shut = append(shut, subnet)
			continue
		}
		findings = append(findings, *finding)
	}
	if len(shut) > 0 {
		findings = append(findings, e.checkEndpoints(ctx, vpc, shut))
	}
	return findings
}

// checkWay judges a subnet's route to the internet. It returns nil if tasks
// have none.
func (e *examination) checkWay(subnet, way string) *Finding {
	public := e.template.Network.AssignPublicIP == v1alpha1.Enabled
	gateway := strings.HasPrefix(way, "igw-")
	switch {
	case way == "", gateway && !public:
		return nil
	case !gateway && e.template.Network.ConnectVia == v1alpha1.PublicIP:
		return &Finding{
			Level: Failure, Subject: routesSubject,
			What: fmt.Sprintf("subnet %s is private: its packets to the internet go to %s", subnet, way),
			Why:  "a public address works in a public subnet only, and jobs connect to it: they would end with connection timed out",
			Fix:  "name a subnet whose route to 0.0.0.0/0 is an internet gateway in spec.network.subnets, or set spec.network.connectVia: PrivateIP",
		}
	}
	finding := okf(routesSubject, "tasks in %s reach the internet by %s", subnet, way)
	return &finding
}

// checkEndpoints judges subnets without a route to the internet.
func (e *examination) checkEndpoints(ctx context.Context, vpc string, subnets []string) Finding {
	endpoints, err := e.aws.EndpointsOfVPC(ctx, e.loc, vpc)
	if err != nil {
		return e.unanswered(routesSubject, err)
	}
	shut := "tasks in " + strings.Join(subnets, ", ") + " cannot reach the internet"
	const fix = "set spec.network.assignPublicIP: Enabled if the subnet is public; otherwise let its route to 0.0.0.0/0 lead to a NAT gateway:\n" +
		"aws ec2 create-route --route-table-id rtb-… --destination-cidr-block 0.0.0.0/0 --nat-gateway-id nat-…"
	needed, outside := needs(e.found.Definition.Containers)
	missing := slices.DeleteFunc(needed, func(service string) bool { return slices.Contains(endpoints, service) })
	switch {
	case len(outside) > 0:
		return Finding{
			Level: Failure, Subject: routesSubject, What: fmt.Sprintf("%s, and %s is not in ECR", shut, strings.Join(outside, ", ")),
			Why: "ECS pulls the image from within the subnet: tasks would stop with CannotPullContainerError", Fix: fix,
		}
	case len(missing) > 0:
		return Finding{
			Level: Failure, Subject: routesSubject, What: fmt.Sprintf("%s, and %s has no endpoint for %s", shut, vpc, strings.Join(missing, ", ")),
			Why: "ECS pulls images, reads secrets and writes logs from within the subnet: tasks would stop before they run", Fix: fix + "\nor create the endpoints",
		}
	}
	return Finding{
		Level: Warning, Subject: routesSubject, What: shut + "; the endpoints of " + vpc + " suffice to start them",
		Why: "the job itself must reach GitLab to fetch its sources", Fix: "make sure that the subnet can reach GitLab; otherwise\n" + fix,
	}
}

// needs are the services that ECS calls from a task's subnet, and the images
// that it pulls from elsewhere.
func needs(containers map[string]ecs.Container) (services, images []string) {
	for _, name := range slices.Sorted(maps.Keys(containers)) {
		container := containers[name]
		if isECR(container.Image) {
			services = append(services, "ecr.api", "ecr.dkr", "s3")
		} else {
			images = append(images, container.Image)
		}
		if container.LogDriver == "awslogs" {
			services = append(services, "logs")
		}
		for _, secret := range container.Secrets {
			if strings.Contains(secret, ":secretsmanager:") {
				services = append(services, "secretsmanager")
			} else {
				services = append(services, "ssm")
			}
		}
	}
	slices.Sort(services)
	return slices.Compact(services), images
}
