package ecs

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

func TestRoles_NotAllowed_IsRefusedBeforeAnyCall(t *testing.T) {
	const allowed, other = "arn:aws:iam::123456789012:role/ci-team-a", "arn:aws:iam::123456789012:role/admin"
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for name, test := range map[string]struct {
		roles *Roles
		role  string
		want  bool
	}{
		"no role":         {&Roles{}, "", true},
		"none allowed":    {&Roles{}, allowed, false},
		"allowed":         {&Roles{Allowed: []string{allowed}}, allowed, true},
		"pattern":         {&Roles{Allowed: []string{"arn:aws:iam::123456789012:role/ci-*"}}, allowed, true},
		"another":         {&Roles{Allowed: []string{"arn:aws:iam::123456789012:role/ci-*"}}, other, false},
		"part of another": {&Roles{Allowed: []string{"arn:aws:iam::123456789012:role/ad"}}, other, false},
		"no rules":        {nil, other, true},
	} {
		_, err := (&Clients{Roles: test.roles}).at(t.Context(), Location{Region: "us-east-1", AssumeRoleARN: test.role})
		if got := err == nil; got != test.want {
			t.Errorf("%s: error %v, want allowed %t", name, err, test.want)
		}
		var fault *Error
		if !test.want && (!errors.As(err, &fault) || fault.Class != Terminal || fault.Reason != v1alpha1.ReasonAccessDenied ||
			!strings.Contains(fault.Message, test.role) || !strings.Contains(fault.Message, "--allowed-assume-roles")) {
			t.Errorf("%s: got %v, want a refusal that names the role and the flag", name, err)
		}
	}
}

// recordingRoles keeps the last request to assume a role.
type recordingRoles struct{ last *sts.AssumeRoleInput }

func (r *recordingRoles) AssumeRole(_ context.Context, in *sts.AssumeRoleInput, _ ...func(*sts.Options)) (*sts.AssumeRoleOutput, error) {
	r.last = in
	return nil, errors.New("recorded")
}

func TestRoles_AreAssumedWithSessionAndExternalID(t *testing.T) {
	for _, test := range []struct {
		roles               *Roles
		session, externalID string
	}{
		{nil, "fargate-operator", ""},
		{&Roles{Session: "op"}, "fargate-operator-op", ""},
		{&Roles{Session: "op", ExternalID: "secret-of-both"}, "fargate-operator-op", "secret-of-both"},
	} {
		api := &recordingRoles{}
		if _, err := test.roles.credentials(api, "arn:aws:iam::123456789012:role/ci").Retrieve(t.Context()); err == nil {
			t.Fatal("the role was assumed")
		}
		if got := aws.ToString(api.last.RoleSessionName); got != test.session {
			t.Errorf("session %q, want %q", got, test.session)
		}
		if got := aws.ToString(api.last.ExternalId); got != test.externalID {
			t.Errorf("external id %q, want %q", got, test.externalID)
		}
	}
}

func TestRoles_SessionNamesWhoActs(t *testing.T) {
	for session, want := range map[string]string{
		"":                       "fargate-operator",
		"op":                     "fargate-operator-op",
		"a b/c":                  "fargate-operator-a-b-c",
		strings.Repeat("x", 100): "fargate-operator-" + strings.Repeat("x", 47),
	} {
		if got := (&Roles{Session: session}).session(); got != want {
			t.Errorf("session %q is called %q, want %q", session, got, want)
		}
	}
	if got := (*Roles)(nil).session(); got != "fargate-operator" {
		t.Errorf("without rules the session is called %q", got)
	}
}
