package main

import (
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"

	"github.com/fargate-operator/fargate-operator/hack/image/oci"
)

// The values of annotations are YAML documents as
// https://artifacthub.io/docs/topics/annotations/helm/ describes them.

func (r *release) changesAnnotation() (string, error) { return marshal(r.section.changes) }

func (r *release) imagesAnnotation() (string, error) {
	var images []map[string]string
	for _, kind := range oci.Kinds() {
		name := image + kind.Suffix
		images = append(images, map[string]string{"name": name, "image": name + ":" + r.source.Version})
	}
	return marshal(images)
}

// crdsAnnotation lists the kinds that config/crd defines.
func (r *release) crdsAnnotation() (string, error) {
	files, err := filepath.Glob(filepath.Join(r.source.Dir, "config", "crd", "ci.fargate-operator.dev_*.yaml"))
	if err != nil {
		return "", err
	}
	var crds []map[string]string
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		var d definition
		if err := yaml.Unmarshal(content, &d); err != nil {
			return "", fmt.Errorf("parsing %s: %w", file, err)
		}
		for _, version := range d.Spec.Versions {
			crds = append(crds, map[string]string{
				"kind":        d.Spec.Names.Kind,
				"version":     version.Name,
				"name":        d.Metadata.Name,
				"displayName": d.Spec.Names.Kind,
				"description": version.Schema.OpenAPIV3Schema.Description,
			})
		}
	}
	return marshal(crds)
}

// definition is what this program reads of a CustomResourceDefinition.
type definition struct {
	Metadata struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		Names struct {
			Kind string `json:"kind"`
		} `json:"names"`
		Versions []struct {
			Name   string `json:"name"`
			Schema struct {
				OpenAPIV3Schema struct {
					Description string `json:"description"`
				} `json:"openAPIV3Schema"`
			} `json:"schema"`
		} `json:"versions"`
	} `json:"spec"`
}

func marshal(value any) (string, error) {
	content, err := yaml.Marshal(value)
	return string(content), err
}
