package controlplane

import (
	"context"
	"fmt"
	"strings"

	"github.com/fargate-operator/fargate-operator/internal/test/gobuild"
)

// Build returns the path of the control plane's binary, bin/controlplane in the repository, and builds it first if it is
// missing or older than its sources. The first build compiles Kubernetes and takes several minutes; callers that find
// another one building wait for it. The working directory must be inside the repository.
func Build(ctx context.Context) (binary string, err error) {
	return build(ctx, "controlplane", ".")
}

// BuildKubectl returns the path of a kubectl of the control plane's version, bin/kubectl, under the rules of Build.
func BuildKubectl(ctx context.Context) (binary string, err error) {
	return build(ctx, "kubectl", "./kubectl")
}

func build(ctx context.Context, name, pkg string) (string, error) {
	return gobuild.Build(ctx, gobuild.Program{
		Name: name, Module: "controlplane", Package: pkg, LinkerFlags: versionFlags,
	})
}

// versionFlags set the version of Kubernetes (such as v1.37.2) in the binary, as the script of a release build does:
// clients ask for it.
func versionFlags(ctx context.Context, dir string) (string, error) {
	version, err := gobuild.ModuleVersion(ctx, dir, "k8s.io/kubernetes")
	if err != nil {
		return "", err
	}
	parts := strings.Split(version, ".")
	var flags []string
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		flags = append(flags, fmt.Sprintf("-X %[1]s.gitVersion=%[2]s -X %[1]s.gitMajor=%[3]s -X %[1]s.gitMinor=%[4]s",
			pkg, version, strings.TrimPrefix(parts[0], "v"), parts[1]))
	}
	return strings.Join(flags, " "), nil
}
