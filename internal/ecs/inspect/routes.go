package inspect

import (
	"cmp"
	"context"
	"net/netip"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// Local is the Target of routes to the VPC's own addresses.
const Local = "local"

// Route is a route of a subnet.
type Route struct {
	// To is the range of addresses that it is for. It is the zero Prefix if
	// PrefixList is set.
	To netip.Prefix
	// PrefixList is the id of a managed list of ranges, such as the one of an AWS
	// service in the route to its gateway endpoint.
	PrefixList string
	// Target is the id of where packets go, such as "igw-0123", "nat-0123" or
	// Local; for a core network its ARN.
	Target string
	// Blackhole is true if the target is gone: packets are dropped.
	Blackhole bool
}

// RoutesOf returns the routes of each of a VPC's subnets.
func (i *Inspector) RoutesOf(ctx context.Context, loc ecs.Location, vpc string, subnets []string) (map[string][]Route, error) {
	api, err := i.routes(ctx, loc)
	if err != nil {
		return nil, err
	}
	var main []Route
	own := map[string][]Route{}
	pages := ec2.NewDescribeRouteTablesPaginator(api, &ec2.DescribeRouteTablesInput{Filters: inVPC(vpc)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, ecs.Classify(err, "looking up route tables", loc)
		}
		for at := range page.RouteTables {
			routes := routesOf(page.RouteTables[at].Routes)
			for _, association := range page.RouteTables[at].Associations {
				if aws.ToBool(association.Main) {
					main = routes
				}
				own[aws.ToString(association.SubnetId)] = routes
			}
		}
	}
	found := map[string][]Route{}
	for _, subnet := range subnets {
		routes, ok := own[subnet]
		if !ok {
			routes = main
		}
		found[subnet] = routes
	}
	return found, nil
}

// routesOf leaves out routes that another one of the table has replaced.
func routesOf(table []types.Route) []Route {
	var routes []Route
	for i := range table {
		route := &table[i]
		if route.State == types.RouteStateFiltered {
			continue
		}
		// The zero Prefix is what a prefix list, and a range that AWS does not
		// write as one, have.
		to, _ := netip.ParsePrefix(cmp.Or(aws.ToString(route.DestinationCidrBlock), aws.ToString(route.DestinationIpv6CidrBlock)))
		routes = append(routes, Route{
			To: to, PrefixList: aws.ToString(route.DestinationPrefixListId),
			Target: target(route), Blackhole: route.State == types.RouteStateBlackhole,
		})
	}
	return routes
}

// target is the one target of a route. A NAT instance has a network interface
// too. Source: Route in the EC2 API reference.
func target(route *types.Route) string {
	for _, id := range []*string{
		route.GatewayId, route.NatGatewayId, route.TransitGatewayId, route.EgressOnlyInternetGatewayId, route.VpcPeeringConnectionId,
		route.InstanceId, route.NetworkInterfaceId, route.CarrierGatewayId, route.LocalGatewayId, route.CoreNetworkArn, route.OdbNetworkArn,
		route.IpAddress,
	} {
		if id != nil && *id != "" {
			return *id
		}
	}
	return ""
}

func (i *Inspector) routes(ctx context.Context, loc ecs.Location) (routesAPI, error) {
	cfg, err := i.clients.Config(ctx, loc)
	if err != nil {
		return nil, err
	}
	return ec2.NewFromConfig(cfg), nil
}

func inVPC(vpc string) []types.Filter {
	return []types.Filter{{Name: aws.String("vpc-id"), Values: []string{vpc}}}
}
