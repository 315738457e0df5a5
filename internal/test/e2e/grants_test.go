package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
)

// grant is one thing that a rule allows a service account to do.
type grant struct {
	user, group, resource, verb string
}

func (g grant) String() string {
	return fmt.Sprintf("%s: %s %s.%s", g.user, g.verb, g.resource, g.group)
}

// checkGrants returns an error if a role allows the manager or the executor
// something that neither did in any test. It is right only after all tests.
func checkGrants(auditLog string) error {
	if flag.Lookup("test.run").Value.String() != "" || flag.Lookup("test.skip").Value.String() != "" {
		return nil
	}
	unused, err := granted()
	if err != nil {
		return err
	}
	used, err := audited(auditLog)
	if err != nil {
		return err
	}
	maps.DeleteFunc(unused, func(g grant, _ bool) bool {
		if g.verb == "list" {
			// A client falls back to list if the API server cannot stream a list as a watch.
			g.verb = "watch"
		}
		return used[g]
	})
	if len(unused) > 0 {
		return fmt.Errorf("granted, but not used in any test: %v", slices.Collect(maps.Keys(unused)))
	}
	return nil
}

// granted returns the grants of both service accounts.
func granted() (map[grant]bool, error) {
	var managers rbacv1.ClusterRole
	var leaders, executors rbacv1.Role
	for _, err := range []error{
		stack.Client.Get(context.Background(), client.ObjectKey{Name: stack.Manager.ServiceAccount}, &managers),
		stack.Client.Get(context.Background(), client.ObjectKey{Namespace: stack.Manager.Namespace, Name: stack.Manager.ServiceAccount}, &leaders),
		stack.Client.Get(context.Background(), client.ObjectKey{Namespace: devstack.Namespace, Name: "fargate-executor"}, &executors),
	} {
		if err != nil {
			return nil, err
		}
	}
	grants := map[grant]bool{}
	add := func(namespace, account string, rules []rbacv1.PolicyRule) {
		user := "system:serviceaccount:" + namespace + ":" + account
		for _, rule := range rules {
			for _, resource := range rule.Resources {
				for _, verb := range rule.Verbs {
					grants[grant{user, rule.APIGroups[0], resource, verb}] = true
				}
			}
		}
	}
	add(stack.Manager.Namespace, stack.Manager.ServiceAccount, slices.Concat(managers.Rules, leaders.Rules))
	add(devstack.Namespace, "gitlab-runner", executors.Rules)
	return grants, nil
}

// auditEvent is the part of an audit.k8s.io/v1 Event that is read.
type auditEvent struct {
	Verb           string
	User           struct{ Username string }
	ObjectRef      struct{ APIGroup, Resource, Subresource string }
	ResponseStatus struct{ Code int }
}

// audited returns the requests that were allowed, even if they failed.
func audited(file string) (map[grant]bool, error) {
	log, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	used := map[grant]bool{}
	for lines := json.NewDecoder(bufio.NewReader(log)); lines.More(); {
		var event auditEvent
		if err := lines.Decode(&event); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if code := event.ResponseStatus.Code; code == http.StatusForbidden || code == http.StatusUnauthorized {
			continue
		}
		resource := event.ObjectRef.Resource
		if event.ObjectRef.Subresource != "" {
			resource += "/" + event.ObjectRef.Subresource
		}
		used[grant{event.User.Username, event.ObjectRef.APIGroup, resource, event.Verb}] = true
	}
	return used, nil
}
