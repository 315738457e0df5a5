package localecs

import (
	"strings"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/oci"
)

type ec2Permission struct {
	Protocol string          `xml:"ipProtocol"`
	First    int32           `xml:"fromPort"`
	Last     int32           `xml:"toPort"`
	Ranges   []ec2IPRange    `xml:"ipRanges>item"`
	Groups   []ec2GroupOfOwn `xml:"groups>item"`
}

type ec2IPRange struct {
	CIDR string `xml:"cidrIp"`
}

type ec2GroupOfOwn struct {
	ID      string `xml:"groupId"`
	OwnerID string `xml:"userId"`
}

// thisMachine is the rule of a group that has none in the Config.
func (s *Server) thisMachine() Rule {
	rule := Rule{First: 1, Last: 65535, From: "127.0.0.0/8"}
	if s.runtime != nil {
		rule.From = oci.Gateway.String() + "/32"
	}
	return rule
}

// ingress shows a group's rules.
func (s *Server) ingress(group string) []ec2Permission {
	rules, ok := s.config.Ingress[group]
	if !ok {
		rules = []Rule{s.thisMachine()}
	}
	permissions := make([]ec2Permission, len(rules))
	for i, rule := range rules {
		permissions[i] = ec2Permission{Protocol: "tcp", First: rule.First, Last: rule.Last}
		if strings.HasPrefix(rule.From, "sg-") {
			permissions[i].Groups = []ec2GroupOfOwn{{ID: rule.From, OwnerID: s.config.Account}}
		} else {
			permissions[i].Ranges = []ec2IPRange{{CIDR: rule.From}}
		}
	}
	return permissions
}
