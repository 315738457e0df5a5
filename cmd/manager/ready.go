package main

import (
	"errors"
	"fmt"
	"net/http"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
)

// addProbes adds what the kubelet asks: a manager that waits for the API server is alive, but not ready.
func addProbes(mgr ctrl.Manager, wait *apiServerWait) error {
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return fmt.Errorf("adding the liveness probe: %w", err)
	}
	for name, check := range map[string]healthz.Checker{"api-server": wait.check, "cache": cacheSynced(mgr.GetCache())} {
		if err := mgr.AddReadyzCheck(name, check); err != nil {
			return fmt.Errorf("adding the readiness probe %s: %w", name, err)
		}
	}
	return nil
}

// cacheSynced is ready once the cache has seen the API server's objects.
func cacheSynced(c cache.Cache) healthz.Checker {
	return func(request *http.Request) error {
		if !c.WaitForCacheSync(request.Context()) {
			return errors.New("the cache has not synced yet")
		}
		return nil
	}
}
