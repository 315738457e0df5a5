package ecs

import (
	"context"
	"errors"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/smithy-go"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// Cluster is what a launch depends on in a cluster.
type Cluster struct {
	// Status is ACTIVE, or PROVISIONING, DEPROVISIONING, FAILED or INACTIVE,
	// in which a cluster takes no tasks.
	Status string
	// CapacityProviders are the names of those that a strategy may use.
	CapacityProviders []string
	// DefaultStrategy has the names of the capacity providers that serve
	// tasks launched without a launch type and a strategy.
	DefaultStrategy []string
}

// InspectCluster describes the Location's cluster, or returns nil if there is
// none of that name. It asks AWS every time. Errors are *Error or the context's.
func (c *Clients) InspectCluster(ctx context.Context, loc Location) (*Cluster, error) {
	r, err := c.at(ctx, loc)
	if err != nil {
		return nil, err
	}
	out, err := r.clusters.DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: []string{loc.Cluster}})
	switch {
	case err != nil:
		return nil, classify(err, "looking up the cluster "+loc.Cluster, loc)
	case len(out.Clusters) > 0:
		found := &out.Clusters[0]
		cluster := &Cluster{Status: aws.ToString(found.Status), CapacityProviders: found.CapacityProviders}
		for _, item := range found.DefaultCapacityProviderStrategy {
			cluster.DefaultStrategy = append(cluster.DefaultStrategy, aws.ToString(item.CapacityProvider))
		}
		return cluster, nil
	case len(out.Failures) > 0 && aws.ToString(out.Failures[0].Reason) != "MISSING":
		message := "looking up the cluster " + loc.Cluster + ": ECS could not describe it: " + aws.ToString(out.Failures[0].Reason)
		return nil, &Error{Class: RetrySame, Reason: v1alpha1.ReasonRetrying, Message: message}
	default:
		return nil, nil
	}
}

// InspectTaskDefinition is TaskDefinition without its memory: it asks AWS every
// time, and so also notices that a revision has been deregistered.
func (c *Clients) InspectTaskDefinition(ctx context.Context, loc Location, name string) (Definition, error) {
	r, err := c.at(ctx, loc)
	if err != nil {
		return Definition{}, err
	}
	return r.describeDefinition(ctx, loc, name)
}

// VPCsOfSubnets returns the VPC of every subnet that exists in the Location's
// region, by the subnet's id. Errors are *Error or the context's.
func (c *Clients) VPCsOfSubnets(ctx context.Context, loc Location, ids []string) (map[string]string, error) {
	r, err := c.at(ctx, loc)
	if err != nil {
		return nil, err
	}
	vpcs, err := skipUnknown(ids, func(ids []string) (map[string]string, error) {
		out, err := r.networks.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: ids})
		if err != nil {
			return nil, err
		}
		vpcs := map[string]string{}
		for i := range out.Subnets {
			vpcs[aws.ToString(out.Subnets[i].SubnetId)] = aws.ToString(out.Subnets[i].VpcId)
		}
		return vpcs, nil
	})
	return vpcs, classify(err, "looking up subnets", loc)
}

// VPCsOfSecurityGroups returns the VPC of every security group that exists in
// the Location's region, by the group's id. Errors are *Error or the context's.
func (c *Clients) VPCsOfSecurityGroups(ctx context.Context, loc Location, ids []string) (map[string]string, error) {
	r, err := c.at(ctx, loc)
	if err != nil {
		return nil, err
	}
	vpcs, err := skipUnknown(ids, func(ids []string) (map[string]string, error) {
		out, err := r.networks.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: ids})
		if err != nil {
			return nil, err
		}
		vpcs := map[string]string{}
		for i := range out.SecurityGroups {
			vpcs[aws.ToString(out.SecurityGroups[i].GroupId)] = aws.ToString(out.SecurityGroups[i].VpcId)
		}
		return vpcs, nil
	})
	return vpcs, classify(err, "looking up security groups", loc)
}

// skipUnknown describes what has these ids, and leaves out what EC2 does not
// know. One such id fails a whole call: then each is described on its own.
// Without ids there is no call, since EC2 would take it for all there are.
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

// isUnknownID recognizes InvalidSubnetID.NotFound, InvalidGroupId.Malformed and
// their like. Source: "Error codes for the Amazon EC2 API".
func isUnknownID(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	code := api.ErrorCode()
	return strings.HasSuffix(code, ".NotFound") || strings.HasSuffix(code, ".Malformed")
}
