package charts_test

import (
	"strings"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/test/helm"
)

// An image without a registry is the first thing that goes wrong, and the person who installs the chart does not look
// at the pods' events.
func TestNotes_ImageThatNoRegistryHas_IsWarnedOf(t *testing.T) {
	const warning = "WARNING: image.repository is not set"
	for name, test := range map[string]struct {
		args []string
		want bool
	}{
		"default":           {nil, true},
		"image of a mirror": {[]string{"--set", "image.repository=registry.example.com/fargate-operator"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"install", release, operatorChart, "--dry-run=client", "--namespace", release}
			output, err := helm.Run(t.Context(), append(args, test.args...)...)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(output, warning); got != test.want {
				t.Errorf("the notes warn: %t, want %t:\n%s", got, test.want, output)
			}
		})
	}
}
