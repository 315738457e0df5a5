package ecs

import (
	"hash/fnv"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// Slots returns how many different places a template has for a task: each
// subnet under each placement. After that many attempts all have been tried
// once.
func Slots(template *v1alpha1.TaskTemplate) int32 {
	return int32(len(template.Network.Subnets) * max(1, len(template.Capacity))) //nolint:gosec // at most 16 × 8
}

// slot is the subnet and the placement of this attempt: every subnet of the
// first placement, then of the next. Jobs begin at different subnets, so that
// they spread over the zones.
func (l Launch) slot() (subnet, placement int) {
	subnets := len(l.Template.Network.Subnets)
	attempt := int(l.Attempt - 1)
	subnet = (spread(l.Owner.UID, subnets) + attempt) % subnets
	return subnet, attempt / subnets % max(1, len(l.Template.Capacity))
}

func spread(uid string, n int) int {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(uid))
	return int(hash.Sum32() % uint32(n)) //nolint:gosec // at most 16
}
