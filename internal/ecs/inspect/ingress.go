package inspect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// Source is what a security group admits connections from. One of its fields is
// set.
type Source struct {
	// CIDR is a range of addresses.
	CIDR string
	// Group is a security group whose members are admitted.
	Group string
	// PrefixList is a managed list of ranges.
	PrefixList string
}

// SourcesOf returns the sources that security groups admit to a TCP port. It
// fails if a group does not exist.
func (i *Inspector) SourcesOf(ctx context.Context, loc ecs.Location, groups []string, port int32) ([]Source, error) {
	cfg, err := i.clients.Config(ctx, loc)
	if err != nil {
		return nil, err
	}
	var api networksAPI = ec2.NewFromConfig(cfg)
	out, err := api.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: groups})
	if err != nil {
		return nil, ecs.Classify(err, "looking up the rules of security groups", loc)
	}
	var sources []Source
	for at := range out.SecurityGroups {
		for _, permission := range out.SecurityGroups[at].IpPermissions {
			if admits(&permission, port) {
				sources = append(sources, sourcesOf(&permission)...)
			}
		}
	}
	return sources, nil
}

// admits reports whether a rule covers a TCP port. A rule for all protocols has
// the number -1 and no ports. Source: IpPermission in the EC2 API reference.
func admits(permission *types.IpPermission, port int32) bool {
	switch aws.ToString(permission.IpProtocol) {
	case "-1":
		return true
	case "tcp":
		return aws.ToInt32(permission.FromPort) <= port && port <= aws.ToInt32(permission.ToPort)
	}
	return false
}

func sourcesOf(permission *types.IpPermission) []Source {
	var sources []Source
	for _, from := range permission.IpRanges {
		sources = append(sources, Source{CIDR: aws.ToString(from.CidrIp)})
	}
	for _, from := range permission.Ipv6Ranges {
		sources = append(sources, Source{CIDR: aws.ToString(from.CidrIpv6)})
	}
	for _, from := range permission.UserIdGroupPairs {
		sources = append(sources, Source{Group: aws.ToString(from.GroupId)})
	}
	for _, from := range permission.PrefixListIds {
		sources = append(sources, Source{PrefixList: aws.ToString(from.PrefixListId)})
	}
	return sources
}
