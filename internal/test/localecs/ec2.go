package localecs

import (
	"encoding/xml"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// interfaceFilter is the only filter that DescribeNetworkInterfaces knows here.
const interfaceFilter = "network-interface-id"

type ec2Group struct {
	ID   string `xml:"groupId"`
	Name string `xml:"groupName"`
}

type ec2Association struct {
	PublicIP      string `xml:"publicIp"`
	PublicDNSName string `xml:"publicDnsName"`
	OwnerID       string `xml:"ipOwnerId"`
}

type ec2Interface struct {
	ID               string          `xml:"networkInterfaceId"`
	SubnetID         string          `xml:"subnetId"`
	VPCID            string          `xml:"vpcId"`
	Zone             string          `xml:"availabilityZone"`
	Description      string          `xml:"description"`
	OwnerID          string          `xml:"ownerId"`
	RequesterManaged bool            `xml:"requesterManaged"`
	Status           string          `xml:"status"`
	MAC              string          `xml:"macAddress"`
	PrivateIP        string          `xml:"privateIpAddress"`
	PrivateDNSName   string          `xml:"privateDnsName"`
	Groups           []ec2Group      `xml:"groupSet>item"`
	Association      *ec2Association `xml:"association"`
	InterfaceType    string          `xml:"interfaceType"`
}

type ec2Interfaces struct {
	XMLName xml.Name       `xml:"networkInterfaceSet"`
	Items   []ec2Interface `xml:"item"`
}

type ec2Subnet struct {
	ID    string `xml:"subnetId"`
	State string `xml:"state"`
	VPCID string `xml:"vpcId"`
	Zone  string `xml:"availabilityZone"`
}

type ec2Subnets struct {
	XMLName xml.Name    `xml:"subnetSet"`
	Items   []ec2Subnet `xml:"item"`
}

type ec2SecurityGroup struct {
	ec2Group
	OwnerID string          `xml:"ownerId"`
	VPCID   string          `xml:"vpcId"`
	Ingress []ec2Permission `xml:"ipPermissions>item"`
}

type ec2SecurityGroups struct {
	XMLName xml.Name           `xml:"securityGroupInfo"`
	Items   []ec2SecurityGroup `xml:"item"`
}

// describeNetworkInterfaces fails as a whole when one of the ids is unknown. The
// filter leaves unknown ids out instead. The answer is always one page.
func (s *Server) describeNetworkInterfaces(form url.Values) (any, error) {
	n := s.network
	n.mu.Lock()
	defer n.mu.Unlock()
	ids := formList(form, "NetworkInterfaceId")
	for _, id := range ids {
		if n.interfaces[id] == nil {
			return nil, &APIError{
				Code:    "InvalidNetworkInterfaceID.NotFound",
				Message: "The networkInterface ID '" + id + "' does not exist",
			}
		}
	}
	if len(ids) == 0 {
		ids = slices.Sorted(maps.Keys(n.interfaces))
	}
	wanted, err := interfaceIDFilter(form)
	if err != nil {
		return nil, err
	}
	set := ec2Interfaces{}
	for _, id := range ids {
		if wanted == nil || slices.Contains(wanted, id) {
			set.Items = append(set.Items, s.interfaceView(n.interfaces[id]))
		}
	}
	return set, nil
}

// interfaceIDFilter returns the filter's values, or nil without a filter.
func interfaceIDFilter(form url.Values) ([]string, error) {
	var wanted []string
	for i := 1; form.Has("Filter." + strconv.Itoa(i) + ".Name"); i++ {
		filter := "Filter." + strconv.Itoa(i)
		if name := form.Get(filter + ".Name"); name != interfaceFilter || i > 1 {
			return nil, invalidFilter(name)
		}
		wanted = append([]string{}, formList(form, filter+".Value")...)
	}
	return wanted, nil
}

func (s *Server) interfaceView(eni *networkInterface) ec2Interface {
	view := ec2Interface{
		ID:               eni.id,
		SubnetID:         eni.subnet.ID,
		VPCID:            vpcID,
		Zone:             s.zone(eni.subnet),
		Description:      s.arn("attachment/" + eni.attachmentID),
		OwnerID:          s.config.Account,
		RequesterManaged: true,
		Status:           "in-use",
		MAC:              eni.mac,
		PrivateIP:        eni.private.String(),
		PrivateDNSName:   eni.privateDNSName(),
		InterfaceType:    "interface",
	}
	for _, group := range eni.groups {
		view.Groups = append(view.Groups, ec2Group{group, group})
	}
	if eni.public.IsValid() {
		public := eni.public.String()
		view.Association = &ec2Association{
			PublicIP:      public,
			PublicDNSName: "ec2-" + strings.ReplaceAll(public, ".", "-") + ".compute-1.amazonaws.com",
			OwnerID:       "amazon",
		}
	}
	return view
}

// zone is the name of the subnet's Availability Zone, such as "us-east-1a".
func (s *Server) zone(subnet Subnet) string { return s.config.Region + subnet.Zone }

func (s *Server) describeSubnets(form url.Values) (any, error) {
	if form.Has("Filter.1.Name") {
		return nil, invalidFilter(form.Get("Filter.1.Name"))
	}
	ids := formList(form, "SubnetId")
	for _, id := range ids {
		if _, ok := s.network.subnet(id); !ok {
			return nil, &APIError{Code: "InvalidSubnetID.NotFound", Message: "The subnet ID '" + id + "' does not exist"}
		}
	}
	set := ec2Subnets{}
	for _, subnet := range s.network.subnets {
		if len(ids) == 0 || slices.Contains(ids, subnet.ID) {
			set.Items = append(set.Items, ec2Subnet{ID: subnet.ID, State: "available", VPCID: vpcID, Zone: s.zone(subnet)})
		}
	}
	return set, nil
}

func (s *Server) describeSecurityGroups(form url.Values) (any, error) {
	if form.Has("Filter.1.Name") {
		return nil, invalidFilter(form.Get("Filter.1.Name"))
	}
	ids := formList(form, "GroupId")
	for _, id := range ids {
		if !slices.Contains(s.network.securityGroups, id) {
			return nil, &APIError{Code: "InvalidGroup.NotFound", Message: "The security group '" + id + "' does not exist"}
		}
	}
	set := ec2SecurityGroups{}
	for _, id := range s.network.securityGroups {
		if len(ids) == 0 || slices.Contains(ids, id) {
			set.Items = append(set.Items, ec2SecurityGroup{ec2Group{id, id}, s.config.Account, vpcID, s.ingress(id)})
		}
	}
	return set, nil
}

// invalidFilter refuses a filter that would otherwise be silently ignored.
func invalidFilter(name string) *APIError {
	return &APIError{Code: "InvalidParameterValue", Message: "The filter '" + name + "' is invalid"}
}
