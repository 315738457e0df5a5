package main

import (
	"errors"
	"net/http"

	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
)

// cacheSynced is ready once the cache has seen the API server's objects.
func cacheSynced(c cache.Cache) healthz.Checker {
	return func(request *http.Request) error {
		if !c.WaitForCacheSync(request.Context()) {
			return errors.New("the cache has not synced yet")
		}
		return nil
	}
}
