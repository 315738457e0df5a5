package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

// checkEndpoints judges subnets whose routes do not lead out of the VPC, unless
// through an appliance.
func (e *examination) checkEndpoints(ctx context.Context, vpc string, routes map[string][]inspect.Route) []Finding {
	endpoints, err := e.aws.EndpointsOfVPC(ctx, e.loc, vpc)
	if err != nil {
		return []Finding{e.unanswered(routesSubject, err)}
	}
	var findings []Finding
	for _, subnet := range slices.Sorted(maps.Keys(routes)) {
		if through := throughAppliances(routes[subnet], endpoints); len(through) > 0 {
			findings = append(findings, onlyPart(subnet, reach{usable: through}))
			delete(routes, subnet)
		}
	}
	if len(routes) > 0 {
		findings = append(findings, e.checkShut(vpc, routes, endpoints))
	}
	return findings
}

// throughAppliances are the routes for prefix lists to endpoints of Gateway Load
// Balancers: unlike those to gateway endpoints they lead to what the list has.
func throughAppliances(routes []inspect.Route, endpoints []inspect.Endpoint) []inspect.Route {
	var found []inspect.Route
	for _, route := range routes {
		to := func(endpoint inspect.Endpoint) bool { return endpoint.ID == route.Target && !endpoint.Gateway }
		if !route.Blackhole && slices.ContainsFunc(endpoints, to) {
			found = append(found, route)
		}
	}
	return found
}

// checkShut judges whether endpoints replace the internet for subnets.
func (e *examination) checkShut(vpc string, routes map[string][]inspect.Route, endpoints []inspect.Endpoint) Finding {
	shut := "tasks in " + text.List(slices.Sorted(maps.Keys(routes))) + " cannot reach the internet"
	const fix = "set spec.network.assignPublicIP: Enabled if the subnet is public; otherwise " + natRoute
	needed, outside := needs(e.found.Definition.Containers, e.loc.Region)
	missing := slices.DeleteFunc(needed, func(service string) bool { return servesAll(endpoints, service, routes) })
	switch {
	case len(outside) > 0:
		return Finding{
			Level: Failure, Subject: routesSubject, What: fmt.Sprintf("%s, and %s is not in ECR of %s", shut, text.List(outside), e.loc.Region),
			Why: "ECS pulls the image from within the subnet: tasks would stop with CannotPullContainerError", Fix: fix,
		}
	case len(missing) > 0:
		return Finding{
			Level: Failure, Subject: routesSubject, What: fmt.Sprintf("%s, and %s has no endpoint for %s", shut, vpc, text.List(missing)),
			Why: "ECS pulls images, reads secrets and writes logs from within the subnet: tasks would stop before they run",
			Fix: fix + "\nor create the endpoints; one of the type Gateway needs the subnets' route tables too",
		}
	}
	return Finding{
		Level: Warning, Subject: routesSubject, What: shut + "; the endpoints of " + vpc + " suffice to start them",
		Why: "the job itself must reach GitLab to fetch its sources", Fix: "make sure that the subnet can reach GitLab; otherwise\n" + fix,
	}
}

// servesAll reports whether a service has an endpoint for all of the subnets.
func servesAll(endpoints []inspect.Endpoint, service string, routes map[string][]inspect.Route) bool {
	return slices.ContainsFunc(endpoints, func(endpoint inspect.Endpoint) bool {
		if endpoint.Service != service {
			return false
		}
		for _, of := range routes {
			if endpoint.Gateway && !slices.Contains(targetsOf(of), endpoint.ID) {
				return false
			}
		}
		return true
	})
}

// needs are the services that ECS calls from a task's subnet, and the images
// that it pulls from elsewhere. Endpoints lead to their own Region only.
func needs(containers map[string]ecs.Container, region string) (services, images []string) {
	for _, name := range slices.Sorted(maps.Keys(containers)) {
		container := containers[name]
		registry, _, _ := strings.Cut(container.Image, "/")
		if isECR(registry) && strings.Contains(registry, "."+region+".") {
			services = append(services, "ecr.api", "ecr.dkr", "s3")
		} else {
			images = append(images, container.Image)
		}
		if container.LogDriver == "awslogs" {
			services = append(services, "logs")
		}
		if len(container.Files) > 0 {
			services = append(services, "s3")
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
