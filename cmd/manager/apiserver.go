package main

import (
	"flag"
	"fmt"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	ctrl "sigs.k8s.io/controller-runtime"
	ctrlconfig "sigs.k8s.io/controller-runtime/pkg/client/config"

	"github.com/fargate-operator/fargate-operator/internal/proxy"
	"github.com/fargate-operator/fargate-operator/internal/version"
)

// apiServer says how to reach the API server: from --kubeconfig, KUBECONFIG or
// the pod's service account.
func apiServer() (*rest.Config, error) {
	config, err := ctrl.GetConfig()
	if err == nil {
		_, _, err = rest.DefaultServerUrlFor(config)
	}
	if err != nil {
		return nil, fmt.Errorf("finding the API server: %w", withoutCredentials(err))
	}
	config.UserAgent = version.UserAgent("fargate-operator")
	// The API server's own priority and fairness limits us.
	config.QPS = -1
	if config.Proxy == nil { // Otherwise the environment's proxy is not used.
		config.Wrap(proxy.Naming)
	}
	return config, nil
}

// withoutCredentials keeps those of the URLs in the kubeconfig out of an error
// about it.
func withoutCredentials(err error) error {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = flag.Lookup(ctrlconfig.KubeconfigFlagName).Value.String()
	kubeconfig, loadErr := rules.Load()
	if loadErr != nil { // It says the same as err.
		return err
	}
	return proxy.WithoutCredentialsOf(err, kubeconfig)
}
