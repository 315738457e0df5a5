package main

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"
)

// start adds the controllers to a running manager once the API server is there. Until then the manager answers its probes.
type start struct {
	wiring *wiring
	mgr    ctrl.Manager
	wait   *apiServerWait
}

// Start waits as long as it takes. It returns an error if the installation has no id.
func (s *start) Start(ctx context.Context) error {
	err := s.wait.until(ctx, func(ctx context.Context) (err error) {
		s.wiring.installation, err = s.wiring.options.installation(ctx, s.mgr.GetAPIReader())
		return err
	})
	if ctx.Err() != nil {
		return nil // The manager is to end.
	}
	if err != nil {
		return err
	}
	s.wiring.log.Info("This installation's tasks have its id", "installation", s.wiring.installation)
	return s.wiring.addControllers(s.mgr)
}

// NeedLeaderElection is false: a replica that does not lead yet is ready to.
func (*start) NeedLeaderElection() bool { return false }
