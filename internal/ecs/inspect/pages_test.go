package inspect

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

// answerInPages answers each request with the result of a function of its
// operation and of whether it asks for the second page.
func answerInPages(t *testing.T, answer func(operation string, second bool) string) {
	t.Helper()
	localecstest.Start(t, localecs.Config{}) // for its credentials
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		operation := r.Header.Get("X-Amz-Target")
		for pair := range strings.SplitSeq(string(body), "&") {
			if value, ok := strings.CutPrefix(pair, "Action="); ok {
				operation = value
			}
		}
		operation = operation[strings.LastIndexByte(operation, '.')+1:]
		_, _ = io.WriteString(w, answer(operation, strings.Contains(string(body), "page-2")))
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
}

func TestVCPUsInUse_TwoPagesOfTasks_CountsBoth(t *testing.T) {
	answerInPages(t, func(operation string, second bool) string {
		switch {
		case operation == "DescribeTasks":
			return `{"tasks": [{"taskArn": "a", "cpu": "1024", "launchType": "FARGATE"}]}`
		case second:
			return `{"taskArns": ["b"]}`
		default:
			return `{"taskArns": ["a"], "nextToken": "page-2"}`
		}
	})
	used, err := newInspector().VCPUsInUse(t.Context(), testLocation)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[VCPUQuota]float64{OnDemandVCPUs: 2}, used); diff != "" {
		t.Errorf("use differs (-want +got):\n%s", diff)
	}
}

// routeTable is one that is a subnet's, or the main one if that is empty.
func routeTable(subnet, routes string) string {
	association := "<subnetId>" + subnet + "</subnetId>"
	if subnet == "" {
		association = "<main>true</main>"
	}
	return fmt.Sprintf("<item><associationSet><item>%s</item></associationSet><routeSet>%s</routeSet></item>", association, routes)
}

// route is one to all IPv4 addresses.
func route(target string) string {
	return "<item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock>" + target + "</item>"
}

func answerRouteTables(tables string) string {
	return "<DescribeRouteTablesResponse><routeTableSet>" + tables + "</routeTableSet></DescribeRouteTablesResponse>"
}

var everywhere = netip.MustParsePrefix("0.0.0.0/0")

func TestRoutesOf_TwoPagesOfRouteTables_KnowTheMainAndTheSubnets(t *testing.T) {
	answerInPages(t, func(_ string, second bool) string {
		if second {
			return answerRouteTables(routeTable("subnet-b", route("<natGatewayId>nat-1</natGatewayId>")))
		}
		return strings.Replace(answerRouteTables(routeTable("", route("<gatewayId>igw-1</gatewayId>"))),
			"</routeTableSet>", "</routeTableSet><nextToken>page-2</nextToken>", 1)
	})
	routes, err := newInspector().RoutesOf(t.Context(), testLocation, "vpc-1", []string{"subnet-a", "subnet-b"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]Route{"subnet-a": {{To: everywhere, Target: "igw-1"}}, "subnet-b": {{To: everywhere, Target: "nat-1"}}}
	if diff := cmp.Diff(want, routes, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
		t.Errorf("routes differ (-want +got):\n%s", diff)
	}
}

func TestRoutesOf_EveryKindOfTarget_IsNamed(t *testing.T) {
	for id, element := range map[string]string{
		"local": "gatewayId", "igw-1": "gatewayId", "vgw-1": "gatewayId", "vpce-1": "gatewayId", "nat-1": "natGatewayId",
		"tgw-1": "transitGatewayId", "eigw-1": "egressOnlyInternetGatewayId", "pcx-1": "vpcPeeringConnectionId", "eni-1": "networkInterfaceId",
		"cagw-1": "carrierGatewayId", "lgw-1": "localGatewayId", "arn:aws:networkmanager::1:core-network/a": "coreNetworkArn",
		"arn:aws:odb:us-east-1:1:odb-network/a": "odbNetworkArn",
	} {
		checkRoute(t, route(fmt.Sprintf("<%s>%s</%[1]s>", element, id)), Route{To: everywhere, Target: id})
	}
	checkRoute(t, route("<instanceId>i-1</instanceId><networkInterfaceId>eni-1</networkInterfaceId>"), Route{To: everywhere, Target: "i-1"})
}

func TestRoutesOf_DestinationAndState_AreTold(t *testing.T) {
	const nat = "<natGatewayId>nat-1</natGatewayId>"
	checkRoute(t, "<item><destinationIpv6CidrBlock>::/0</destinationIpv6CidrBlock>"+nat+"</item>", Route{To: netip.MustParsePrefix("::/0"), Target: "nat-1"})
	checkRoute(t, "<item><destinationPrefixListId>pl-1</destinationPrefixListId>"+nat+"</item>", Route{PrefixList: "pl-1", Target: "nat-1"})
	checkRoute(t, route(nat+"<state>active</state>"), Route{To: everywhere, Target: "nat-1"})
	checkRoute(t, route(nat+"<state>blackhole</state>"), Route{To: everywhere, Target: "nat-1", Blackhole: true})
	checkRoute(t, route("<ipAddress>10.0.0.9</ipAddress><state>filtered</state>"))
}

func checkRoute(t *testing.T, table string, want ...Route) {
	t.Helper()
	answerInPages(t, func(string, bool) string { return answerRouteTables(routeTable("subnet-a", table)) })
	routes, err := newInspector().RoutesOf(t.Context(), testLocation, "vpc-1", []string{"subnet-a"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, routes["subnet-a"], cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
		t.Errorf("%s: routes differ (-want +got):\n%s", table, diff)
	}
}

func TestEndpointsOfVPC_TwoPages_AreNamedIfTheyAreAvailable(t *testing.T) {
	answerInPages(t, func(_ string, second bool) string {
		endpoint := func(service, kind, state string) string {
			return fmt.Sprintf("<item><vpcEndpointId>vpce-%[1]s</vpcEndpointId><serviceName>com.amazonaws.us-east-1.%[1]s</serviceName>"+
				"<vpcEndpointType>%s</vpcEndpointType><state>%s</state></item>", service, kind, state)
		}
		items, next := endpoint("s3", "Gateway", "available"), "<nextToken>page-2</nextToken>"
		if second {
			items, next = endpoint("ecr.dkr", "Interface", "Available")+endpoint("logs", "Interface", "pending")+endpoint("ssm", "Interface", "failed"), ""
		}
		return "<DescribeVpcEndpointsResponse><vpcEndpointSet>" + items + "</vpcEndpointSet>" + next + "</DescribeVpcEndpointsResponse>"
	})
	endpoints, err := newInspector().EndpointsOfVPC(t.Context(), testLocation, "vpc-1")
	if err != nil {
		t.Fatal(err)
	}
	want := []Endpoint{{ID: "vpce-s3", Service: "s3", Gateway: true}, {ID: "vpce-ecr.dkr", Service: "ecr.dkr"}}
	if diff := cmp.Diff(want, endpoints); diff != "" {
		t.Errorf("endpoints differ (-want +got):\n%s", diff)
	}
}

// What the local ECS has no rules of.
func TestSourcesOf_AllProtocolsAndPrefixLists_AreAdmitted(t *testing.T) {
	answerInPages(t, func(string, bool) string {
		return `<DescribeSecurityGroupsResponse><securityGroupInfo><item><ipPermissions>
			<item><ipProtocol>-1</ipProtocol><ipRanges><item><cidrIp>10.0.0.0/8</cidrIp></item></ipRanges></item>
			<item><ipProtocol>udp</ipProtocol><fromPort>1</fromPort><toPort>65535</toPort><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item>
			<item><ipProtocol>tcp</ipProtocol><fromPort>22</fromPort><toPort>22</toPort><prefixListIds><item><prefixListId>pl-1</prefixListId></item></prefixListIds></item>
			</ipPermissions></item></securityGroupInfo></DescribeSecurityGroupsResponse>`
	})
	sources, err := newInspector().SourcesOf(t.Context(), testLocation, []string{"sg-a"}, 22)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Source{{CIDR: "10.0.0.0/8"}, {PrefixList: "pl-1"}}, sources); diff != "" {
		t.Errorf("sources differ (-want +got):\n%s", diff)
	}
}
