package main

import (
	"fmt"
	"slices"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/iam"
)

// check makes sure that permissions has exactly these calls.
func check(calls []string) error {
	for _, call := range calls {
		if _, known := permissions[call]; !known {
			return fmt.Errorf("internal/ecs calls %s: add it to permissions in hack/iampolicy/permissions.go, with what IAM demands for it, "+
				"and to the table in docs/aws-permissions.md", call)
		}
	}
	for call := range permissions {
		if !slices.Contains(calls, call) {
			return fmt.Errorf("internal/ecs no longer calls %s: remove it from permissions in hack/iampolicy/permissions.go "+
				"and from the table in docs/aws-permissions.md", call)
		}
	}
	return nil
}

// policy is a policy for the calls given.
func policy(name string, calls []string) *iam.Policy {
	p := &iam.Policy{Version: iam.Version}
	for _, part := range statements {
		if !slices.Contains(part.policies, name) {
			continue
		}
		s := part.Statement
		s.Effect, s.Action = iam.Allow, actions(s.Sid, calls)
		p.Statement = append(p.Statement, s)
	}
	return p
}

// actions are what a statement allows for the calls, sorted.
func actions(sid string, calls []string) []string {
	var found []string
	for _, call := range calls {
		for _, p := range permissions[call] {
			if p.sid == sid {
				found = append(found, p.action)
			}
		}
	}
	slices.Sort(found)
	return found
}
