package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// installationPattern is what an id of an installation may be: it is part of a
// task's startedBy, next to a UID. Source of the characters and of the length of
// 128: startedBy of RunTask in the ECS API reference.
var installationPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// checkInstallations refuses ids that ECS would refuse in every launch.
func (o *options) checkInstallations() error {
	const rule = "use 1 to 64 letters, digits, - and _"
	if o.installationID != "" && !installationPattern.MatchString(o.installationID) {
		return fmt.Errorf("--installation-id %q: %s", o.installationID, rule)
	}
	for _, id := range o.adopted {
		if !installationPattern.MatchString(id) {
			return fmt.Errorf("--adopt-installations: %q is not the id of an installation: %s", id, rule)
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
