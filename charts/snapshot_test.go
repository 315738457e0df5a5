package charts_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The snapshots show a reviewer what a change of a template does. Run `go test ./charts -update` to update them.
func TestOperatorChart_EveryValueSet_RendersItsSnapshot(t *testing.T) {
	for name, values := range valueSets(t) {
		t.Run(name, func(t *testing.T) {
			snapshot := filepath.Join("testdata", name+".yaml")
			got := render(t, operatorChart, "--values", values)
			if *update {
				if err := os.WriteFile(snapshot, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(snapshot)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s differs, -update rewrites it (-want +got):\n%s", snapshot, diff)
			}
		})
	}
}
