package charts_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	"sigs.k8s.io/yaml"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/controllers/fargatetaskclass"
)

// webhookOf renders the chart with the webhook, and returns the only one.
func webhookOf(t *testing.T, args ...string) (*admissionv1.ValidatingWebhook, *rendering) {
	t.Helper()
	r := renderObjects(t, append([]string{"--set", "webhook.enabled=true"}, args...)...)
	configuration := one[admissionv1.ValidatingWebhookConfiguration](t, r)
	if len(configuration.Webhooks) != 1 {
		t.Fatalf("%d webhooks, want one", len(configuration.Webhooks))
	}
	return &configuration.Webhooks[0], r
}

func taskClassCRD(t *testing.T) *apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(crdsChart, "files", v1alpha1.GroupVersion.Group+"_fargatetaskclasses.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(text, &crd); err != nil {
		t.Fatal(err)
	}
	return &crd
}

func TestWebhookConfiguration_Rules_AreNewAndChangedClassesOfEveryVersion(t *testing.T) {
	hook, _ := webhookOf(t)
	crd := taskClassCRD(t)
	var versions []string
	for _, version := range crd.Spec.Versions {
		if version.Served {
			versions = append(versions, version.Name)
		}
	}
	scope := admissionv1.ScopeType(crd.Spec.Scope)
	want := []admissionv1.RuleWithOperations{{
		// Deletions are always admitted: a class that cannot work must be
		// removable.
		Operations: []admissionv1.OperationType{admissionv1.Create, admissionv1.Update},
		Rule: admissionv1.Rule{
			APIGroups: []string{crd.Spec.Group}, APIVersions: versions, Resources: []string{crd.Spec.Names.Plural}, Scope: &scope,
		},
	}}
	if diff := cmp.Diff(want, hook.Rules); diff != "" {
		t.Errorf("rules differ (-want +got):\n%s", diff)
	}
	if !slices.Contains(versions, v1alpha1.GroupVersion.Version) || crd.Spec.Group != v1alpha1.GroupVersion.Group {
		t.Errorf("the manager knows classes of %s, not of %s in %v", v1alpha1.GroupVersion, crd.Spec.Group, versions)
	}
}

func TestWebhookConfiguration_Answers_CanBeGiven(t *testing.T) {
	hook, _ := webhookOf(t)
	if wait := time.Duration(ptr.Deref(hook.TimeoutSeconds, 0)) * time.Second; wait <= fargatetaskclass.DefaultTimeout {
		t.Errorf("the API server waits %s, the manager's answer may take %s and the way to it", wait, fargatetaskclass.DefaultTimeout)
	}
	// The only version that the manager's library speaks.
	if diff := cmp.Diff([]string{"v1"}, hook.AdmissionReviewVersions); diff != "" {
		t.Errorf("versions differ (-want +got):\n%s", diff)
	}
	// Without it the API server asks for no dry run.
	if ptr.Deref(hook.SideEffects, "") != admissionv1.SideEffectClassNone {
		t.Errorf("side effects %s, want None", ptr.Deref(hook.SideEffects, ""))
	}
}

func TestWebhookConfiguration_Values_DecideWhatIsAskedAndWhatSilenceMeans(t *testing.T) {
	const label = corev1.LabelMetadataName
	for name, test := range map[string]struct {
		args    []string
		policy  admissionv1.FailurePolicyType
		asked   []string
		unasked []string
	}{
		"by default":     {nil, admissionv1.Ignore, []string{"ci", "other"}, nil},
		"fail":           {[]string{"--set", "webhook.failurePolicy=Fail"}, admissionv1.Fail, []string{"ci"}, nil},
		"two namespaces": {[]string{"--set", "watchNamespaces={ci,cd}"}, admissionv1.Ignore, []string{"ci", "cd"}, []string{"other"}},
	} {
		t.Run(name, func(t *testing.T) {
			hook, _ := webhookOf(t, test.args...)
			if got := ptr.Deref(hook.FailurePolicy, ""); got != test.policy {
				t.Errorf("failure policy %s, want %s", got, test.policy)
			}
			selector := labels.Everything()
			if hook.NamespaceSelector != nil {
				selector = selectorOf(t, hook.NamespaceSelector)
			}
			for _, namespace := range test.asked {
				if !selector.Matches(labels.Set{label: namespace}) {
					t.Errorf("no webhook checks classes in %s", namespace)
				}
			}
			for _, namespace := range test.unasked {
				if selector.Matches(labels.Set{label: namespace}) {
					t.Errorf("the manager is asked about classes in %s, which it does not watch", namespace)
				}
			}
			if hook.ObjectSelector != nil || len(hook.MatchConditions) > 0 {
				t.Error("not all classes are checked")
			}
		})
	}
}

func TestWebhookConfiguration_Service_LeadsToTheManager(t *testing.T) {
	for name, args := range map[string][]string{"by default": nil, "renamed": renamed} {
		t.Run(name, func(t *testing.T) {
			hook, r := webhookOf(t, args...)
			to := hook.ClientConfig.Service
			if to == nil || hook.ClientConfig.URL != nil {
				t.Fatal("the API server asks no service")
			}
			if got := ptr.Deref(to.Path, ""); got != fargatetaskclass.WebhookPath {
				t.Errorf("the API server asks at %s, the manager serves %s", got, fargatetaskclass.WebhookPath)
			}
			services := all[corev1.Service](t, r)
			i := slices.IndexFunc(services, func(s *corev1.Service) bool { return s.Name == to.Name && s.Namespace == to.Namespace })
			if i < 0 {
				t.Fatalf("there is no service %s/%s", to.Namespace, to.Name)
			}
			manager := r.manager(t)
			if selector := labels.SelectorFromSet(services[i].Spec.Selector); selector.Empty() || !selector.Matches(labels.Set(manager.Spec.Template.Labels)) {
				t.Errorf("the service's selector %q does not select the manager's pods, which have the labels %v", selector, manager.Spec.Template.Labels)
			}
			// 443 is the default of the API.
			if got := containerPort(services[i], ptr.Deref(to.Port, 443), &manager.Spec.Template.Spec.Containers[0]); got != int32(webhook.DefaultPort) {
				t.Errorf("port %d of the service is port %d of the container, the manager serves %d", ptr.Deref(to.Port, 443), got, webhook.DefaultPort)
			}
		})
	}
}

// containerPort is where a port of a service leads to in a container, or 0.
func containerPort(service *corev1.Service, port int32, container *corev1.Container) int32 {
	for _, served := range service.Spec.Ports {
		if served.Port != port {
			continue
		}
		for _, open := range container.Ports {
			if open.Name == served.TargetPort.StrVal || open.ContainerPort == served.TargetPort.IntVal {
				return open.ContainerPort
			}
		}
	}
	return 0
}

// certificateSecret is the Secret whose files the manager serves with.
func certificateSecret(t *testing.T, r *rendering) string {
	t.Helper()
	pod := r.manager(t).Spec.Template.Spec
	container := pod.Containers[0]
	for _, arg := range container.Args {
		directory, found := strings.CutPrefix(arg, "--webhook-cert-dir=")
		if !found {
			continue
		}
		for _, mount := range container.VolumeMounts {
			for _, volume := range pod.Volumes {
				if mount.MountPath == directory && volume.Name == mount.Name && volume.Secret != nil {
					return volume.Secret.SecretName
				}
			}
		}
		t.Fatalf("no Secret is mounted at %s", directory)
	}
	t.Fatal("the manager gets no certificate, so it serves no webhook")
	return ""
}

func TestWebhookConfiguration_CertificateOfHelm_IsTheManagersAndTrusted(t *testing.T) {
	hook, r := webhookOf(t, renamed...)
	secret := one[corev1.Secret](t, r)
	if want := certificateSecret(t, r); secret.Name != want || secret.Namespace != r.manager(t).Namespace {
		t.Errorf("the certificate is in %s/%s, the manager mounts %s", secret.Namespace, secret.Name, want)
	}
	pair, err := tls.X509KeyPair(secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(hook.ClientConfig.CABundle)
	if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: hostOf(hook)}); err != nil {
		t.Errorf("the API server does not trust the manager: %v", err)
	}
	if annotations := one[admissionv1.ValidatingWebhookConfiguration](t, r).Annotations; annotations["cert-manager.io/inject-ca-from"] != "" {
		t.Error("cert-manager replaces what the API server trusts")
	}
}

func TestWebhookConfiguration_CertificateOfCertManager_IsTheManagersAndTrusted(t *testing.T) {
	hook, r := webhookOf(t, append([]string{"--set", "webhook.certManager.enabled=true"}, renamed...)...)
	certificate, issuer := r.only(t, "Certificate"), r.only(t, "Issuer")
	field := func(path ...string) string {
		value, _, _ := unstructured.NestedString(certificate.Object, path...)
		return value
	}
	injected := one[admissionv1.ValidatingWebhookConfiguration](t, r).Annotations["cert-manager.io/inject-ca-from"]
	if want := certificate.GetNamespace() + "/" + certificate.GetName(); injected != want {
		t.Errorf("the API server is made to trust %q, the certificate is %s", injected, want)
	}
	if len(hook.ClientConfig.CABundle) > 0 {
		t.Error("the chart and cert-manager both say what to trust")
	}
	if got, want := field("spec", "secretName"), certificateSecret(t, r); got != want || certificate.GetNamespace() != r.manager(t).Namespace {
		t.Errorf("the certificate goes to %s/%s, the manager mounts %s", certificate.GetNamespace(), got, want)
	}
	if hosts, _, _ := unstructured.NestedStringSlice(certificate.Object, "spec", "dnsNames"); !slices.Contains(hosts, hostOf(hook)) {
		t.Errorf("the certificate is for %v, the API server asks %s", hosts, hostOf(hook))
	}
	if field("spec", "issuerRef", "name") != issuer.GetName() || field("spec", "issuerRef", "kind") != issuer.GetKind() ||
		issuer.GetNamespace() != certificate.GetNamespace() {
		t.Errorf("the certificate's issuer %s is not %s/%s", field("spec", "issuerRef", "name"), issuer.GetNamespace(), issuer.GetName())
	}
	if secrets := all[corev1.Secret](t, r); len(secrets) > 0 {
		t.Errorf("the chart also creates a certificate, in %s", secrets[0].Name)
	}
}

// hostOf is the name that the API server expects in the certificate.
func hostOf(hook *admissionv1.ValidatingWebhook) string {
	return hook.ClientConfig.Service.Name + "." + hook.ClientConfig.Service.Namespace + ".svc"
}

func TestWebhookConfiguration_NotAskedFor_IsNotThere(t *testing.T) {
	r := renderObjects(t)
	if found := all[admissionv1.ValidatingWebhookConfiguration](t, r); len(found) > 0 {
		t.Errorf("there are %d: classes would wait for a manager that serves no webhook", len(found))
	}
	for _, arg := range r.manager(t).Spec.Template.Spec.Containers[0].Args {
		if strings.Contains(arg, "webhook") {
			t.Errorf("the manager gets a flag to serve a webhook: %s", arg)
		}
	}
}
