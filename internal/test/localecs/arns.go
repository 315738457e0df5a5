package localecs

import (
	"strings"

	"github.com/google/uuid"
)

const defaultCluster = "default"

// arn returns the ARN of an ECS resource such as "cluster/default".
func (s *Server) arn(resource string) string {
	return "arn:aws:ecs:" + s.config.Region + ":" + s.config.Account + ":" + resource
}

// resource is the reverse of arn. It reports false for anything that is not an
// ARN of this account and Region.
func (s *Server) resource(arn string) (resource string, ok bool) {
	return strings.CutPrefix(arn, s.arn(""))
}

// clusterName resolves a cluster's name or ARN; none means the default cluster.
func (s *Server) clusterName(reference *string) (name string, ok bool) {
	if reference == nil || *reference == "" {
		return defaultCluster, true
	}
	if !strings.HasPrefix(*reference, "arn:") {
		return *reference, true
	}
	return strings.CutPrefix(*reference, s.arn("cluster/"))
}

// newID returns 32 random hexadecimal digits, the form of a task's id.
func newID() string { return strings.ReplaceAll(uuid.NewString(), "-", "") }
