package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"

	"github.com/fargate-operator/fargate-operator/internal/test/controlplane"
)

// image is the image's name in charts and manifests until a registry is set.
const image = "fargate-operator"

// makeManifests writes what `kubectl apply` takes: the CRDs alone, and the whole installation with this version's image.
func (r *release) makeManifests(ctx context.Context) error {
	kubectl, err := controlplane.BuildKubectl(ctx)
	if err != nil {
		return err
	}
	crds, err := output(ctx, nil, kubectl, "kustomize", filepath.Join(r.source.Dir, "config", "crd"))
	if err != nil {
		return err
	}
	if err := r.write("crds.yaml", crds); err != nil {
		return err
	}
	overlay, err := r.newOverlay()
	if err != nil {
		return fmt.Errorf("setting the version in config/default: %w", err)
	}
	defer os.RemoveAll(overlay)
	install, err := output(ctx, nil, kubectl, "kustomize", overlay)
	if err != nil {
		return err
	}
	return r.write("install.yaml", install)
}

// newOverlay creates a directory for kustomize that sets the version on top of config/default.
func (r *release) newOverlay() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "overlay-"); err != nil {
		return "", err
	}
	base, err := filepath.Abs(filepath.Join(r.source.Dir, "config", "default"))
	if err != nil {
		return "", err
	}
	// Kustomize wants a relative path.
	if base, err = filepath.Rel(dir, base); err != nil {
		return "", err
	}
	kustomization, err := yaml.Marshal(map[string]any{
		"apiVersion": "kustomize.config.k8s.io/v1beta1",
		"kind":       "Kustomization",
		"resources":  []string{base},
		"images":     []map[string]string{{"name": image, "newTag": r.source.Version}},
	})
	if err != nil {
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(dir, "kustomization.yaml"), kustomization, 0o600)
}
