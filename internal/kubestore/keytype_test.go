package kubestore

import (
	"errors"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/executor"
)

func TestKeyType_OfAClass_IsReadWhereThatIsAllowed(t *testing.T) {
	namespace := env.NewNamespace(t)
	class := &v1alpha1.FargateTaskClass{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "fips"},
		Spec: v1alpha1.FargateTaskClassSpec{TaskTemplate: v1alpha1.TaskTemplate{
			Region: "us-east-1", Cluster: "ci", TaskDefinition: "ci",
			Network: v1alpha1.Network{Subnets: []string{"subnet-1"}},
			SSH:     v1alpha1.SSHServer{KeyType: v1alpha1.KeyTypeECDSA},
		}},
	}
	if err := admin(t).Create(t.Context(), class); err != nil {
		t.Fatal(err)
	}
	reader := rbacv1.PolicyRule{APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: []string{classResource}, Verbs: []string{"get"}}
	for name, test := range map[string]struct {
		config *rest.Config
		class  string
		want   v1alpha1.KeyType
	}{
		"class":    {env.UserConfig(t, namespace, reader), "fips", v1alpha1.KeyTypeECDSA},
		"no class": {env.UserConfig(t, namespace, reader), "none", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := newStore(t, test.config, namespace).KeyType(t.Context(), test.class)
			if err != nil || got != test.want {
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
	t.Run("no permission", func(t *testing.T) {
		_, err := newStore(t, env.UserConfig(t, namespace), namespace).KeyType(t.Context(), "fips")
		wantError(t, err, "no permission to read FargateTaskClass "+namespace+"/fips", "grant the verb get on fargatetaskclasses.ci.fargate-operator.dev")
		wantLasting(t, err)
	})
}

func TestKeyType_NoAnswer_CanPass(t *testing.T) {
	_, err := newStore(t, &rest.Config{Host: "https://127.0.0.1:1"}, "ci").KeyType(t.Context(), "fips")
	var unavailable *executor.UnavailableError
	if !errors.As(err, &unavailable) {
		t.Errorf("got %v, want *UnavailableError", err)
	}
}
