package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"

	"github.com/fargate-operator/fargate-operator/internal/test/helm"
)

// makeCharts packages the charts with their version and with annotations that only a release knows.
func (r *release) makeCharts(ctx context.Context) error {
	changes, err := r.changesAnnotation()
	if err != nil {
		return err
	}
	images, err := r.imagesAnnotation()
	if err != nil {
		return err
	}
	crds, err := r.crdsAnnotation()
	if err != nil {
		return err
	}
	for name, annotations := range map[string]map[string]string{
		"fargate-operator":      {"artifacthub.io/changes": changes, "artifacthub.io/images": images},
		"fargate-operator-crds": {"artifacthub.io/changes": changes, "artifacthub.io/crds": crds},
	} {
		if err := r.packageChart(ctx, name, annotations); err != nil {
			return fmt.Errorf("chart %s: %w", name, err)
		}
	}
	return nil
}

func (r *release) packageChart(ctx context.Context, name string, annotations map[string]string) error {
	binary, err := helm.Build(ctx)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "chart-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	chart := filepath.Join(work, name)
	if err := os.CopyFS(chart, os.DirFS(filepath.Join(r.source.Dir, "charts", name))); err != nil {
		return err
	}
	if err := annotate(filepath.Join(chart, "Chart.yaml"), annotations); err != nil {
		return err
	}
	_, err = output(ctx, []string{fmt.Sprintf("SOURCE_DATE_EPOCH=%d", r.source.Time.Unix())}, binary,
		"package", chart, "--destination", r.output, "--version", r.number(), "--app-version", r.source.Version)
	return err
}

// annotate adds annotations to a Chart.yaml.
func annotate(file string, annotations map[string]string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var chart map[string]any
	if err := yaml.Unmarshal(content, &chart); err != nil {
		return fmt.Errorf("parsing %s: %w", file, err)
	}
	all := map[string]any{}
	if own, ok := chart["annotations"].(map[string]any); ok {
		maps.Copy(all, own)
	}
	for key, value := range annotations {
		all[key] = value
	}
	chart["annotations"] = all
	if content, err = yaml.Marshal(chart); err != nil {
		return err
	}
	return os.WriteFile(file, content, 0o600)
}
