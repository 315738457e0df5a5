package localecs

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const vpcID = "vpc-local"

// Quotas of an awsvpc network configuration, from its API reference.
const (
	maxSubnets        = 16
	maxSecurityGroups = 5
)

// network is the account's only VPC.
type network struct {
	subnets        []Subnet
	securityGroups []string
	addresses      *addresses

	mu         sync.Mutex
	interfaces map[string]*networkInterface
}

// networkInterface is a task's elastic network interface. It never changes.
type networkInterface struct {
	id           string
	attachmentID string
	mac          string
	subnet       Subnet
	groups       []string
	private      netip.Addr
	public       netip.Addr // the zero Addr without a public address
}

func newNetwork(subnets []Subnet, securityGroups []string, from addressRange) (*network, error) {
	var problems []error
	for _, subnet := range subnets {
		if !strings.HasPrefix(subnet.ID, "subnet-") || subnet.Zone == "" {
			problems = append(problems, fmt.Errorf("subnet %q in zone %q: the id must begin with subnet- and the zone must not be empty",
				subnet.ID, subnet.Zone))
		}
	}
	for _, group := range securityGroups {
		if !strings.HasPrefix(group, "sg-") {
			problems = append(problems, fmt.Errorf("security group %q: the id must begin with sg-", group))
		}
	}
	return &network{
		subnets:        subnets,
		securityGroups: securityGroups,
		addresses:      newAddresses(from),
		interfaces:     make(map[string]*networkInterface),
	}, errors.Join(problems...)
}

// taskNetwork is where a task's network interface will be.
type taskNetwork struct {
	subnet Subnet
	groups []string
	public bool
}

// resolve checks a RunTask request's network configuration. Tasks start in the
// first of several subnets.
func (n *network) resolve(configuration *types.NetworkConfiguration) (taskNetwork, error) {
	if configuration == nil || configuration.AwsvpcConfiguration == nil {
		return taskNetwork{}, invalidParameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
	}
	vpc := configuration.AwsvpcConfiguration
	switch {
	case len(vpc.Subnets) == 0:
		return taskNetwork{}, invalidParameter("subnets can not be empty.")
	case len(vpc.Subnets) > maxSubnets:
		return taskNetwork{}, invalidParameter("subnets can have at most %d items.", maxSubnets)
	case len(vpc.SecurityGroups) > maxSecurityGroups:
		return taskNetwork{}, invalidParameter("securityGroups can have at most %d items.", maxSecurityGroups)
	}
	for _, id := range vpc.Subnets {
		if _, ok := n.subnet(id); !ok {
			return taskNetwork{}, invalidParameter("Error retrieving subnet information for [%s]: "+
				"The subnet ID '%s' does not exist (ErrorCode: InvalidSubnetID.NotFound)", id, id)
		}
	}
	for _, id := range vpc.SecurityGroups {
		if !slices.Contains(n.securityGroups, id) {
			return taskNetwork{}, invalidParameter("Error retrieving security group information for [%s]: "+
				"The security group '%s' does not exist (ErrorCode: InvalidGroup.NotFound)", id, id)
		}
	}
	first, _ := n.subnet(vpc.Subnets[0])
	return taskNetwork{
		subnet: first,
		groups: slices.Clone(vpc.SecurityGroups),
		public: vpc.AssignPublicIp == types.AssignPublicIpEnabled,
	}, nil
}

func (n *network) subnet(id string) (Subnet, bool) {
	i := slices.IndexFunc(n.subnets, func(s Subnet) bool { return s.ID == id })
	if i < 0 {
		return Subnet{}, false
	}
	return n.subnets[i], true
}

// attach creates a task's network interface.
func (n *network) attach(attachmentID string, wanted taskNetwork) *networkInterface {
	private, public := n.addresses.take()
	bytes := private.As4()
	eni := &networkInterface{
		id:           "eni-" + newID()[:17],
		attachmentID: attachmentID,
		mac:          fmt.Sprintf("0a:00:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2], bytes[3]),
		subnet:       wanted.subnet,
		groups:       wanted.groups,
		private:      private,
	}
	if wanted.public {
		eni.public = public
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.interfaces[eni.id] = eni
	return eni
}

// detach deletes a task's network interface.
func (n *network) detach(eni *networkInterface) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.interfaces, eni.id)
}

// privateDNSName is the name that the VPC gives to the private address.
func (i *networkInterface) privateDNSName() string {
	return "ip-" + strings.ReplaceAll(i.private.String(), ".", "-") + ".ec2.internal"
}

// addresses lists what the task's containers can listen on.
func (i *networkInterface) addresses() []string {
	var addresses []string
	for _, address := range i.ips() {
		addresses = append(addresses, address.String())
	}
	return addresses
}

func (i *networkInterface) ips() []netip.Addr {
	if i.public.IsValid() {
		return []netip.Addr{i.private, i.public}
	}
	return []netip.Addr{i.private}
}
