package main

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/internal/taskrules"
)

// checkInstallations refuses ids that ECS would refuse in every launch.
func (o *options) checkInstallations() error {
	if o.installationID != "" {
		if err := taskrules.Installation.Check(o.installationID); err != nil {
			return fmt.Errorf("--installation-id %w", err)
		}
	}
	for _, id := range o.adopted {
		if err := taskrules.Installation.Check(id); err != nil {
			return fmt.Errorf("each of --adopt-installations %w", err)
		}
	}
	return nil
}

// installation is the id of this installation: the one given, or the UID of its
// namespace, which no other installation that shares an ECS cluster has.
func (o *options) installation(ctx context.Context, reader client.Reader) (string, error) {
	if o.installationID != "" {
		return o.installationID, nil
	}
	var object corev1.Namespace
	if err := reader.Get(ctx, client.ObjectKey{Name: o.namespace}, &object); err != nil {
		return "", fmt.Errorf("reading the installation's namespace %s: %w", o.namespace, err)
	}
	return string(object.UID), nil
}

// listInto reads a comma-separated list. Spaces around its items do not count.
func listInto(list *[]string) func(string) error {
	return func(text string) error {
		*list = nil
		for item := range strings.SplitSeq(text, ",") {
			if item = strings.TrimSpace(item); item != "" {
				*list = append(*list, item)
			}
		}
		return nil
	}
}
