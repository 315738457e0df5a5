package charts_test

import (
	"context"
	"slices"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/internal/test/helm"
)

const group = "ci.fargate-operator.dev"

// access is a question to the API server about the controller's service account.
type access struct {
	namespace, verb, group, resource, subresource, named string
}

func TestRBAC_AllNamespaces_AllowsTheControllersWorkAndNoMore(t *testing.T) {
	c := newClient(t)
	own, jobs := install(t), env.NewNamespace(t)
	may(t, c, own, true,
		access{verb: "list", group: group, resource: "fargatejobs"},
		access{verb: "watch", group: group, resource: "fargatetaskclasses"},
		access{namespace: jobs, verb: "patch", group: group, resource: "fargatejobs"},
		access{namespace: jobs, verb: "patch", group: group, resource: "fargatejobs", subresource: "status"},
		access{namespace: jobs, verb: "create", group: "events.k8s.io", resource: "events"},
		access{namespace: own, verb: "create", group: "coordination.k8s.io", resource: "leases"},
		access{namespace: own, verb: "update", group: "coordination.k8s.io", resource: "leases", named: "fargate-operator"},
		access{namespace: own, verb: "get", resource: "namespaces", named: own},
	)
	may(t, c, own, false, outside(own, jobs)...)
}

func TestRBAC_NamedNamespaces_AllowsNothingInOthers(t *testing.T) {
	c := newClient(t)
	jobs, other := env.NewNamespace(t), env.NewNamespace(t)
	own := install(t, "--set", "watchNamespaces={"+jobs+"}")
	may(t, c, own, true,
		access{namespace: jobs, verb: "list", group: group, resource: "fargatejobs"},
		access{namespace: jobs, verb: "delete", group: group, resource: "fargatejobs"},
		access{namespace: jobs, verb: "get", group: group, resource: "fargatetaskclasses"},
		access{namespace: jobs, verb: "patch", group: group, resource: "fargatetaskclasses", subresource: "status"},
	)
	may(t, c, own, false, outside(own, jobs)...)
	may(t, c, own, false,
		access{verb: "list", group: group, resource: "fargatejobs"},
		access{namespace: other, verb: "list", group: group, resource: "fargatejobs"},
		access{namespace: other, verb: "get", group: group, resource: "fargatetaskclasses"},
		access{namespace: other, verb: "create", group: "events.k8s.io", resource: "events"},
	)
}

// outside are requests that the controller never makes.
func outside(own, jobs string) []access {
	return []access{
		{namespace: jobs, verb: "create", group: group, resource: "fargatejobs"},
		{namespace: jobs, verb: "deletecollection", group: group, resource: "fargatejobs"},
		{namespace: jobs, verb: "patch", group: group, resource: "fargatetaskclasses"},
		{namespace: jobs, verb: "delete", group: group, resource: "fargatetaskclasses"},
		{namespace: jobs, verb: "get", resource: "secrets"},
		{namespace: jobs, verb: "create", resource: "pods"},
		{namespace: own, verb: "get", resource: "secrets"},
		{namespace: own, verb: "get", resource: "configmaps"},
		{namespace: own, verb: "get", group: "coordination.k8s.io", resource: "leases", named: "another"},
		{namespace: own, verb: "update", group: "coordination.k8s.io", resource: "leases", named: "another"},
		{namespace: own, verb: "delete", group: "coordination.k8s.io", resource: "leases", named: "fargate-operator"},
		{namespace: jobs, verb: "update", group: "coordination.k8s.io", resource: "leases", named: "fargate-operator"},
		{namespace: jobs, verb: "get", resource: "namespaces", named: jobs},
	}
}

// install installs the chart in the test's own namespace, which it returns, and uninstalls it after the test.
func install(t *testing.T, args ...string) string {
	t.Helper()
	namespace := env.NewNamespace(t)
	where := []string{"--kubeconfig", env.Kubeconfig(), "--namespace", namespace}
	args = slices.Concat([]string{"install", release, operatorChart, "--set", "serviceAccount.name=controller"}, where, args)
	if _, err := helm.Run(t.Context(), args...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// t.Context() has ended by now.
		if _, err := helm.Run(context.Background(), slices.Concat([]string{"uninstall", release}, where)...); err != nil {
			t.Error(err)
		}
	})
	return namespace
}

// may fails the test for every request whose answer is not the one that is wanted.
func may(t *testing.T, c client.Client, own string, want bool, requests ...access) {
	t.Helper()
	groups := []string{"system:serviceaccounts", "system:serviceaccounts:" + own, "system:authenticated"}
	for _, request := range requests {
		review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
			User:   "system:serviceaccount:" + own + ":controller",
			Groups: groups,
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Namespace: request.namespace, Verb: request.verb, Group: request.group, Resource: request.resource,
				Subresource: request.subresource, Name: request.named,
			},
		}}
		if err := c.Create(t.Context(), review); err != nil {
			t.Fatal(err)
		}
		if review.Status.Allowed != want {
			t.Errorf("%+v: allowed = %t, want %t", request, review.Status.Allowed, want)
		}
	}
}
