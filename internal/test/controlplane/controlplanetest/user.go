package controlplanetest

import (
	"path/filepath"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// UserConfig creates a service account in the namespace that has exactly the given permissions there, and returns a
// client configuration with a token for it. Without rules it may only do what every authenticated user may.
func (e *Env) UserConfig(t testing.TB, namespace string, rules ...rbacv1.PolicyRule) *rest.Config {
	t.Helper()
	account, err := e.client.CoreV1().ServiceAccounts(namespace).Create(t.Context(), &corev1.ServiceAccount{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "user-"},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("create a service account: %v", err)
	}
	if len(rules) > 0 {
		e.allow(t, account, rules)
	}
	token, err := e.client.CoreV1().ServiceAccounts(namespace).CreateToken(t.Context(), account.Name,
		&authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("request a token of service account %s: %v", account.Name, err)
	}
	config := rest.AnonymousClientConfig(e.Config())
	config.BearerToken = token.Status.Token
	config.QPS = -1
	return config
}

func (e *Env) allow(t testing.TB, account *corev1.ServiceAccount, rules []rbacv1.PolicyRule) {
	t.Helper()
	meta := metav1.ObjectMeta{Name: account.Name, Namespace: account.Namespace}
	rbac := e.client.RbacV1()
	_, err := rbac.Roles(account.Namespace).Create(t.Context(),
		&rbacv1.Role{ObjectMeta: meta, Rules: rules}, metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("create role %s: %v", account.Name, err)
	}
	_, err = rbac.RoleBindings(account.Namespace).Create(t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: meta,
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: account.Name, Namespace: account.Namespace}},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: account.Name},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("bind role %s: %v", account.Name, err)
	}
}

// UserKubeconfig is UserConfig as a kubeconfig file, for programs under test that read one. The namespace is the
// file's current namespace. The file is removed after the test.
func (e *Env) UserKubeconfig(t testing.TB, namespace string, rules ...rbacv1.PolicyRule) string {
	t.Helper()
	config := e.UserConfig(t, namespace, rules...)
	const name = "user"
	kubeconfig := clientcmdapi.NewConfig()
	kubeconfig.Clusters[name] = &clientcmdapi.Cluster{
		Server: config.Host, CertificateAuthorityData: config.CAData,
	}
	kubeconfig.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: config.BearerToken}
	kubeconfig.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name, Namespace: namespace}
	kubeconfig.CurrentContext = name
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*kubeconfig, file); err != nil {
		t.Fatalf("writing the kubeconfig: %v", err)
	}
	return file
}
