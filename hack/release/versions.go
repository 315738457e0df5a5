package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// chartNames are the charts of a release, directories in charts/.
var chartNames = []string{"fargate-operator", "fargate-operator-crds"}

// checkTree refuses a version that differs from the tree's. The packages would still be right, but an installation from
// the tag would get another image.
func checkTree(dir, version string) error {
	errs := []error{checkKustomization(filepath.Join(dir, "config", "default", "kustomization.yaml"), version)}
	for _, name := range chartNames {
		errs = append(errs, checkChart(filepath.Join(dir, "charts", name, "Chart.yaml"), version))
	}
	return errors.Join(errs...)
}

func checkChart(file, version string) error {
	var chart struct {
		Version    string `json:"version"`
		AppVersion string `json:"appVersion"`
	}
	if err := readYAML(file, &chart); err != nil {
		return err
	}
	return errors.Join(
		mismatch(file, "version", chart.Version, strings.TrimPrefix(version, "v")),
		mismatch(file, "appVersion", chart.AppVersion, version),
	)
}

func checkKustomization(file, version string) error {
	var kustomization struct {
		Images []struct {
			Name   string `json:"name"`
			NewTag string `json:"newTag"`
		} `json:"images"`
	}
	if err := readYAML(file, &kustomization); err != nil {
		return err
	}
	tag := ""
	for _, entry := range kustomization.Images {
		if entry.Name == image {
			tag = entry.NewTag
		}
	}
	return mismatch(file, "newTag of the image", tag, version)
}

func readYAML(file string, into any) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := yaml.Unmarshal(content, into); err != nil {
		return fmt.Errorf("parsing %s: %w", file, err)
	}
	return nil
}

func mismatch(file, key, got, want string) error {
	if got == want {
		return nil
	}
	return fmt.Errorf("%s: %s is %q: set it to %s, run make generate and commit, or correct VERSION", file, key, got, want)
}
