package localecs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
)

func public(in *ecs.RunTaskInput) { vpc(in).AssignPublicIp = types.AssignPublicIpEnabled }

// interfaceOf returns a running task's interface, from ECS and from EC2.
func (e *env) interfaceOf(arn string) (types.Task, ec2types.NetworkInterface) {
	e.Helper()
	task := e.await(arn, "RUNNING")
	out, err := e.ec2.DescribeNetworkInterfaces(e.Context(), &ec2.DescribeNetworkInterfacesInput{
		NetworkInterfaceIds: []string{detail(task, "networkInterfaceId")},
	})
	if err != nil {
		e.Fatal(err)
	}
	if len(out.NetworkInterfaces) != 1 {
		e.Fatalf("interfaces %+v", out.NetworkInterfaces)
	}
	return task, out.NetworkInterfaces[0]
}

func TestDescribeNetworkInterfaces_ShowsPrivateAndPublicAddress(t *testing.T) {
	e := start(t)
	arn := e.run(public, script(`echo "$LOCALECS_ADDRESSES"; sleep 600`))
	task, eni := e.interfaceOf(arn)
	if eni.Association == nil || eni.Association.PublicIp == nil {
		t.Fatal("no public address")
	}
	private, public := detail(task, "privateIPv4Address"), *eni.Association.PublicIp
	if *eni.PrivateIpAddress != private || public == private {
		t.Errorf("private address %s, task's %s, public %s", *eni.PrivateIpAddress, private, public)
	}
	if diff := cmp.Diff(private+","+public+"\n", e.logged(arn, "main")); diff != "" {
		t.Errorf("addresses in the container (-want +got):\n%s", diff)
	}
	got := []any{*eni.SubnetId, *eni.AvailabilityZone, *eni.Groups[0].GroupId, *eni.MacAddress, eni.Status}
	want := []any{"subnet-local-a", "us-east-1a", "sg-local", detail(task, "macAddress"), ec2types.NetworkInterfaceStatusInUse}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("interface (-want +got):\n%s", diff)
	}
}

func TestDescribeNetworkInterfaces_WithoutPublicAddress_HasNoAssociation(t *testing.T) {
	e := start(t)
	if _, eni := e.interfaceOf(e.run()); eni.Association != nil {
		t.Errorf("association %+v", eni.Association)
	}
}

func TestDescribeNetworkInterfaces_OneUnknownID_FailsTheWholeCall(t *testing.T) {
	e := start(t)
	arn := e.run()
	task, _ := e.interfaceOf(arn)
	id := detail(task, "networkInterfaceId")
	_, err := e.ec2.DescribeNetworkInterfaces(t.Context(), &ec2.DescribeNetworkInterfacesInput{
		NetworkInterfaceIds: []string{id, "eni-absent"},
	})
	e.wantError(err, "InvalidNetworkInterfaceID.NotFound", "The networkInterface ID 'eni-absent' does not exist")

	out, err := e.ec2.DescribeNetworkInterfaces(t.Context(), &ec2.DescribeNetworkInterfacesInput{
		Filters: []ec2types.Filter{{Name: aws.String("network-interface-id"), Values: []string{id, "eni-absent"}}},
	})
	if err != nil || len(out.NetworkInterfaces) != 1 {
		t.Errorf("by filter: %+v, %v", out, err)
	}

	e.stop(arn)
	e.await(arn, "STOPPED")
	_, err = e.ec2.DescribeNetworkInterfaces(t.Context(), &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{id}})
	e.wantError(err, "InvalidNetworkInterfaceID.NotFound", id)
}

func TestDescribeSubnetsAndSecurityGroups(t *testing.T) {
	e := startEmpty(t)
	subnets, err := e.ec2.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{})
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, subnet := range subnets.Subnets {
		got[*subnet.SubnetId] = *subnet.AvailabilityZone
	}
	if diff := cmp.Diff(map[string]string{"subnet-local-a": "us-east-1a", "subnet-local-b": "us-east-1b"}, got); diff != "" {
		t.Errorf("subnets (-want +got):\n%s", diff)
	}
	groups, err := e.ec2.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{GroupIds: []string{"sg-local"}})
	if err != nil || len(groups.SecurityGroups) != 1 || *groups.SecurityGroups[0].VpcId != *subnets.Subnets[0].VpcId {
		t.Errorf("security groups %+v, %v", groups, err)
	}
	_, err = e.ec2.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{SubnetIds: []string{"subnet-absent"}})
	e.wantError(err, "InvalidSubnetID.NotFound", "The subnet ID 'subnet-absent' does not exist")
	_, err = e.ec2.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{GroupIds: []string{"sg-absent"}})
	e.wantError(err, "InvalidGroup.NotFound", "The security group 'sg-absent' does not exist")
	_, err = e.ec2.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{
		Filters: []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{"vpc-local"}}},
	})
	e.wantError(err, "InvalidParameterValue", "vpc-id")
}
