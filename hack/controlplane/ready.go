package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// readyTimeout bounds the start on a slow or busy machine; 3 s are usual.
const readyTimeout = 2 * time.Minute

const readyPollInterval = 20 * time.Millisecond

// check is one thing that must succeed before the cluster counts as usable.
type check struct {
	name string
	do   func(ctx context.Context) error
}

// waitServing waits until the API server answers requests, which is when the controllers can start.
func waitServing(ctx context.Context, client kubernetes.Interface) error {
	return waitAll(ctx, get(client, "/version"))
}

// waitUsable waits until a client can rely on what every cluster has: the bootstrap roles with their aggregated rules,
// and the default namespace with its service account.
func waitUsable(ctx context.Context, client kubernetes.Interface) error {
	return waitAll(ctx,
		get(client, "/readyz"),
		check{"service account of the default namespace", func(ctx context.Context) error {
			_, err := client.CoreV1().ServiceAccounts(corev1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
			return err
		}},
		check{"aggregated cluster roles", func(ctx context.Context) error {
			role, err := client.RbacV1().ClusterRoles().Get(ctx, "admin", metav1.GetOptions{})
			if err == nil && len(role.Rules) == 0 {
				err = fmt.Errorf("cluster role %s has no rules yet", role.Name)
			}
			return err
		}},
	)
}

func get(client kubernetes.Interface, path string) check {
	return check{path, func(ctx context.Context) error {
		return client.Discovery().RESTClient().Get().AbsPath(path).Do(ctx).Error()
	}}
}

// waitAll repeats each check until it succeeds, one after the other.
func waitAll(ctx context.Context, checks ...check) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for _, c := range checks {
		for {
			err := c.do(ctx)
			if err == nil {
				break
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("waiting for %s: %w", c.name, err)
			case <-time.After(readyPollInterval):
			}
		}
	}
	return nil
}
