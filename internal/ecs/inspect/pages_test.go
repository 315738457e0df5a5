package inspect

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
func routeTable(subnet, way string) string {
	association := "<subnetId>" + subnet + "</subnetId>"
	if subnet == "" {
		association = "<main>true</main>"
	}
	return fmt.Sprintf(`<item><associationSet><item>%s</item></associationSet><routeSet>
		<item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId></item>%s</routeSet></item>`, association, way)
}

func TestWaysOut_TwoPagesOfRouteTables_KnowTheMainAndTheSubnets(t *testing.T) {
	const route = "<item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock>%s</item>"
	answerInPages(t, func(_ string, second bool) string {
		tables, next := routeTable("", fmt.Sprintf(route, "<gatewayId>igw-1</gatewayId>")), "<nextToken>page-2</nextToken>"
		if second {
			next = ""
			tables = routeTable("subnet-b", fmt.Sprintf(route, "<natGatewayId>nat-1</natGatewayId>")) +
				routeTable("subnet-c", fmt.Sprintf(route, "<natGatewayId>nat-2</natGatewayId><state>blackhole</state>")) +
				routeTable("subnet-d", fmt.Sprintf(route, "<transitGatewayId>tgw-1</transitGatewayId>"))
		}
		return "<DescribeRouteTablesResponse><routeTableSet>" + tables + "</routeTableSet>" + next + "</DescribeRouteTablesResponse>"
	})
	ways, err := newInspector().WaysOut(t.Context(), testLocation, "vpc-1", []string{"subnet-a", "subnet-b", "subnet-c", "subnet-d"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"subnet-a": "igw-1", "subnet-b": "nat-1", "subnet-c": "", "subnet-d": "tgw-1"}
	if diff := cmp.Diff(want, ways); diff != "" {
		t.Errorf("ways out differ (-want +got):\n%s", diff)
	}
}

func TestEndpointsOfVPC_TwoPages_AreAllNamed(t *testing.T) {
	answerInPages(t, func(_ string, second bool) string {
		service, next := "s3", "<nextToken>page-2</nextToken>"
		if second {
			service, next = "ecr.dkr", ""
		}
		return "<DescribeVpcEndpointsResponse><vpcEndpointSet><item><serviceName>com.amazonaws.us-east-1." + service +
			"</serviceName></item></vpcEndpointSet>" + next + "</DescribeVpcEndpointsResponse>"
	})
	endpoints, err := newInspector().EndpointsOfVPC(t.Context(), testLocation, "vpc-1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"s3", "ecr.dkr"}, endpoints); diff != "" {
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
