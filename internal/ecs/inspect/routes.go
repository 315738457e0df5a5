package inspect

import (
	"cmp"
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// WaysOut returns, for each subnet of a VPC, the id of the target of its route
// to the internet, such as "igw-0123" or "nat-0123". It is empty if there is no
// such route, or it leads nowhere.
func (i *Inspector) WaysOut(ctx context.Context, loc ecs.Location, vpc string, subnets []string) (map[string]string, error) {
	api, err := i.routes(ctx, loc)
	if err != nil {
		return nil, err
	}
	var main string
	own := map[string]string{}
	pages := ec2.NewDescribeRouteTablesPaginator(api, &ec2.DescribeRouteTablesInput{Filters: inVPC(vpc)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, ecs.Classify(err, "looking up route tables", loc)
		}
		for at := range page.RouteTables {
			way := wayOut(page.RouteTables[at].Routes)
			for _, association := range page.RouteTables[at].Associations {
				if aws.ToBool(association.Main) {
					main = way
				}
				own[aws.ToString(association.SubnetId)] = way
			}
		}
	}
	ways := map[string]string{}
	for _, subnet := range subnets {
		way, ok := own[subnet]
		if !ok {
			way = main
		}
		ways[subnet] = way
	}
	return ways, nil
}

// wayOut is the target of the default route.
func wayOut(routes []types.Route) string {
	for i := range routes {
		route := &routes[i]
		if aws.ToString(route.DestinationCidrBlock) != "0.0.0.0/0" || route.State == types.RouteStateBlackhole {
			continue
		}
		return cmp.Or(aws.ToString(route.GatewayId), aws.ToString(route.NatGatewayId), aws.ToString(route.TransitGatewayId),
			aws.ToString(route.VpcPeeringConnectionId), aws.ToString(route.NetworkInterfaceId), aws.ToString(route.InstanceId))
	}
	return ""
}

// EndpointsOfVPC returns the AWS services that a VPC has endpoints for, without
// the prefix that all their names share: "ecr.api", "s3".
func (i *Inspector) EndpointsOfVPC(ctx context.Context, loc ecs.Location, vpc string) ([]string, error) {
	api, err := i.routes(ctx, loc)
	if err != nil {
		return nil, err
	}
	var services []string
	pages := ec2.NewDescribeVpcEndpointsPaginator(api, &ec2.DescribeVpcEndpointsInput{Filters: inVPC(vpc)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, ecs.Classify(err, "looking up VPC endpoints", loc)
		}
		for at := range page.VpcEndpoints {
			_, service, _ := strings.Cut(aws.ToString(page.VpcEndpoints[at].ServiceName), "."+loc.Region+".")
			services = append(services, service)
		}
	}
	return services, nil
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
