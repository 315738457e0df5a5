package main

import (
	"os/exec"
	"strings"
	"testing"
)

// The stage binary starts many times per job: code that it does not need slows
// down every start.
func TestBinary_LeavesOutWhatSlowsItsStart(t *testing.T) {
	output, err := exec.Command("go", "list", "-deps", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for dependency := range strings.Lines(string(output)) {
		for _, unwanted := range []string{
			"sigs.k8s.io/controller-runtime", "github.com/prometheus/", "github.com/fargate-operator/fargate-operator/controllers/",
			// Since 1.88 the client of CloudWatch Logs builds these at each start, in 3 ms of CPU.
			"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/schemas",
		} {
			if strings.HasPrefix(dependency, unwanted) {
				t.Errorf("links %s", strings.TrimSpace(dependency))
			}
		}
	}
}
