package main

import (
	"os/exec"
	"strings"
	"testing"
)

// The stage binary starts many times per job: what only the controller needs
// would slow down every start.
func TestBinary_LeavesOutWhatOnlyTheControllerNeeds(t *testing.T) {
	output, err := exec.Command("go", "list", "-deps", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for dependency := range strings.Lines(string(output)) {
		for _, unwanted := range []string{"sigs.k8s.io/controller-runtime", "github.com/prometheus/", "github.com/fargate-operator/fargate-operator/controllers/"} {
			if strings.HasPrefix(dependency, unwanted) {
				t.Errorf("links %s", strings.TrimSpace(dependency))
			}
		}
	}
}
