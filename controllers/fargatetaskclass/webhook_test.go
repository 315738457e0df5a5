package fargatetaskclass_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/cert"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/controllers/fargatetaskclass"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
	"github.com/fargate-operator/fargate-operator/internal/test/controllertest"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

const noSuchCluster = "FargateTaskClass default cannot work: cluster nowhere does not exist in region us-east-1: create it, or correct spec.cluster or spec.region"

// newGuardedWorld returns a world in which the API server asks a Validator
// over TLS, and no controller checks classes.
func newGuardedWorld(t *testing.T, timeout time.Duration) (*world, *warnings) {
	t.Helper()
	w := &world{controllertest.New(t, env, localecs.Config{})}
	ca, dir := serverCertificate(t)
	port := freePort(t)
	w.StartManager(t, func(mgr ctrl.Manager) error {
		validator := &fargatetaskclass.Validator{AWS: inspect.New(&ecs.Clients{}), Timeout: timeout}
		return validator.SetupWithManager(mgr, webhook.NewServer(webhook.Options{Host: "127.0.0.1", Port: port, CertDir: dir}))
	})
	w.register(t, port, ca)

	heard := &warnings{}
	config := env.Config()
	config.WarningHandler = heard
	var err error
	if w.Client, err = client.New(config, client.Options{Scheme: w.Scheme()}); err != nil {
		t.Fatal(err)
	}
	w.awaitGuard(t)
	w.AWS.Reset()
	heard.texts = nil
	return w, heard
}

// serverCertificate generates a certificate for 127.0.0.1 and returns it with
// the directory that holds it and its key.
func serverCertificate(t *testing.T) (pem []byte, dir string) {
	t.Helper()
	pem, key, err := cert.GenerateSelfSignedCertKey("127.0.0.1", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	for name, content := range map[string][]byte{"tls.crt": pem, "tls.key": key} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return pem, dir
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return int(netip.MustParseAddrPort(listener.Addr().String()).Port())
}

// register registers the webhook for every class of the namespace, so that the
// API server refuses classes if it gets no answer.
func (w *world) register(t *testing.T, port int, ca []byte) {
	t.Helper()
	url := fmt.Sprintf("https://127.0.0.1:%d%s", port, fargatetaskclass.WebhookPath)
	config := &admissionv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: w.Namespace},
		Webhooks: []admissionv1.ValidatingWebhook{{
			Name:                    "fargatetaskclasses.ci.fargate-operator.dev",
			ClientConfig:            admissionv1.WebhookClientConfig{URL: &url, CABundle: ca},
			NamespaceSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": w.Namespace}},
			SideEffects:             ptr.To(admissionv1.SideEffectClassNone),
			FailurePolicy:           ptr.To(admissionv1.Fail),
			TimeoutSeconds:          ptr.To[int32](10),
			AdmissionReviewVersions: []string{"v1"},
			Rules: []admissionv1.RuleWithOperations{{
				Operations: []admissionv1.OperationType{admissionv1.Create, admissionv1.Update, admissionv1.Delete},
				Rule: admissionv1.Rule{
					APIGroups: []string{v1alpha1.GroupVersion.Group}, APIVersions: []string{"*"}, Resources: []string{"fargatetaskclasses"},
				},
			}},
		}},
	}
	if err := w.Create(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// t.Context() has ended by now.
		if err := w.Delete(context.Background(), config); err != nil {
			t.Error(err)
		}
	})
}

// awaitGuard waits until the API server calls the webhook, which it begins to
// do some time after it was registered.
func (w *world) awaitGuard(t *testing.T) {
	t.Helper()
	var err error
	controllertest.Eventually(t, "guarded", func(ctx context.Context) bool {
		err = w.Create(ctx, w.class(func(s *v1alpha1.FargateTaskClassSpec) { s.Cluster = "nowhere" }), client.DryRunAll)
		return err != nil && strings.Contains(err.Error(), noSuchCluster)
	}, func() any { return err })
}

// warnings are the API server's warnings to a client.
type warnings struct{ texts []string }

var _ rest.WarningHandler = (*warnings)(nil)

func (w *warnings) HandleWarningHeader(_ int, _, text string) { w.texts = append(w.texts, text) }

func (w *warnings) expect(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, w.texts); diff != "" {
		t.Errorf("warnings differ (-want +got):\n%s", diff)
	}
	w.texts = nil
}

func expectRefusal(t *testing.T, err error, message string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), message) {
		t.Errorf("got %v, want a refusal with %q", err, message)
	}
}

func TestWebhook_DryRun_AdmitsWhatCanWorkAndRefusesTheRest(t *testing.T) {
	w, heard := newGuardedWorld(t, fargatetaskclass.DefaultTimeout)
	if err := w.Create(t.Context(), w.class(nil), client.DryRunAll); err != nil {
		t.Errorf("a class that can work is refused: %v", err)
	}
	heard.expect(t)

	err := w.Create(t.Context(), w.class(func(s *v1alpha1.FargateTaskClassSpec) { s.Cluster = "nowhere" }), client.DryRunAll)
	expectRefusal(t, err, noSuchCluster)
	err = w.Create(t.Context(), w.class(func(s *v1alpha1.FargateTaskClassSpec) {
		s.ContainerName, s.Network.Subnets = "build", []string{"subnet-0"}
	}), client.DryRunAll)
	expectRefusal(t, err, `has no container "build": rename one of its containers (ci-coordinator) or set spec.containerName; `+
		"region us-east-1 does not have the subnet subnet-0: create what is missing or correct spec.network.subnets")
}

func TestWebhook_AWSDoesNotAnswer_AdmitsWithWarnings(t *testing.T) {
	tests := map[string]struct {
		fault   localecs.Fault
		timeout time.Duration
		cause   string
	}{
		"down":    {localecs.DropFault(), fargatetaskclass.DefaultTimeout, "AWS could not be reached: EOF"},
		"hanging": {localecs.HangFault(), 200 * time.Millisecond, "AWS could not be reached: context deadline exceeded"},
		"denied": {
			localecs.ErrorFault(localecs.APIError{Code: "AccessDeniedException", Message: "no", Status: 400}), fargatetaskclass.DefaultTimeout,
			"AccessDeniedException: no (give the identity in use the permission ",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w, heard := newGuardedWorld(t, test.timeout)
			for _, action := range []string{"DescribeClusters", "DescribeTaskDefinition", "DescribeSubnets"} {
				w.AWS.FailNext(action, 1000, test.fault)
			}
			if err := w.Create(t.Context(), w.class(nil), client.DryRunAll); err != nil {
				t.Fatal(err)
			}
			for i, text := range heard.texts {
				heard.texts[i], _, _ = strings.Cut(text, test.cause)
			}
			heard.expect(t,
				"not checked: looking up the cluster ci: ",
				"not checked: looking up the task definition ci: ",
				"not checked: looking up subnets: ")
		})
	}
}

func TestWebhook_OneCheckUnansweredAnotherFails_Refuses(t *testing.T) {
	w, _ := newGuardedWorld(t, fargatetaskclass.DefaultTimeout)
	w.AWS.FailNext("DescribeSubnets", 1000, localecs.DropFault())
	err := w.Create(t.Context(), w.class(func(s *v1alpha1.FargateTaskClassSpec) { s.Cluster = "nowhere" }), client.DryRunAll)
	expectRefusal(t, err, noSuchCluster)
}

func TestWebhook_UpdatesAndDeletions_AreCheckedOnlyIfTheSpecChanges(t *testing.T) {
	w, heard := newGuardedWorld(t, fargatetaskclass.DefaultTimeout)
	class := w.createClass(t, nil)
	w.AWS.Reset()

	class.Labels = map[string]string{"team": "ci"}
	if err := w.Update(t.Context(), class); err != nil {
		t.Fatal(err)
	}
	if w.checks() != 0 {
		t.Errorf("%d checks for a label", w.checks())
	}
	broken := class.DeepCopy()
	broken.Spec.Cluster = "nowhere"
	expectRefusal(t, w.Update(t.Context(), broken), noSuchCluster)
	if err := w.Delete(t.Context(), class); err != nil {
		t.Fatal(err)
	}
	if w.checks() != 1 {
		t.Errorf("%d checks, want the changed spec's alone", w.checks())
	}
	heard.expect(t)
}
