package kubestore

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/client-go/rest"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/executor"
	"github.com/fargate-operator/fargate-operator/internal/test/controlplane"
)

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is missing in: %v", part, err)
		}
	}
}

func wantLasting(t *testing.T, err error) {
	t.Helper()
	var down *executor.UnavailableError
	if errors.As(err, &down) {
		t.Errorf("this does not pass by waiting: %v", err)
	}
}

func ignore(*v1alpha1.FargateJob) error { return nil }

func TestStore_NoPermission_NamesVerbNamespaceAndFix(t *testing.T) {
	namespace := env.NewNamespace(t)
	allow := func(verbs ...string) *Store {
		rule := rbacv1.PolicyRule{APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: []string{resource}, Verbs: verbs}
		return newStore(t, env.UserConfig(t, namespace, rule), namespace)
	}
	job := newJob(namespace)
	calls := map[string]func(context.Context) error{
		"create": func(ctx context.Context) error { return allow("get", "watch", "delete").Create(ctx, job) },
		"delete": func(ctx context.Context) error { return allow("create", "get", "watch").Delete(ctx, keyOf(job)) },
		"list": func(ctx context.Context) error {
			_, err := allow("create", "get", "watch", "delete").List(ctx)
			return err
		},
		"get": func(ctx context.Context) error {
			return allow("create", "watch", "delete").Watch(ctx, keyOf(job), ignore)
		},
		"watch": func(ctx context.Context) error {
			return allow("create", "get", "delete").Watch(ctx, keyOf(job), ignore)
		},
	}
	created(t, newStore(t, env.Config(), namespace))
	for verb, call := range calls {
		t.Run(verb, func(t *testing.T) {
			err := call(t.Context())
			wantError(t, err, "no permission to "+verb+" FargateJobs in namespace "+namespace,
				"grant the verbs create, get, list, watch and delete on fargatejobs.ci.fargate-operator.dev", "system:serviceaccount:"+namespace)
			wantLasting(t, err)
		})
	}
}

func TestStore_ExactlyTheDocumentedVerbs_Suffice(t *testing.T) {
	namespace := env.NewNamespace(t)
	store := newStore(t, env.UserConfig(t, namespace, rbacv1.PolicyRule{
		APIGroups: []string{v1alpha1.GroupVersion.Group},
		Resources: []string{resource},
		Verbs:     []string{"create", "get", "list", "watch", "delete"},
	}), namespace)
	job := created(t, store)
	err := watching(t, store, job, func(reason string) error {
		if reason != "" {
			return errEnough
		}
		setReady(t, job, v1alpha1.ReasonPending)
		return nil
	})
	if !errors.Is(err, errEnough) {
		t.Errorf("watch: %v", err)
	}
	if err := store.Delete(t.Context(), keyOf(job)); err != nil {
		t.Error(err)
	}
}

func TestCreate_Refused_TellsWhatToDo(t *testing.T) {
	namespace := env.NewNamespace(t)
	for _, test := range []struct {
		name   string
		config func(*rest.Config)
		job    func(*v1alpha1.FargateJob)
		want   []string
	}{
		{
			name: "malformed public key",
			job:  func(job *v1alpha1.FargateJob) { job.Spec.SSHPublicKey = "no key" },
			want: []string{"refuses FargateJob " + namespace + "/job-1-abcdefgh", "spec.sshPublicKey", "must be one line of an authorized_keys file"},
		},
		{
			name: "namespace missing",
			job:  func(job *v1alpha1.FargateJob) { job.Namespace = "nowhere" },
			want: []string{"cannot create FargateJob nowhere/job-1-abcdefgh: create namespace nowhere"},
		},
		{
			name:   "token not valid",
			config: func(config *rest.Config) { config.BearerToken = "not.a.token" },
			want:   []string{"does not accept the executor's credentials", "renew the token"},
		},
		{
			name:   "unknown certificate authority",
			config: func(config *rest.Config) { config.CAData = nil },
			want:   []string{"certificate of the API server at https://127.0.0.1", "is not trusted", "certificate-authority"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			config := env.Config()
			if test.config != nil {
				config = rest.AnonymousClientConfig(config)
				test.config(config)
			}
			job := newJob(namespace)
			if test.job != nil {
				test.job(job)
			}
			err := newStore(t, config, namespace).Create(t.Context(), job)
			wantError(t, err, test.want...)
			wantLasting(t, err)
			if strings.Contains(err.Error(), "not.a.token") {
				t.Errorf("the error shows the token: %v", err)
			}
		})
	}
}

func TestStore_NothingListens_IsUnavailableAndUnsent(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	store := newStore(t, &rest.Config{Host: "https://" + address}, "ci")
	job := newJob("ci")
	for name, call := range map[string]func() error{
		"create": func() error { return store.Create(t.Context(), job) },
		"watch":  func() error { return store.Watch(t.Context(), keyOf(job), ignore) },
		"delete": func() error { return store.Delete(t.Context(), keyOf(job)) },
	} {
		t.Run(name, func(t *testing.T) {
			err := call()
			wantError(t, err, "the API server at https://"+address+" does not answer", "connection refused")
			var down *executor.UnavailableError
			if !errors.As(err, &down) || !down.Unsent {
				t.Errorf("got %v, want an *UnavailableError that is unsent", err)
			}
		})
	}
}

func TestStore_CRDsMissing_SaysToInstallThem(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	bare, err := controlplane.Start(ctx, controlplane.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bare.Stop() })
	store := newStore(t, bare.Config(), "default")
	job := newJob("default")
	err = store.Create(ctx, job)
	wantError(t, err, "does not know the kind FargateJob", "install Fargate Operator's CRDs")
	wantLasting(t, err)
	if err := store.Delete(ctx, keyOf(job)); err != nil {
		t.Errorf("to delete what cannot exist: %v", err)
	}
}
