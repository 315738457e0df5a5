package inspect

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// Endpoint is an endpoint of a VPC.
type Endpoint struct {
	ID string
	// Service is the AWS service that it leads to, without the prefix that all
	// their names share: "ecr.api", "s3".
	Service string
	// Gateway is true for one that is the target of routes. Only subnets with
	// such a route use it; others serve the whole VPC.
	Gateway bool
}

// EndpointsOfVPC returns the endpoints of a VPC that are available.
func (i *Inspector) EndpointsOfVPC(ctx context.Context, loc ecs.Location, vpc string) ([]Endpoint, error) {
	api, err := i.routes(ctx, loc)
	if err != nil {
		return nil, err
	}
	var endpoints []Endpoint
	pages := ec2.NewDescribeVpcEndpointsPaginator(api, &ec2.DescribeVpcEndpointsInput{Filters: inVPC(vpc)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, ecs.Classify(err, "looking up VPC endpoints", loc)
		}
		for at := range page.VpcEndpoints {
			endpoint := &page.VpcEndpoints[at]
			// The API writes it in lower case, unlike its reference.
			if !strings.EqualFold(string(endpoint.State), string(types.StateAvailable)) {
				continue
			}
			_, service, _ := strings.Cut(aws.ToString(endpoint.ServiceName), "."+loc.Region+".")
			endpoints = append(endpoints, Endpoint{
				ID: aws.ToString(endpoint.VpcEndpointId), Service: service, Gateway: endpoint.VpcEndpointType == types.VpcEndpointTypeGateway,
			})
		}
	}
	return endpoints, nil
}
