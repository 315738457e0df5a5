package kubestore

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOpen_Namespace_IsGivenOrTheKubeconfigs(t *testing.T) {
	own := env.NewNamespace(t)
	kubeconfig := env.UserKubeconfig(t, own)
	for name, test := range map[string]struct{ given, want string }{
		"given":     {"ci", "ci"},
		"not given": {"", own},
	} {
		t.Run(name, func(t *testing.T) {
			store, err := Open(kubeconfig, test.given)
			if err != nil {
				t.Fatal(err)
			}
			if store.Namespace() != test.want {
				t.Errorf("namespace %q, want %q", store.Namespace(), test.want)
			}
		})
	}
}

func TestOpen_NoConfiguration_NamesTheFix(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	damaged := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(damaged, []byte("clusters: 1"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		kubeconfig string
		want       []string
	}{
		"not in a pod":       {"", []string{"does not run in a pod", "set Kubeconfig in the [Kubernetes] section"}},
		"kubeconfig missing": {filepath.Join(t.TempDir(), "missing"), []string{"cannot use kubeconfig", "/missing"}},
		"kubeconfig damaged": {damaged, []string{"cannot use kubeconfig " + damaged}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(test.kubeconfig, "ci")
			wantError(t, err, test.want...)
		})
	}
}
