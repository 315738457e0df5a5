package kubestore

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"k8s.io/apimachinery/pkg/types"
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

// kubeconfigOf writes a kubeconfig with the given keys of its cluster.
func kubeconfigOf(t *testing.T, cluster string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	text := "{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c}}], clusters: [{name: c, cluster: {" + cluster + "}}]}"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpen_ProxyInUse_IsNamedInErrors(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://user:s3cret@127.0.0.1:9")
	t.Setenv("NO_PROXY", "other.invalid")
	for name, test := range map[string]struct{ cluster, want string }{
		"of the environment": {
			"server: 'https://api.invalid'",
			"the API server at https://api.invalid (through the proxy http://127.0.0.1:9 of HTTPS_PROXY, as NO_PROXY does not name api.invalid) does not answer",
		},
		"of the environment, for a server with a password": {
			"server: 'https://user:s3cret@api.invalid'",
			"the API server at https://api.invalid (through the proxy http://127.0.0.1:9 of HTTPS_PROXY, as NO_PROXY does not name api.invalid) does not answer",
		},
		"of the kubeconfig": {
			"server: 'https://other.invalid', proxy-url: 'http://user:s3cret@127.0.0.1:9'",
			"the API server at https://other.invalid (through the proxy of proxy-url in the kubeconfig) does not answer",
		},
	} {
		t.Run(name, func(t *testing.T) {
			store, err := Open(kubeconfigOf(t, test.cluster), "ci")
			if err != nil {
				t.Fatal(err)
			}
			err = store.Delete(t.Context(), types.NamespacedName{Namespace: "ci", Name: "job"})
			wantError(t, err, test.want)
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error has the proxy's password: %v", err)
			}
		})
	}
}

func TestOpen_URLIsNotValid_KeepsItsPassword(t *testing.T) {
	for name, test := range map[string]struct {
		cluster string
		want    []string
	}{
		"of the proxy":  {"server: 'https://10.0.0.1', proxy-url: 'http://user:s3cret@pro%zz'", []string{"cannot use kubeconfig", "pro%zz"}},
		"of the server": {"server: 'https://user:s3cret@ser%zz'", []string{"using the configuration for the API server at https://ser%zz"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(kubeconfigOf(t, test.cluster), "ci")
			wantError(t, err, test.want...)
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error has the password: %v", err)
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

// The YAML reader takes byte-order marks itself.
func TestOpen_KubeconfigWithAMark_IsRead(t *testing.T) {
	plain, err := os.ReadFile(kubeconfigOf(t, "server: 'https://10.0.0.1'"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range marked(string(plain)) {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "kubeconfig")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			store, err := Open(path, "ci")
			if err != nil {
				t.Fatal(err)
			}
			if store.host != "https://10.0.0.1" {
				t.Errorf("the API server is %s", store.host)
			}
		})
	}
}

// marked returns the text with byte-order marks, as PowerShell and editors write
// it.
func marked(text string) map[string][]byte {
	little := []byte{0xFF, 0xFE}
	for _, unit := range utf16.Encode([]rune(text)) {
		little = binary.LittleEndian.AppendUint16(little, unit)
	}
	return map[string][]byte{"UTF-8": []byte("\ufeff" + text), "UTF-16": little}
}
