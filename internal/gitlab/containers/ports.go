package containers

import (
	"fmt"
	"slices"
)

// CheckPorts returns a *gitlab.BuildFailure if two services listen on the same
// port, or one on the gateway's: all containers of a task share one network.
// exposed are the TCP ports that the services' images expose, in the order of the
// services. They count for services without HEALTHCHECK_TCP_PORT.
func (c Containers) CheckPorts(gateway int, exposed [][]int) error {
	var problems []error
	users := map[int]*Service{}
	for i := range c.Services {
		service := &c.Services[i]
		for _, port := range service.ports(exposed[i]) {
			if err := conflict(service, users[port], port, gateway); err != nil {
				problems = append(problems, err)
			}
			users[port] = service
		}
	}
	return buildFailure(problems)
}

func (s *Service) ports(exposed []int) []int {
	if s.declared && s.HealthPort != 0 {
		return []int{s.HealthPort}
	}
	return slices.Compact(slices.Sorted(slices.Values(exposed)))
}

func conflict(service, other *Service, port, gateway int) error {
	const fix = "have it listen on another port, and name that port in its variables as " + healthVariable
	switch {
	case port == gateway:
		return fmt.Errorf("%s listens on port %d, which the task itself needs for SSH: %s", service.label(), port, fix)
	case other != nil:
		return fmt.Errorf("%s listens on port %d, and so does %s: all services of a job share one network, %s", service.label(), port, other.label(), fix)
	}
	return nil
}
