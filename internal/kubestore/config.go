package kubestore

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/fargate-operator/fargate-operator/internal/proxy"
)

// namespaceFile is where a pod finds its namespace.
const namespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

// Open returns a store that reaches the API server as a kubeconfig file says,
// or, without one, as the service account of the pod that this process runs in.
// New jobs go to the given namespace, or, if it is empty, to the kubeconfig's
// or the pod's. It sends no request yet.
func Open(kubeconfig, namespace string) (*Store, error) {
	load := fromPod
	if kubeconfig != "" {
		load = func() (*rest.Config, string, error) { return fromFile(kubeconfig) }
	}
	config, own, err := load()
	if err != nil {
		return nil, err
	}
	if namespace == "" {
		namespace = own
	}
	if namespace == "" {
		return nil, errors.New("cannot tell in which namespace to create FargateJobs: set Namespace in the [Kubernetes] section of the configuration")
	}
	return New(config, namespace)
}

func fromFile(path string) (config *rest.Config, namespace string, err error) {
	rules := clientcmd.ClientConfigLoadingRules{ExplicitPath: path}
	loaded, err := rules.Load()
	if err == nil {
		client := clientcmd.NewDefaultClientConfig(*loaded, &clientcmd.ConfigOverrides{})
		config, err = client.ClientConfig()
		if err == nil {
			namespace, _, err = client.Namespace()
		}
	}
	if err != nil {
		return nil, "", fmt.Errorf("cannot use kubeconfig %s, correct the file, or Kubeconfig in the [Kubernetes] section of the configuration: %w",
			path, proxy.WithoutCredentialsOf(err, loaded))
	}
	return config, namespace, nil
}

// hostOf is the API server's URL for errors. They may be the words of a proxy, so
// it names the one in use.
func hostOf(config *rest.Config) string {
	host := proxy.Address(config.Host)
	target, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return host
	}
	through := proxy.For(target)
	if config.Proxy != nil {
		through = "through the proxy of proxy-url in the kubeconfig"
	}
	if through == "" {
		return host
	}
	return host + " (" + through + ")"
}

// fromPod returns no namespace if the pod does not name it.
func fromPod() (config *rest.Config, namespace string, err error) {
	config, err = rest.InClusterConfig()
	if errors.Is(err, rest.ErrNotInCluster) {
		return nil, "", errors.New("cannot tell where the API server is, as this process does not run in a pod: set Kubeconfig in the [Kubernetes] section of the configuration")
	}
	if err != nil {
		return nil, "", fmt.Errorf("cannot read the credentials of the pod's service account, check that the pod mounts them (automountServiceAccountToken): %w", err)
	}
	text, err := os.ReadFile(namespaceFile)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, "", fmt.Errorf("reading the pod's namespace: %w", err)
	}
	return config, strings.TrimSpace(string(text)), nil
}
