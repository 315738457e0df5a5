package main

import (
	"fmt"

	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/fargate-operator/fargate-operator/internal/proxy"
	"github.com/fargate-operator/fargate-operator/internal/version"
)

// apiServer says how to reach the API server: from --kubeconfig, KUBECONFIG or
// the pod's service account.
func apiServer() (*rest.Config, error) {
	config, err := ctrl.GetConfig()
	if err != nil {
		return nil, fmt.Errorf("finding the API server: %w", err)
	}
	config.UserAgent = version.UserAgent("fargate-operator")
	// The API server's own priority and fairness limits us.
	config.QPS = -1
	if config.Proxy == nil { // Otherwise the environment's proxy is not used.
		config.Wrap(proxy.Naming)
	}
	return config, nil
}
