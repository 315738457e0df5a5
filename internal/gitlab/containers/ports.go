package containers

import (
	"fmt"
	"slices"
)

// CheckPorts returns a *gitlab.BuildFailure if two services listen on the same
// port, or one on the gateway's: all containers of a task share one network. A
// service listens for certain where its variables say so with
// HEALTHCHECK_TCP_PORT. What images expose is a guess, for services without it: a
// port that may be another's too is a sentence for the job log. images are in the
// order of the services; those that are not known are nil or missing.
func (c Containers) CheckPorts(gateway int, images []*ImageConfig) (notes []string, err error) {
	var problems []error
	users := map[int]portUser{gateway: {label: "the task's SSH server", certain: true}}
	for i := range c.Services {
		service := &c.Services[i]
		ports, certain := service.ports(configOf(images, i))
		user := portUser{label: service.label(), certain: certain}
		for _, port := range ports {
			other, taken := users[port]
			switch {
			case taken && certain && other.certain:
				problems = append(problems, fmt.Errorf("%s listens on port %d, and so does %s: all containers of a task share one network, %s", user.label, port, other.label, portFix))
			case taken:
				notes = append(notes, fmt.Sprintf("%s and %s may both need port %d, and all containers of a task share one network: if one of them cannot start, %s", other.label, user.label, port, portFix))
			}
			if !other.certain {
				users[port] = user
			}
		}
	}
	return notes, buildFailure(problems)
}

// portFix ends a sentence about a port that two containers need.
const portFix = "have the service listen on another port, and name that port in its variables as " + healthVariable

// portUser is who listens on a port, or who may if that is not certain.
type portUser struct {
	label   string
	certain bool
}

// ports are where the service listens, and whether that is certain.
func (s *Service) ports(image *ImageConfig) (ports []int, certain bool) {
	switch {
	case s.declared && s.HealthPort != 0:
		return []int{s.HealthPort}, true
	case image == nil:
		return nil, false
	}
	for _, port := range image.TCPPorts {
		ports = append(ports, int(port))
	}
	slices.Sort(ports)
	return slices.Compact(ports), false
}
