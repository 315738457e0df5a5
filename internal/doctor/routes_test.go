package doctor_test

import (
	"net/netip"
	"testing"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/doctor"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
	"github.com/fargate-operator/fargate-operator/internal/test/inspecttest"
)

// routed is an account whose two subnets have the same routes.
func routed(routes ...inspect.Route) func(*inspecttest.Account) {
	return func(a *inspecttest.Account) {
		a.Has.Routes = map[string][]inspect.Route{"subnet-a": routes, "subnet-b": routes}
	}
}

func wayOut(level doctor.Level, what, fix string) doctor.Finding {
	return doctor.Finding{Level: level, Subject: "way out", What: what, Fix: fix}
}

func TestChecks_WaysOut(t *testing.T) {
	t.Parallel()
	route := inspecttest.Route
	private := func(t *v1alpha1.TaskTemplate) { t.Network.AssignPublicIP = v1alpha1.Disabled }
	both := func(level doctor.Level, what, fix string) []doctor.Finding {
		return []doctor.Finding{wayOut(level, "subnet-a "+what, fix), wayOut(level, "subnet-b "+what, fix)}
	}
	check(t, map[string]aCase{
		"NAT gateway":          {account: routed(route("0.0.0.0/0", "nat-1")), change: private},
		"transit gateway":      {account: routed(route("0.0.0.0/0", "tgw-1")), change: private},
		"default route in two": {account: routed(route("0.0.0.0/1", "i-1"), route("128.0.0.0/1", "i-1")), change: private},
		"one shut subnet of two": {
			account: func(a *inspecttest.Account) { delete(a.Has.Routes, "subnet-b") },
			want:    []doctor.Finding{wayOut(doctor.Failure, "tasks in subnet-b cannot reach the internet, and alpine is not in ECR", "--nat-gateway-id")},
		},
		"public subnets without public addresses": {
			change: private,
			want:   []doctor.Finding{wayOut(doctor.Failure, "tasks in subnet-a, subnet-b cannot", "[Fargate] EnablePublicIP = true")},
		},
		"IPv6 only": {
			account: routed(route("::/0", "eigw-1")), change: private,
			want: both(doctor.Warning, "reach the internet over IPv6 only, by eigw-1", "--name dualStackIPv6 --value enabled"),
		},
		"private network": {
			account: routed(route("10.0.0.0/8", "tgw-1"), inspect.Route{PrefixList: "pl-1", Target: "nat-1"}), change: private,
			want: both(doctor.Warning, "do not reach all of the internet, only 10.0.0.0/8 by tgw-1, pl-1 by nat-1", "--nat-gateway-id"),
		},
		"peering": {
			account: routed(route("0.0.0.0/0", "pcx-1")), change: private,
			want: both(doctor.Warning, "do not reach all of the internet, only 0.0.0.0/0 by pcx-1", "if they are not"),
		},
		"a part that is gone": {
			account: routed(route("0.0.0.0/1", "nat-1"), inspect.Route{To: netip.MustParsePrefix("128.0.0.0/1"), Target: "nat-2", Blackhole: true}),
			want:    both(doctor.Warning, "do not reach all of the internet, only 0.0.0.0/1 by nat-1; the target is gone that packets would go to: 128.0.0.0/1 by nat-2", "if they are not"),
		},
		"routes unknown": {
			account: func(a *inspecttest.Account) { a.FailNext("RoutesOf", 1, inspecttest.Unreachable()) },
			want:    []doctor.Finding{wayOut(doctor.Warning, "not checked", "port 443")},
		},
		"no subnet": {
			account: func(a *inspecttest.Account) { a.Has.VPCs = map[string]string{"sg-a": "vpc-1"} },
			want:    []doctor.Finding{{Level: doctor.Failure, Subject: "network", What: "subnet-a, subnet-b"}},
		},
	})
}

func TestChecks_WaysOut_OfPublicAddresses(t *testing.T) {
	t.Parallel()
	viaPublic := func(t *v1alpha1.TaskTemplate) { t.Network.ConnectVia = v1alpha1.PublicIP }
	found := func(level doctor.Level, what string) []doctor.Finding {
		return []doctor.Finding{
			wayOut(level, what, "[Fargate] UsePublicIP = false"), {Level: doctor.Warning, Subject: "security group"},
		}
	}
	cases := map[string]aCase{
		"internet gateway": {change: viaPublic, want: []doctor.Finding{{Level: doctor.Warning, Subject: "security group"}}},
	}
	cases["IPv6 alone has an internet gateway"] = aCase{
		account: func(a *inspecttest.Account) {
			a.Has.Routes["subnet-b"] = []inspect.Route{inspecttest.Route("::/0", "igw-1")}
		},
		change: viaPublic, want: found(doctor.Failure, "subnet subnet-b is private: its packets to the internet go to no gateway"),
	}
	for _, target := range []string{"nat-1", "tgw-1", "vgw-1", "pcx-1", "lgw-1"} {
		cases[target] = aCase{
			account: func(a *inspecttest.Account) {
				a.Has.Routes["subnet-b"] = []inspect.Route{inspecttest.Route("0.0.0.0/0", target)}
			},
			change: viaPublic, want: found(doctor.Failure, "subnet subnet-b is private: its packets to the internet go to "+target),
		}
	}
	for _, target := range []string{"vpce-1", "eni-1", "i-1"} {
		cases[target] = aCase{
			account: func(a *inspecttest.Account) {
				a.Has.Routes["subnet-b"] = []inspect.Route{inspecttest.Route("0.0.0.0/0", target)}
			},
			change: viaPublic, want: found(doctor.Warning, "packets from subnet subnet-b to the internet go to "+target),
		}
	}
	check(t, cases)
}

func TestChecks_Endpoints(t *testing.T) {
	t.Parallel()
	// isolated is an account without routes, with an image and endpoints.
	isolated := func(c ecs.Container, endpoints ...string) func(*inspecttest.Account) {
		return func(a *inspecttest.Account) {
			c.TCPPorts, c.Essential = []ecs.PortRange{{First: 22, Last: 22}}, true
			a.Has.Definition.Containers[v1alpha1.DefaultContainerName] = c
			a.Has.Routes = nil
			for _, service := range endpoints {
				a.Has.Endpoints = append(a.Has.Endpoints, inspect.Endpoint{ID: "vpce-" + service, Service: service})
			}
		}
	}
	secrets := []string{"arn:aws:secretsmanager:us-east-1:123456789012:secret:a", "arn:aws:ssm:us-east-1:123456789012:parameter/b"}
	all := ecs.Container{Image: ecrImage, LogDriver: "awslogs", Secrets: secrets}
	toS3 := inspect.Route{PrefixList: "pl-s3", Target: "vpce-s3"}
	// gateway makes the endpoint of S3 one with routes.
	gateway := func(routes map[string][]inspect.Route) func(*inspecttest.Account) {
		return func(a *inspecttest.Account) {
			isolated(ecs.Container{Image: ecrImage}, "ecr.api", "ecr.dkr", "s3")(a)
			a.Has.Endpoints[2].Gateway, a.Has.Routes = true, routes
		}
	}
	check(t, map[string]aCase{
		"all endpoints": {
			account: isolated(all, "ecr.api", "ecr.dkr", "s3", "logs", "secretsmanager", "ssm"), change: withRole,
			want: []doctor.Finding{wayOut(doctor.Warning, "the endpoints of vpc-1 suffice", "GitLab")},
		},
		"no endpoints": {
			account: isolated(all), change: withRole,
			want: []doctor.Finding{wayOut(doctor.Failure, "vpc-1 has no endpoint for ecr.api, ecr.dkr, logs, s3, secretsmanager, ssm", "create the endpoints")},
		},
		"gateway endpoint of both subnets": {
			account: gateway(map[string][]inspect.Route{"subnet-a": {toS3}, "subnet-b": {toS3}}), change: withRole,
			want: []doctor.Finding{wayOut(doctor.Warning, "the endpoints of vpc-1 suffice", "GitLab")},
		},
		"gateway endpoint of one subnet": {
			account: gateway(map[string][]inspect.Route{"subnet-a": {toS3}}), change: withRole,
			want: []doctor.Finding{wayOut(doctor.Failure, "vpc-1 has no endpoint for s3", "route tables")},
		},
		"prefix list by the endpoint of an appliance": {
			account: func(a *inspecttest.Account) {
				routed(inspect.Route{PrefixList: "pl-1", Target: "vpce-gwlb"})(a)
				a.Has.Endpoints = []inspect.Endpoint{{ID: "vpce-gwlb", Service: "vpce-svc-1"}}
			},
			want: []doctor.Finding{wayOut(doctor.Warning, "subnet-a do not reach all of the internet, only pl-1 by vpce-gwlb", ""), wayOut(doctor.Warning, "subnet-b", "")},
		},
		"files in S3": {
			account: isolated(ecs.Container{Image: ecrImage, Files: []string{"arn:aws:s3:::b/a.env"}}, "ecr.api", "ecr.dkr"), change: withRole,
			want: []doctor.Finding{wayOut(doctor.Failure, "no endpoint for s3", "create the endpoints")},
		},
		"image of another Region": {
			account: isolated(ecs.Container{Image: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/ci"}, "ecr.api", "ecr.dkr", "s3"), change: withRole,
			want: []doctor.Finding{wayOut(doctor.Failure, "amazonaws.com/ci is not in ECR of us-east-1", "--nat-gateway-id")},
		},
		"endpoints unknown": {
			account: func(a *inspecttest.Account) {
				a.Has.Routes = nil
				a.FailNext("EndpointsOfVPC", 1, inspecttest.Denied("ec2:DescribeVpcEndpoints"))
			},
			want: []doctor.Finding{wayOut(doctor.Warning, "not checked", "doctor-policy")},
		},
	})
}
