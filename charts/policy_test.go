package charts_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
)

// anything is every right on FargateJobs, so that only the policy can refuse a request.
var anything = rbacv1.PolicyRule{APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: []string{"*"}, Verbs: []string{"*"}}

func TestPolicy_LetsTenantsRunnersAloneCreateJobsOfAllowedClasses(t *testing.T) {
	c := newJobClient(t, env.Config())
	ci, other, none := env.NewNamespace(t), env.NewNamespace(t), env.NewNamespace(t)
	installPolicy(t, c, fmt.Sprintf(`
policy: {enabled: true}
tenants:
  - {namespace: %s, allowedClasses: [small, large]}
  - {namespace: %s, taskClass: huge, serviceAccount: {name: runner}}
`, ci, other))
	runner := accountConfig(t, c, ci, "gitlab-runner")
	neighbor := accountConfig(t, c, other, "runner")
	bind(t, c, ci, other, "runner")
	runnerName := "system:serviceaccount:" + ci + ":gitlab-runner"

	for name, test := range map[string]struct {
		user             *rest.Config
		namespace, class string
		want             []string // of the refusal; none if it is allowed
	}{
		"runner":                             {runner, ci, "default", nil},
		"runner, allowed class":              {runner, ci, "large", nil},
		"runner, class by default":           {runner, ci, "", nil},
		"other runner, its own namespace":    {neighbor, other, "huge", nil},
		"administrator":                      {env.Config(), ci, "huge", nil},
		"administrator, no tenant":           {env.Config(), none, "default", nil},
		"runner, other class":                {runner, ci, "huge", []string{"FargateTaskClass huge is not allowed for " + runnerName, "use one of default, small, large"}},
		"other runner, class by default":     {neighbor, other, "", []string{"FargateTaskClass default is not allowed for", "use one of huge,"}},
		"other runner, tenant's namespace":   {neighbor, ci, "default", []string{"system:serviceaccount:" + other + ":runner may not create FargateJobs in namespace " + ci, runnerName}},
		"other account with all rights":      {env.UserConfig(t, ci, anything), ci, "default", []string{":user-", "may not create FargateJobs in namespace " + ci + ": only its runner may, " + runnerName}},
		"account with all rights, no tenant": {env.UserConfig(t, none, anything), none, "default", []string{"namespace " + none + " has no runner that may create FargateJobs", "add it to tenants"}},
	} {
		t.Run(name, func(t *testing.T) {
			user := newJobClient(t, test.user)
			attempt := func() error { return user.Create(t.Context(), newJob(test.namespace, test.class), client.DryRunAll) }
			if test.want == nil {
				eventually.Succeeds(t, "the job is admitted", attempt)
				return
			}
			// A policy and a right take effect a moment after they were created.
			eventually.Succeeds(t, "the job is refused", func() error { return missing(attempt(), test.want...) })
		})
	}
}

func TestPolicy_NamespacesOfOtherReleases_AreNotItsBusiness(t *testing.T) {
	c := newJobClient(t, env.Config())
	served, foreign := env.NewNamespace(t), env.NewNamespace(t)
	installPolicy(t, c, fmt.Sprintf("{policy: {enabled: true}, watchNamespaces: [%s]}", served))
	refused := newJobClient(t, env.UserConfig(t, served, anything))
	eventually.Succeeds(t, "the job in the served namespace is refused", func() error {
		return missing(refused.Create(t.Context(), newJob(served, "default"), client.DryRunAll), "has no runner")
	})
	allowed := newJobClient(t, env.UserConfig(t, foreign, anything))
	eventually.Succeeds(t, "the job in the other namespace is admitted", func() error { return allowed.Create(t.Context(), newJob(foreign, "default"), client.DryRunAll) })
}

func TestPolicy_ExemptGroups_AreTheOnesGiven(t *testing.T) {
	c := newJobClient(t, env.Config())
	namespace := env.NewNamespace(t)
	installPolicy(t, c, fmt.Sprintf("{policy: {enabled: true, exemptGroups: ['system:serviceaccounts:%s']}, watchNamespaces: [%s]}", namespace, namespace))
	// The administrator is no longer exempt: once a request is refused, the policy is in force.
	eventually.Succeeds(t, "the job of the administrator is refused", func() error {
		return missing(c.Create(t.Context(), newJob(namespace, "default"), client.DryRunAll), "has no runner")
	})
	exempt := newJobClient(t, env.UserConfig(t, namespace, anything))
	eventually.Succeeds(t, "the job of the exempt group is admitted", func() error { return exempt.Create(t.Context(), newJob(namespace, "default"), client.DryRunAll) })
}

// installPolicy creates the policy and the tenants' accounts and roles of the chart with these values.
func installPolicy(t *testing.T, c client.Client, values string) {
	t.Helper()
	args := []string{"--values", valuesFile(t, values), "--show-only", "templates/policy-jobs.yaml"}
	if strings.Contains(values, "tenants") {
		args = append(args, "--show-only", "templates/tenant-rbac.yaml")
	}
	create(t, c, render(t, operatorChart, args...))
}

// bind gives an account of another namespace the executor's role.
func bind(t *testing.T, c client.Client, namespace, accountNamespace, account string) {
	t.Helper()
	err := c.Create(t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "foreign"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "fargate-executor"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: accountNamespace, Name: account}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func newJobClient(t *testing.T, config *rest.Config) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	builder := runtime.NewSchemeBuilder(clientgoscheme.AddToScheme, v1alpha1.AddToScheme)
	if err := builder.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	c, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// newJob returns a FargateJob of a class, or of the one that the API server fills in.
func newJob(namespace, class string) *v1alpha1.FargateJob {
	return &v1alpha1.FargateJob{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "FargateJob"},
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "job-1-abcdefgh"},
		Spec: v1alpha1.FargateJobSpec{
			ClassRef:     v1alpha1.ClassReference{Name: class},
			SSHPublicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		},
	}
}

// missing returns an error unless err forbids with all parts of a message.
func missing(err error, parts ...string) error {
	if err == nil {
		return errors.New("it is allowed")
	}
	if !apierrors.IsForbidden(err) {
		return fmt.Errorf("it is not forbidden but fails: %w", err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			return fmt.Errorf("%q is missing in: %w", part, err)
		}
	}
	return nil
}

func wantForbidden(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err := missing(err, parts...); err != nil {
		t.Error(err)
	}
}
