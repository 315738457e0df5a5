package gitops_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	helmv2 "github.com/fluxcd/helm-controller/api/v2"
	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	sourcev1 "github.com/fluxcd/source-controller/api/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/fargate-operator/fargate-operator/internal/test/helm"
)

// Argo CD's Go types come with most of Kubernetes. Its objects are checked for
// what they share with Flux' alone.
const argoGroup = "argoproj.io"

func TestExamples_ObjectsOfFlux_HaveOnlyFieldsThatFluxKnows(t *testing.T) {
	scheme := runtime.NewScheme()
	builder := runtime.NewSchemeBuilder(helmv2.AddToScheme, kustomizev1.AddToScheme, sourcev1.AddToScheme)
	if err := builder.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	for name, e := range examples(t) {
		if !strings.HasSuffix(e.GroupVersionKind().Group, ".fluxcd.io") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			if _, _, err := decoder.Decode(e.text, nil, nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// Without a kustomization.yaml Flux applies all that lies below a path, and in
// one go: what depends on something else would keep everything from coming.
func TestExamples_BootstrapPathOfFlux_HasKustomizationsOfOtherPathsAlone(t *testing.T) {
	const bootstrap = "flux/fleet"
	found := 0
	err := filepath.WalkDir(bootstrap, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && path != bootstrap+"/fleet.yaml" {
			t.Errorf("%s: Flux applies it together with the Kustomizations", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, e := range examples(t) {
		if e.file != bootstrap+"/fleet.yaml" {
			continue
		}
		found++
		if e.GetKind() != "Kustomization" || e.GetNamespace() != "flux-system" {
			t.Errorf("%s is not a Kustomization in the namespace that the bootstrap makes", name)
			continue
		}
		path, _, err := unstructured.NestedString(e.Object, "spec", "path")
		if err != nil {
			t.Fatal(err)
		}
		inside, err := filepath.Rel("examples/gitops", path)
		if err != nil {
			t.Fatal(err)
		}
		if entry, err := os.Stat(inside); err != nil || !entry.IsDir() {
			t.Errorf("%s: there is no directory %s (%v)", name, path, err)
		}
		if overlap(inside, bootstrap) {
			t.Errorf("%s: %s and the bootstrap path have objects in common", name, path)
		}
	}
	if found == 0 {
		t.Error("no Kustomizations")
	}
}

// overlap tells whether one of two directories is in the other.
func overlap(a, b string) bool {
	return strings.HasPrefix(a+"/", b+"/") || strings.HasPrefix(b+"/", a+"/")
}

func TestExamples_ObjectsOfTheCluster_AreAccepted(t *testing.T) {
	c, err := client.New(env.Config(), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	strict := client.WithFieldValidation(c, metav1.FieldValidationStrict)
	for name, e := range examples(t) {
		group := e.GroupVersionKind().Group
		if group == argoGroup || strings.HasSuffix(group, ".fluxcd.io") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			if namespace := e.GetNamespace(); namespace != "" {
				object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
				if err := c.Create(t.Context(), object); err != nil && !apierrors.IsAlreadyExists(err) {
					t.Fatal(err)
				}
			}
			err := strict.Create(t.Context(), e.Unstructured, client.DryRunAll)
			if err != nil && !apierrors.IsAlreadyExists(err) {
				t.Error(err)
			}
		})
	}
}

func TestExamples_Values_AreTheChartsOwn(t *testing.T) {
	const chart = "../../charts/fargate-operator"
	for name, path := range map[string][]string{
		"flux/operator/releases.yaml/HelmRelease/fargate-operator": {"spec", "values"},
		"argocd/apps/operator.yaml/Application/fargate-operator":   {"spec", "source", "helm", "valuesObject"},
	} {
		t.Run(name, func(t *testing.T) {
			values, found, err := unstructured.NestedMap(examples(t)[name].Object, path...)
			if err != nil || !found {
				t.Fatalf("no values: %v", err)
			}
			content, err := yaml.Marshal(values)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "values.yaml")
			if err := os.WriteFile(file, content, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := helm.Run(t.Context(), "template", "fargate-operator", chart, "--values", file); err != nil {
				t.Error(err)
			}
		})
	}
}

// A namespace takes its FargateJobs along, a definition all of them, and
// without the default class new jobs fail.
func TestExamples_WhatJobsNeed_IsNeverPruned(t *testing.T) {
	for name, e := range examples(t) {
		if e.GetKind() != "Namespace" && (e.GetKind() != "FargateTaskClass" || e.GetName() != "default") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			options := strings.Split(e.GetAnnotations()["argocd.argoproj.io/sync-options"], ",")
			if !slices.Contains(options, "Prune=false") || !slices.Contains(options, "Delete=false") {
				t.Error("Argo CD prunes or deletes it")
			}
			if e.GetAnnotations()["kustomize.toolkit.fluxcd.io/prune"] != "disabled" {
				t.Error("Flux prunes it")
			}
		})
	}
	definitions := examples(t)["argocd/apps/operator.yaml/Application/fargate-operator-crds"]
	if prune, found, err := unstructured.NestedBool(definitions.Object, "spec", "syncPolicy", "automated", "prune"); err != nil || !found || prune {
		t.Errorf("Argo CD prunes the definitions: %v", err)
	}
}
