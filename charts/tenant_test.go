package charts_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/driverconfig"
	"github.com/fargate-operator/fargate-operator/internal/kubestore"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/helm"
)

func TestTenants_WhatCannotBe_IsRefusedByName(t *testing.T) {
	for name, test := range map[string]struct{ values, want string }{
		"a namespace twice":        {"tenants: [{namespace: ci}, {namespace: ci}]", "tenants: namespace ci is listed twice"},
		"a namespace not served":   {"{watchNamespaces: [a], tenants: [{namespace: b}]}", "tenants: the controller does not serve namespace b: add it to watchNamespaces"},
		"a section of the chart's": {"tenants: [{namespace: ci, fargateToml: \"[SSH]\\nPort = 22\\n[Kubernetes]\\nTaskClass = 'a'\"}]", "tenants: fargateToml of namespace ci has a section [Kubernetes], which the chart writes itself: leave it out, and name the tenant's class in taskClass"},
		"a spelling of it":         {"tenants: [{namespace: ci, fargateToml: \" [ kubernetes ] # here\"}]", "fargateToml of namespace ci has a section [Kubernetes]"},
		"a key of the section":     {"tenants: [{namespace: ci, fargateToml: \"Kubernetes.TaskClass = 'a'\"}]", "fargateToml of namespace ci has a section [Kubernetes]"},
		"no namespace":             {"tenants: [{taskClass: default}]", "/tenants/0"},
		"unknown key":              {"tenants: [{namespace: ci, class: default}]", "/tenants/0"},
		"class with a bad name":    {"tenants: [{namespace: ci, allowedClasses: [Large]}]", "/tenants/0/allowedClasses/0"},
		"account with a bad name":  {"tenants: [{namespace: ci, serviceAccount: {name: a/b}}]", "/tenants/0/serviceAccount/name"},
		"group that ends a string": {"policy: {exemptGroups: [\"it's\"]}", "/policy/exemptGroups/0"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := helm.Run(t.Context(), "template", release, operatorChart, "--values", valuesFile(t, test.values))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestTenants_FargateTomlThatMentionsKubernetes_IsNoSectionOfTheCharts(t *testing.T) {
	render(t, operatorChart, "--values", valuesFile(t, `
tenants:
  - namespace: ci
    fargateToml: |
      # [Kubernetes] comes from the chart.
      [Fargate.Tags]
      kubernetes = "platform"
`))
}

func TestTenants_FargateToml_LoadsWithTheTenantsOwnLines(t *testing.T) {
	manifests := render(t, operatorChart, "--values", valuesFile(t, `
tenants:
  - {namespace: plain}
  - namespace: special
    taskClass: large
    fargateToml: |
      LogFormat = "json"

      [SSH]
      Username = "ci"
`))
	for namespace, want := range map[string]struct{ class, format, user string }{
		"plain":   {"default", "text", ""},
		"special": {"large", "json", "ci"},
	} {
		t.Run(namespace, func(t *testing.T) {
			config := loadToml(t, configMap(t, manifests, namespace, "fargate-executor")["fargate.toml"])
			if got := *config.Kubernetes; got.Namespace != namespace || got.TaskClass != want.class {
				t.Errorf("jobs go to namespace %q with class %q", got.Namespace, got.TaskClass)
			}
			if config.LogFormat != want.format || config.SSH.Username != want.user {
				t.Errorf("log format %q, user %q", config.LogFormat, config.SSH.Username)
			}
		})
	}
}

// The executor's client can make all its calls, and its account has no other rights.
func TestTenants_Role_IsWhatTheExecutorNeeds(t *testing.T) {
	c := newJobClient(t, env.Config())
	namespace := env.NewNamespace(t)
	create(t, c, render(t, operatorChart, "--values", valuesFile(t, "tenants: [{namespace: "+namespace+"}]"),
		"--show-only", "templates/tenant-rbac.yaml"))
	config := accountConfig(t, c, namespace, "gitlab-runner")
	store, err := kubestore.New(config, namespace)
	if err != nil {
		t.Fatal(err)
	}
	job := newJob(namespace, "default")
	eventually.Succeeds(t, "the job is created", func() error { return store.Create(t.Context(), job) })
	key := client.ObjectKeyFromObject(job)
	seen, labeled := errors.New("seen"), false
	err = store.Watch(t.Context(), key, func(*v1alpha1.FargateJob) error {
		if labeled {
			return seen
		}
		labeled = true // What follows comes from the watch, not from the read before it.
		return c.Patch(t.Context(), job.DeepCopy(), client.RawPatch(types.MergePatchType, []byte(`{"metadata": {"labels": {"a": "b"}}}`)))
	})
	if !errors.Is(err, seen) {
		t.Errorf("watch: %v", err)
	}
	if jobs, err := store.List(t.Context()); err != nil || len(jobs) != 1 {
		t.Errorf("list: %d jobs, %v", len(jobs), err)
	}
	if _, err := store.KeyType(t.Context(), v1alpha1.DefaultClassName); err != nil {
		t.Errorf("reading a class: %v", err)
	}
	runner := newJobClient(t, config)
	wantForbidden(t, runner.List(t.Context(), &v1alpha1.FargateJobList{}), `cannot list resource "fargatejobs"`)
	wantForbidden(t, runner.List(t.Context(), &v1alpha1.FargateTaskClassList{}, client.InNamespace(namespace)), `cannot list resource "fargatetaskclasses"`)
	forced := client.RawPatch(types.MergePatchType, []byte(`{"metadata": {"annotations": {"`+v1alpha1.ForceDeleteAnnotation+`": "true"}}}`))
	wantForbidden(t, runner.Patch(t.Context(), job.DeepCopy(), forced), `cannot patch resource "fargatejobs"`)
	wantForbidden(t, runner.Status().Patch(t.Context(), job.DeepCopy(), forced), `cannot patch resource "fargatejobs/status"`)
	wantForbidden(t, runner.List(t.Context(), &corev1.SecretList{}, client.InNamespace(namespace)), `cannot list resource "secrets"`)
	if err := store.Delete(t.Context(), key); err != nil {
		t.Error(err)
	}
}

// configMap returns the data of a ConfigMap among manifests.
func configMap(t *testing.T, manifests, namespace, name string) map[string]string {
	t.Helper()
	for _, object := range decode(t, manifests) {
		if object.GetKind() != "ConfigMap" || object.GetNamespace() != namespace || object.GetName() != name {
			continue
		}
		var configMap corev1.ConfigMap
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &configMap); err != nil {
			t.Fatal(err)
		}
		return configMap.Data
	}
	t.Fatalf("there is no ConfigMap %s/%s", namespace, name)
	return nil
}

func loadToml(t *testing.T, text string) *driverconfig.Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "fargate.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := driverconfig.Load(file)
	if err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	return config
}

// create creates the objects of manifests, and deletes those that no namespace takes with it after the test.
func create(t *testing.T, c client.Client, manifests string) {
	t.Helper()
	for _, object := range decode(t, manifests) {
		if err := c.Create(t.Context(), object); err != nil {
			t.Fatalf("%s %s: %v", object.GetKind(), object.GetName(), err)
		}
		if object.GetNamespace() != "" {
			continue
		}
		t.Cleanup(func() {
			if err := c.Delete(context.Background(), object); err != nil {
				t.Error(err)
			}
		})
	}
}

// accountConfig returns a client configuration with a token of a service account.
func accountConfig(t *testing.T, c client.Client, namespace, name string) *rest.Config {
	t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	token := &authenticationv1.TokenRequest{}
	if err := c.SubResource("token").Create(t.Context(), account, token); err != nil {
		t.Fatal(err)
	}
	config := rest.AnonymousClientConfig(env.Config())
	config.BearerToken = token.Status.Token
	return config
}
