// Package iam reads and evaluates identity-based AWS IAM policies. It knows the
// part of the language that the policies of this project use; anything else in a
// policy is an error, so that it never allows by mistake.
package iam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Version is the version of the policy language.
const Version = "2012-10-17"

// The effects of a statement.
const (
	Allow = "Allow"
	Deny  = "Deny"
)

// Policy is an identity-based policy.
type Policy struct {
	Version   string
	Statement []Statement
}

// Statement allows or denies actions on resources. Actions and resources may
// have the wildcards * and ?.
type Statement struct {
	Sid      string `json:",omitempty"`
	Effect   string
	Action   []string
	Resource []string
	// Condition has the values that each condition key may have, by operator.
	Condition map[string]map[string][]string `json:",omitempty"`
}

// Parse reads a policy. Actions, resources and the values of conditions must be
// lists.
func Parse(document []byte) (*Policy, error) {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.DisallowUnknownFields()
	var policy Policy
	if err := decoder.Decode(&policy); err != nil {
		return nil, fmt.Errorf("reading the IAM policy: %w", err)
	}
	if policy.Version != Version {
		return nil, fmt.Errorf("reading the IAM policy: Version is %q, it must be %q", policy.Version, Version)
	}
	for i := range policy.Statement {
		if err := policy.Statement[i].check(); err != nil {
			return nil, fmt.Errorf("reading the IAM policy: Statement[%d]: %w", i, err)
		}
	}
	return &policy, nil
}

func (s *Statement) check() error {
	switch {
	case s.Effect != Allow && s.Effect != Deny:
		return fmt.Errorf("the Effect is %q, it must be %s or %s", s.Effect, Allow, Deny)
	case len(s.Action) == 0:
		return errors.New("the Action is empty, name at least one")
	case len(s.Resource) == 0:
		return errors.New("the Resource is empty, name at least one")
	}
	for operator := range s.Condition {
		if operators[operator] == nil {
			return fmt.Errorf("the Condition has the operator %q, which is not evaluated here: add it to package iam", operator)
		}
	}
	return nil
}
