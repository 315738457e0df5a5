package registry

import (
	"fmt"

	"github.com/fargate-operator/fargate-operator/internal/image"
	"github.com/fargate-operator/fargate-operator/internal/taskrules"
)

// Allowed lets secrets be sent to a registry. It comes from an administrator: who
// writes a class is not always who may decide which secrets the controller reads,
// and who gets them.
type Allowed struct {
	// ARNs is a pattern of taskrules.Matches for the secrets.
	ARNs string
	// Host is the registry, with its port if it is not 443.
	Host string
}

// checkAllowed returns the list with hosts as the names of images have them.
func checkAllowed(list []Allowed) ([]Allowed, error) {
	checked := make([]Allowed, 0, len(list))
	for _, a := range list {
		all, err := image.ParseRepositories(a.Host + "/**")
		if err != nil {
			return nil, fmt.Errorf("the registry that may get the secrets %s: %w", a.ARNs, err)
		}
		checked = append(checked, Allowed{ARNs: a.ARNs, Host: all.Host()})
	}
	return checked, nil
}

// check refuses a secret that is not allowed for its registry.
func (l *Logins) check(s secret) error {
	for _, a := range l.allowed {
		if a.Host == s.images.Host() && taskrules.Matches([]string{a.ARNs}, s.arn) {
			return nil
		}
	}
	return fmt.Errorf("the secret %s may not be sent to %s: an administrator has to allow that", s.arn, s.images.Host())
}
