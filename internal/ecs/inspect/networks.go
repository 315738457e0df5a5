package inspect

import (
	"context"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// VPCsOfSubnets returns the VPC of every subnet that exists in the Location's
// region, by the subnet's id.
func (i *Inspector) VPCsOfSubnets(ctx context.Context, loc ecs.Location, ids []string) (map[string]string, error) {
	cfg, err := i.clients.Config(ctx, loc)
	if err != nil {
		return nil, err
	}
	var api networksAPI = ec2.NewFromConfig(cfg)
	vpcs, err := skipUnknown(ids, func(ids []string) (map[string]string, error) {
		out, err := api.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: ids})
		if err != nil {
			return nil, err
		}
		vpcs := map[string]string{}
		for at := range out.Subnets {
			vpcs[aws.ToString(out.Subnets[at].SubnetId)] = aws.ToString(out.Subnets[at].VpcId)
		}
		return vpcs, nil
	})
	return vpcs, ecs.Classify(err, "looking up subnets", loc)
}

// VPCsOfSecurityGroups returns the VPC of every security group that exists in
// the Location's region, by the group's id.
func (i *Inspector) VPCsOfSecurityGroups(ctx context.Context, loc ecs.Location, ids []string) (map[string]string, error) {
	cfg, err := i.clients.Config(ctx, loc)
	if err != nil {
		return nil, err
	}
	var api networksAPI = ec2.NewFromConfig(cfg)
	vpcs, err := skipUnknown(ids, func(ids []string) (map[string]string, error) {
		out, err := api.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: ids})
		if err != nil {
			return nil, err
		}
		vpcs := map[string]string{}
		for at := range out.SecurityGroups {
			vpcs[aws.ToString(out.SecurityGroups[at].GroupId)] = aws.ToString(out.SecurityGroups[at].VpcId)
		}
		return vpcs, nil
	})
	return vpcs, ecs.Classify(err, "looking up security groups", loc)
}

// skipUnknown describes the resources with these ids, and leaves out ids that
// EC2 does not know. One unknown id fails a whole call: then each is described
// separately. Without ids it makes no call, since EC2 would return everything.
func skipUnknown(ids []string, describe func(ids []string) (map[string]string, error)) (map[string]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := describe(ids)
	if !isUnknownID(err) {
		return found, err
	}
	found = map[string]string{}
	if len(ids) == 1 {
		return found, nil
	}
	for _, id := range ids {
		one, err := skipUnknown([]string{id}, describe)
		if err != nil {
			return nil, err
		}
		maps.Copy(found, one)
	}
	return found, nil
}
