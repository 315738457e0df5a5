package ecs

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// publicIPs returns the public addresses of network interfaces by their id. An
// interface without one is left out. One interface that EC2 does not know, yet
// or any more, fails a whole call: then each is looked up separately.
func publicIPs(ctx context.Context, api interfacesAPI, ids []string, loc Location) (map[string]string, error) {
	found, err := describeInterfaces(ctx, api, ids)
	if !hasCode(err, missingInterfaceCodes) {
		return found, Classify(err, "describing network interfaces", loc)
	}
	if len(ids) == 1 {
		return nil, nil
	}
	found = map[string]string{}
	var errs []error
	for _, id := range ids {
		one, err := publicIPs(ctx, api, []string{id}, loc)
		errs = append(errs, err)
		found[id] = one[id]
	}
	return found, errors.Join(errs...)
}

func describeInterfaces(ctx context.Context, api interfacesAPI, ids []string) (map[string]string, error) {
	out, err := api.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: ids})
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for i := range out.NetworkInterfaces {
		network := &out.NetworkInterfaces[i]
		if network.Association != nil && network.Association.PublicIp != nil {
			found[aws.ToString(network.NetworkInterfaceId)] = *network.Association.PublicIp
		}
	}
	return found, nil
}
