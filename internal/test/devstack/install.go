package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/controlplane"
)

// NewClient returns a client that knows Kubernetes' own and this project's kinds.
func NewClient(config *rest.Config) (client.Client, error) {
	scheme := runtime.NewScheme()
	builder := runtime.NewSchemeBuilder(clientgoscheme.AddToScheme, v1alpha1.AddToScheme)
	if err := builder.AddToScheme(scheme); err != nil {
		return nil, err
	}
	return client.New(config, client.Options{Scheme: scheme})
}

// install sets up what a platform team would: CRDs, roles, a class, and a
// configuration for the runner.
func (s *Stack) install(ctx context.Context) error {
	crds, err := controlplane.CRDDir()
	if err != nil {
		return err
	}
	if err := controlplane.InstallCRDs(ctx, s.plane.Config(), crds); err != nil {
		return err
	}
	for _, name := range []string{operator, Namespace} {
		if err := s.Client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
			return err
		}
	}
	roles := filepath.Join(filepath.Dir(crds), "rbac")
	for _, file := range []string{"role.yaml", "manager_binding.yaml", "runner.yaml"} {
		if err := s.apply(ctx, filepath.Join(roles, file)); err != nil {
			return err
		}
	}
	if err := s.Client.Create(ctx, Class()); err != nil {
		return err
	}
	return s.writeConfig(ctx)
}

// Class returns a stack's FargateTaskClass, which is named default.
func Class() *v1alpha1.FargateTaskClass {
	return &v1alpha1.FargateTaskClass{
		ObjectMeta: metav1.ObjectMeta{Name: v1alpha1.DefaultClassName, Namespace: Namespace},
		Spec: v1alpha1.FargateTaskClassSpec{TaskTemplate: v1alpha1.TaskTemplate{
			Region:         Region,
			Cluster:        Cluster,
			TaskDefinition: TaskDefinition,
			Network:        v1alpha1.Network{Subnets: []string{"subnet-local-a", "subnet-local-b"}, SecurityGroups: []string{"sg-local"}},
			SSH:            v1alpha1.SSHServer{Port: Port},
		}},
	}
}

// apply creates the objects of a file, in the jobs' namespace unless they have
// one.
func (s *Stack) apply(ctx context.Context, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	documents := yaml.NewYAMLOrJSONDecoder(f, 4096)
	for {
		var object unstructured.Unstructured
		err := documents.Decode(&object)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		namespaced, err := s.Client.IsObjectNamespaced(&object)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if namespaced && object.GetNamespace() == "" {
			object.SetNamespace(Namespace)
		}
		if err := s.Client.Create(ctx, &object); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
}

// writeConfig writes the fargate.toml of a runner whose jobs use the default
// class.
func (s *Stack) writeConfig(ctx context.Context) error {
	kubeconfig, err := s.ServiceAccountKubeconfig(ctx, Namespace, "gitlab-runner")
	if err != nil {
		return err
	}
	s.runnerKubeconfig = kubeconfig
	s.Config, err = s.ConfigFor(v1alpha1.DefaultClassName)
	return err
}

// ConfigFor writes the fargate.toml of a runner whose jobs use a class, and
// returns its path.
func (s *Stack) ConfigFor(class string) (string, error) {
	file := filepath.Join(s.dir, "fargate-"+class+".toml")
	return file, os.WriteFile(file, fmt.Appendf(nil, `LogLevel = "info"
LogFormat = "text"

[Kubernetes]
  Namespace = %q
  TaskClass = %q
  Kubeconfig = %q
`, Namespace, class, s.runnerKubeconfig), 0o600)
}
