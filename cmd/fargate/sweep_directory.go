package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/internal/driverconfig"
	"github.com/fargate-operator/fargate-operator/internal/executor"
	"github.com/fargate-operator/fargate-operator/internal/standalone"
)

// inDirectory lists what jobs without Kubernetes left behind, and the files of
// jobs in Kubernetes, of which inKubernetes knows whether they exist.
func (s *sweep) inDirectory(ctx context.Context, config *driverconfig.Config, log *slog.Logger, inKubernetes func(types.NamespacedName) (exists, known bool)) ([]leftBehind, error) {
	options := standaloneOptions(config, log)
	options.Adopted, options.InKubernetes = s.adopted, inKubernetes
	store, err := standalone.Open(options)
	if err != nil {
		return nil, err
	}
	leftovers, err := store.Leftovers(ctx, s.age)
	var found []leftBehind
	for _, leftover := range leftovers {
		found = append(found, leftBehind{
			what: describe(leftover),
			why:  leftover.Why,
			stop: func(ctx context.Context) error { return store.Stop(ctx, leftover) },
		})
	}
	return found, err
}

// describe names a leftover by its file, or by its job, its task or both.
func describe(leftover standalone.Leftover) string {
	switch {
	case executor.IsConnectionFile(filepath.Base(leftover.File)):
		return "connection file " + leftover.File
	case leftover.File != "":
		return "draft " + leftover.File
	case leftover.Job == "":
		return "task " + leftover.Task
	case leftover.Task == "":
		return leftover.Job + ", whose task is not known"
	default:
		return fmt.Sprintf("%s with task %s", leftover.Job, leftover.Task)
	}
}
