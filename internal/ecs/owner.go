package ecs

import "strings"

// startedByPrefix marks this program's tasks in startedBy.
const startedByPrefix = "fargate-operator/"

// Owner identifies a job's task to ECS, in startedBy: at most 128 letters,
// digits, '-', '/' and '_'.
type Owner struct {
	// Installation is the UID of the installation that keeps the jobs, so that
	// two installations that share an ECS cluster leave each other's tasks
	// alone.
	Installation string
	// UID is the job's.
	UID string
}

func (o Owner) startedBy() string {
	return startedByPrefix + o.Installation + "/" + o.UID
}

// parseOwner is the inverse of startedBy.
func parseOwner(startedBy string) (Owner, bool) {
	rest, ok := strings.CutPrefix(startedBy, startedByPrefix)
	if !ok {
		return Owner{}, false
	}
	installation, uid, ok := strings.Cut(rest, "/")
	return Owner{Installation: installation, UID: uid}, ok
}
