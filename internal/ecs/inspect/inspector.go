// Package inspect asks AWS about what tasks depend on: whether a cluster, a
// task definition and networks are fit for a FargateTaskClass, and what people
// want to know when jobs do not run. It changes nothing.
package inspect

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// The following is everything that this package calls in AWS. hack/iampolicy
// generates the IAM policies in config/aws from it.

// clustersAPI is what this package calls in Amazon ECS to inspect clusters.
type clustersAPI interface {
	DescribeClusters(context.Context, *awsecs.DescribeClustersInput, ...func(*awsecs.Options)) (*awsecs.DescribeClustersOutput, error)
}

// definitionsAPI is what this package calls in Amazon ECS to inspect task
// definitions.
type definitionsAPI interface {
	DescribeTaskDefinition(context.Context, *awsecs.DescribeTaskDefinitionInput, ...func(*awsecs.Options)) (*awsecs.DescribeTaskDefinitionOutput, error)
}

// tasksAPI is what this package calls in Amazon ECS to count the tasks of a
// cluster.
type tasksAPI interface {
	DescribeTasks(context.Context, *awsecs.DescribeTasksInput, ...func(*awsecs.Options)) (*awsecs.DescribeTasksOutput, error)
	ListTasks(context.Context, *awsecs.ListTasksInput, ...func(*awsecs.Options)) (*awsecs.ListTasksOutput, error)
}

// networksAPI is what this package calls in Amazon EC2 to inspect networks.
type networksAPI interface {
	DescribeSubnets(context.Context, *ec2.DescribeSubnetsInput, ...func(*ec2.Options)) (*ec2.DescribeSubnetsOutput, error)
	DescribeSecurityGroups(context.Context, *ec2.DescribeSecurityGroupsInput, ...func(*ec2.Options)) (*ec2.DescribeSecurityGroupsOutput, error)
}

// interfacesAPI is what this package calls in Amazon EC2 to try a permission.
type interfacesAPI interface {
	DescribeNetworkInterfaces(context.Context, *ec2.DescribeNetworkInterfacesInput, ...func(*ec2.Options)) (*ec2.DescribeNetworkInterfacesOutput, error)
}

// routesAPI is what this package calls in Amazon EC2 to find the ways out of
// subnets.
type routesAPI interface {
	DescribeRouteTables(context.Context, *ec2.DescribeRouteTablesInput, ...func(*ec2.Options)) (*ec2.DescribeRouteTablesOutput, error)
	DescribeVpcEndpoints(context.Context, *ec2.DescribeVpcEndpointsInput, ...func(*ec2.Options)) (*ec2.DescribeVpcEndpointsOutput, error)
}

// identityAPI is what this package calls in AWS STS to find out its identity.
type identityAPI interface {
	GetCallerIdentity(context.Context, *sts.GetCallerIdentityInput, ...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error)
}

// quotasAPI is what this package calls in Service Quotas.
type quotasAPI interface {
	GetServiceQuota(context.Context, *servicequotas.GetServiceQuotaInput, ...func(*servicequotas.Options)) (*servicequotas.GetServiceQuotaOutput, error)
}

// logsAPI is what this package calls in CloudWatch Logs.
type logsAPI interface {
	GetLogEvents(context.Context, *cloudwatchlogs.GetLogEventsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.GetLogEventsOutput, error)
}

// Inspector asks AWS every time and remembers no answer. Its errors are
// *ecs.Error or the context's.
type Inspector struct {
	clients *ecs.Clients
}

// New returns an Inspector that calls AWS as the clients do: with their
// identities, within their token buckets and counted with their calls.
func New(clients *ecs.Clients) *Inspector { return &Inspector{clients: clients} }

// isUnknownID recognizes InvalidSubnetID.NotFound, InvalidGroupId.Malformed and
// similar codes. Source: "Error codes for the Amazon EC2 API".
func isUnknownID(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	code := api.ErrorCode()
	return strings.HasSuffix(code, ".NotFound") || strings.HasSuffix(code, ".Malformed")
}
