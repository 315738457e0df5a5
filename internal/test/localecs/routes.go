package localecs

import (
	"encoding/xml"
	"net/url"
	"slices"
	"strings"
)

type ec2Route struct {
	Destination string `xml:"destinationCidrBlock"`
	GatewayID   string `xml:"gatewayId,omitempty"`
	NATID       string `xml:"natGatewayId,omitempty"`
	State       string `xml:"state"`
}

type ec2RouteAssociation struct {
	SubnetID string `xml:"subnetId,omitempty"`
	Main     bool   `xml:"main"`
}

type ec2RouteTable struct {
	ID           string                `xml:"routeTableId"`
	VPCID        string                `xml:"vpcId"`
	Routes       []ec2Route            `xml:"routeSet>item"`
	Associations []ec2RouteAssociation `xml:"associationSet>item"`
}

type ec2RouteTables struct {
	XMLName xml.Name        `xml:"routeTableSet"`
	Items   []ec2RouteTable `xml:"item"`
}

type ec2Endpoint struct {
	ID      string `xml:"vpcEndpointId"`
	VPCID   string `xml:"vpcId"`
	Service string `xml:"serviceName"`
	State   string `xml:"state"`
}

type ec2Endpoints struct {
	XMLName xml.Name      `xml:"vpcEndpointSet"`
	Items   []ec2Endpoint `xml:"item"`
}

// describeRouteTables has the first subnet's way in the VPC's main table. A
// subnet with another way has its own table.
func (s *Server) describeRouteTables(form url.Values) (any, error) {
	if err := onlyVPC(form); err != nil {
		return nil, err
	}
	set := ec2RouteTables{}
	for i, subnet := range s.network.subnets {
		if i > 0 && subnet.Way == s.network.subnets[0].Way {
			continue
		}
		association := ec2RouteAssociation{SubnetID: subnet.ID}
		if i == 0 {
			association = ec2RouteAssociation{Main: true}
		}
		set.Items = append(set.Items, ec2RouteTable{
			ID: strings.Replace(subnet.ID, "subnet-", "rtb-", 1), VPCID: vpcID,
			Routes: routes(subnet), Associations: []ec2RouteAssociation{association},
		})
	}
	return set, nil
}

func routes(subnet Subnet) []ec2Route {
	routes := []ec2Route{{Destination: "10.0.0.0/16", GatewayID: "local", State: "active"}}
	way := ec2Route{Destination: "0.0.0.0/0", State: "active"}
	switch {
	case subnet.Way == "":
		return routes
	case strings.HasPrefix(subnet.Way, "nat-"):
		way.NATID = subnet.Way
	default:
		way.GatewayID = subnet.Way
	}
	return append(routes, way)
}

func (s *Server) describeVPCEndpoints(form url.Values) (any, error) {
	if err := onlyVPC(form); err != nil {
		return nil, err
	}
	set := ec2Endpoints{}
	for _, service := range s.config.Endpoints {
		set.Items = append(set.Items, ec2Endpoint{
			ID: "vpce-" + service, VPCID: vpcID, Service: "com.amazonaws." + s.config.Region + "." + service, State: "available",
		})
	}
	return set, nil
}

// onlyVPC refuses every filter except the one for the VPC.
func onlyVPC(form url.Values) error {
	name := form.Get("Filter.1.Name")
	if form.Has("Filter.2.Name") || name != "vpc-id" || !slices.Equal(formList(form, "Filter.1.Value"), []string{vpcID}) {
		return invalidFilter(name)
	}
	return nil
}
