package classcheck

import (
	"maps"
	"slices"
	"strings"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

func checkNetwork(t *v1alpha1.TaskTemplate, f *Findings) Outcome {
	if f.NetworkErr != nil {
		return refused(f.NetworkErr)
	}
	var problems []Problem
	if missing := without(t.Network.Subnets, f.Subnets); len(missing) > 0 {
		problems = append(problems, problemf(v1alpha1.ReasonSubnetNotFound,
			"region %s does not have the %s: create what is missing or correct spec.network.subnets", t.Region, counted("subnet", missing)))
	}
	if missing := without(t.Network.SecurityGroups, f.Groups); len(missing) > 0 {
		problems = append(problems, problemf(v1alpha1.ReasonSecurityGroupNotFound,
			"region %s does not have the %s: create what is missing or correct spec.network.securityGroups", t.Region, counted("security group", missing)))
	}
	members := byVPC(t, f)
	if len(members) > 1 {
		var parts []string
		for _, vpc := range slices.Sorted(maps.Keys(members)) {
			parts = append(parts, vpc+" has "+text.List(members[vpc]))
		}
		problems = append(problems, problemf(v1alpha1.ReasonSeveralVPCs,
			"the subnets and security groups are in different VPCs (%s): keep those of one VPC in spec.network", strings.Join(parts, "; ")))
	}
	if len(problems) > 0 {
		return failed(problems...)
	}
	return passed("all subnets and security groups exist in %s", f.Subnets[t.Network.Subnets[0]])
}

// without returns the ids that have no VPC.
func without(ids []string, vpcs map[string]string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		_, ok := vpcs[id]
		return ok
	})
}

// byVPC returns the subnets and security groups of each VPC, in the order of
// the spec.
func byVPC(t *v1alpha1.TaskTemplate, f *Findings) map[string][]string {
	members := map[string][]string{}
	for _, id := range t.Network.Subnets {
		if vpc, ok := f.Subnets[id]; ok {
			members[vpc] = append(members[vpc], id)
		}
	}
	for _, id := range t.Network.SecurityGroups {
		if vpc, ok := f.Groups[id]; ok {
			members[vpc] = append(members[vpc], id)
		}
	}
	return members
}
