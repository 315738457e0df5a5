package charts_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/fargate-operator/fargate-operator/controllers/fargatetaskclass"
	"github.com/fargate-operator/fargate-operator/internal/test/helm"
)

// guard is a release with the webhook, in the test's API server.
type guard struct {
	client.Client
	namespace string
}

const guardName = "guard-fargate-operator"

func installGuard(t *testing.T, args ...string) *guard {
	t.Helper()
	c, err := client.New(env.Config(), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	g := &guard{Client: c, namespace: env.NewNamespace(t)}
	t.Setenv("KUBECONFIG", env.Kubeconfig())
	g.helm(t, append([]string{"install", "guard", operatorChart, "--set", "webhook.enabled=true"}, args...)...)
	t.Cleanup(func() {
		// t.Context() has ended by now.
		if _, err := helm.Run(context.Background(), "uninstall", "guard", "--namespace", g.namespace); err != nil {
			t.Error(err)
		}
	})
	return g
}

func (g *guard) helm(t *testing.T, args ...string) {
	t.Helper()
	if _, err := helm.Run(t.Context(), append(args, "--namespace", g.namespace)...); err != nil {
		t.Fatal(err)
	}
}

func (g *guard) get(t *testing.T, namespace, name string, object client.Object) {
	t.Helper()
	if err := g.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, object); err != nil {
		t.Fatal(err)
	}
}

// certificate returns the Secret's data and what the API server trusts.
func (g *guard) certificate(t *testing.T) (data map[string][]byte, config admissionv1.WebhookClientConfig) {
	t.Helper()
	var secret corev1.Secret
	g.get(t, g.namespace, guardName+"-webhook", &secret)
	var configuration admissionv1.ValidatingWebhookConfiguration
	g.get(t, "", guardName+"."+g.namespace, &configuration)
	return secret.Data, configuration.Webhooks[0].ClientConfig
}

func TestWebhook_CertificateOfHelm_IsTrustedAndKeptByUpgrades(t *testing.T) {
	g := installGuard(t)
	data, config := g.certificate(t)
	pair, err := tls.X509KeyPair(data["tls.crt"], data["tls.key"])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(config.CABundle)
	host := config.Service.Name + "." + config.Service.Namespace + ".svc"
	if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: host}); err != nil {
		t.Error(err)
	}

	g.helm(t, "upgrade", "guard", operatorChart, "--set", "webhook.enabled=true", "--set", "logLevel=debug")
	upgraded, upgradedConfig := g.certificate(t)
	if diff := cmp.Diff(data, upgraded); diff != "" {
		t.Error("the upgrade made another certificate")
	}
	if diff := cmp.Diff(config, upgradedConfig); diff != "" {
		t.Errorf("the webhook's address differs after an upgrade (-before +after):\n%s", diff)
	}
}

func TestWebhook_ReleasesOfOneNameInTwoNamespaces_HaveOneEach(t *testing.T) {
	hosts := map[string]bool{}
	for range 2 {
		_, config := installGuard(t, "--set", "watchNamespaces={"+env.NewNamespace(t)+"}").certificate(t)
		hosts[config.Service.Namespace] = true
	}
	if len(hosts) != 2 {
		t.Errorf("the API server asks in %v, want both namespaces", hosts)
	}
}

func TestWebhook_Service_LeadsToTheManager(t *testing.T) {
	g := installGuard(t)
	_, config := g.certificate(t)
	if ptr.Deref(config.Service.Path, "") != fargatetaskclass.WebhookPath {
		t.Errorf("the API server asks at %s, the manager serves %s", ptr.Deref(config.Service.Path, ""), fargatetaskclass.WebhookPath)
	}
	var service corev1.Service
	g.get(t, config.Service.Namespace, config.Service.Name, &service)
	if got := service.Spec.Ports[0]; got.Port != ptr.Deref(config.Service.Port, 0) {
		t.Errorf("the API server asks at port %d, the service has %d", ptr.Deref(config.Service.Port, 0), got.Port)
	}
	var deployment appsv1.Deployment
	g.get(t, g.namespace, guardName, &deployment)
	for _, port := range deployment.Spec.Template.Spec.Containers[0].Ports {
		if port.Name == service.Spec.Ports[0].TargetPort.StrVal && int(port.ContainerPort) == webhook.DefaultPort {
			return
		}
	}
	t.Errorf("port %s of the service is not the manager's port %d", service.Spec.Ports[0].TargetPort.StrVal, webhook.DefaultPort)
}
