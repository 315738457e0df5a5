package controlplane_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/fargate-operator/fargate-operator/internal/test/controlplane"
	"github.com/fargate-operator/fargate-operator/internal/test/controlplane/controlplanetest"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
)

var env *controlplanetest.Env

func TestMain(m *testing.M) { os.Exit(controlplanetest.Main(m, &env)) }

func TestRBAC_ServiceAccount_MayDoWhatItsRulesSayAndNoMore(t *testing.T) {
	readSecrets := rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"list"}}
	tests := map[string]struct {
		rules   []rbacv1.PolicyRule
		allowed bool
	}{
		"without rules":        {},
		"with a rule to do it": {rules: []rbacv1.PolicyRule{readSecrets}, allowed: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			namespace := env.NewNamespace(t)
			user := newClient(t, env.UserConfig(t, namespace, test.rules...))
			_, err := user.CoreV1().Secrets(namespace).List(t.Context(), metav1.ListOptions{})
			if allowed := err == nil; allowed != test.allowed || (err != nil && !apierrors.IsForbidden(err)) {
				t.Errorf("listing secrets: allowed = %t (%v), want %t", allowed, err, test.allowed)
			}
		})
	}
}

func TestGarbageCollector_OwnerDeleted_DeletesDependent(t *testing.T) {
	configMaps := newClient(t, env.Config()).CoreV1().ConfigMaps(env.NewNamespace(t))
	owner, err := configMaps.Create(t.Context(), namedConfigMap("owner"), metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	dependent := namedConfigMap("dependent")
	dependent.OwnerReferences = []metav1.OwnerReference{{
		APIVersion: "v1", Kind: "ConfigMap", Name: owner.Name, UID: owner.UID,
	}}
	if _, err := configMaps.Create(t.Context(), dependent, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := configMaps.Delete(t.Context(), owner.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventuallyGone(t, "the dependent", func(ctx context.Context) error {
		_, err := configMaps.Get(ctx, dependent.Name, metav1.GetOptions{})
		return err
	})
}

func TestNamespaceController_NamespaceDeleted_EmptiesIt(t *testing.T) {
	client := newClient(t, env.Config())
	namespace, err := client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "emptied-"},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	configMaps := client.CoreV1().ConfigMaps(namespace.Name)
	if _, err := configMaps.Create(t.Context(), namedConfigMap("content"), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := client.CoreV1().Namespaces().Delete(t.Context(), namespace.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventuallyGone(t, "the namespace", func(ctx context.Context) error {
		_, err := client.CoreV1().Namespaces().Get(ctx, namespace.Name, metav1.GetOptions{})
		return err
	})
	if _, err := configMaps.Get(t.Context(), "content", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("getting the content of a deleted namespace: %v, want not found", err)
	}
}

func TestStart_SecondTimeInTheSameDirectory_FindsObjectsAndAcceptsOldTokens(t *testing.T) {
	dir := t.TempDir()
	first := start(t, dir)
	core := newClient(t, first.Config()).CoreV1()
	_, err := core.ConfigMaps(corev1.NamespaceDefault).Create(t.Context(), namedConfigMap("kept"), metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	token, err := core.ServiceAccounts(corev1.NamespaceDefault).
		CreateToken(t.Context(), "default", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}

	second := start(t, dir)
	core = newClient(t, second.Config()).CoreV1()
	if _, err := core.ConfigMaps(corev1.NamespaceDefault).Get(t.Context(), "kept", metav1.GetOptions{}); err != nil {
		t.Errorf("getting an object of the first run: %v", err)
	}
	user := rest.AnonymousClientConfig(second.Config())
	user.BearerToken = token.Status.Token
	review, err := newClient(t, user).AuthenticationV1().SelfSubjectReviews().
		Create(t.Context(), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("use a token of the first run: %v", err)
	}
	if got, want := review.Status.UserInfo.Username, "system:serviceaccount:default:default"; got != want {
		t.Errorf("the token of the first run is %s, want %s", got, want)
	}
}

func TestStart_KubeconfigAndKeys_AreTheirOwnersOnly(t *testing.T) {
	dir := t.TempDir()
	plane := start(t, dir)
	private := []string{plane.Kubeconfig()}
	keys, err := filepath.Glob(filepath.Join(dir, "pki", "*.key"))
	if err != nil || len(keys) == 0 {
		t.Fatalf("no keys found (%v)", err)
	}
	for _, file := range append(private, keys...) {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, want 0600", filepath.Base(file), info.Mode().Perm())
		}
	}
}

func TestStart_UnusableDirectory_SaysWhy(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := controlplane.Start(t.Context(), controlplane.Options{Dir: filepath.Join(file, "dir")})
	if err == nil || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("Start = %v, want an error that says not a directory", err)
	}
}

func TestStart_ContextCanceled_LeavesNoProcess(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	dir := t.TempDir()
	go func() {
		// etcd's directory shows that the process runs.
		_ = wait.PollUntilContextTimeout(t.Context(), 5*time.Millisecond, time.Minute, true,
			func(context.Context) (bool, error) { return exists(filepath.Join(dir, "etcd")), nil })
		cancel(errors.New("enough"))
	}()
	if _, err := controlplane.Start(ctx, controlplane.Options{Dir: dir}); !errors.Is(err, context.Canceled) {
		t.Errorf("Start = %v, want context canceled", err)
	}
	if users := processesNaming(t, dir); len(users) > 0 {
		t.Errorf("processes %v still use the directory", users)
	}
}

func TestStop_LeavesNoProcessAndCanBeRepeated(t *testing.T) {
	dir := t.TempDir()
	plane := start(t, dir)
	if users := processesNaming(t, dir); len(users) != 1 {
		t.Fatalf("processes %v use the directory, want one", users)
	}
	for range 2 {
		if err := plane.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	if users := processesNaming(t, dir); len(users) > 0 {
		t.Errorf("processes %v still use the directory", users)
	}
}

func TestStop_ProcessWasKilled_IsAnError(t *testing.T) {
	dir := t.TempDir()
	plane := start(t, dir)
	for _, pid := range processesNaming(t, dir) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	if err := plane.Stop(); err == nil || !strings.Contains(err.Error(), "signal: killed") {
		t.Errorf("Stop = %v, want an error that says signal: killed", err)
	}
}

func TestProgram_StandardInputEnds_Stops(t *testing.T) {
	binary, err := controlplane.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// An empty input ends at once, like a pipe when the process at its other end dies.
	cmd := exec.CommandContext(t.Context(), binary, "-dir", t.TempDir(), "-stop-with-stdin")
	cmd.Stdin = strings.NewReader("")
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("running with an empty standard input: %v\n%s", err, output)
	}
}

func start(t *testing.T, dir string) *controlplane.ControlPlane {
	t.Helper()
	plane, err := controlplane.Start(t.Context(), controlplane.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = plane.Stop() }) // The test checks its own stop.
	return plane
}

func newClient(t *testing.T, config *rest.Config) kubernetes.Interface {
	t.Helper()
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func namedConfigMap(name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}
}

func eventuallyGone(t *testing.T, what string, get func(context.Context) error) {
	t.Helper()
	eventually.Shows(t, what+" is gone", func() (bool, string) {
		err := get(t.Context())
		return apierrors.IsNotFound(err), fmt.Sprintf("error %v", err)
	})
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
