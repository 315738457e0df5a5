package localecs

import (
	"fmt"
	"net/http"
	"regexp"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/iam"
)

// SetPolicy limits the caller with an access key to what a policy allows, from
// the next call on. A caller without a policy may do everything.
func (s *Server) SetPolicy(accessKey string, policy *iam.Policy) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.policies[accessKey] = policy
}

// credential finds the access key in a Signature Version 4 header.
var credential = regexp.MustCompile(`Credential=([^/]+)/`)

func accessKey(r *http.Request) string {
	if found := credential.FindStringSubmatch(r.Header.Get("Authorization")); found != nil {
		return found[1]
	}
	return ""
}

// authorize refuses a call that the caller's policy does not allow.
func (s *Server) authorize(p protocol, c call) error {
	s.mu.Lock()
	policy := s.policies[c.caller]
	s.mu.Unlock()
	if policy == nil {
		return nil
	}
	requests, err := p.permissions(s, c)
	if err != nil {
		return err
	}
	for _, request := range requests {
		if decision := policy.Evaluate(request); decision != iam.Allowed {
			return p.denied(s.refusal(c.caller, request, decision))
		}
	}
	return nil
}

// refusal is AWS's message about a missing permission. Source: "Troubleshoot
// access denied error messages" in the IAM user guide.
func (s *Server) refusal(caller string, request iam.Request, decision iam.Decision) string {
	why := fmt.Sprintf("because no identity-based policy allows the %s action", request.Action)
	if decision == iam.ExplicitlyDenied {
		why = "with an explicit deny in an identity-based policy"
	}
	return fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s %s",
		s.callerARN(caller), request.Action, request.Resource, why)
}
