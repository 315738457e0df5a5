package fargatejob_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/controllers/fargatejob"
)

func TestMetrics_Stalled_CountsEveryReasonOfTheAPI(t *testing.T) {
	want := slices.Concat(
		apiReasons(t, "Reasons of a job that is stalled before a task was accepted"),
		apiReasons(t, "Reasons of a job that is stalled after a task was accepted"),
	)
	slices.Sort(want)
	if diff := cmp.Diff(want, countedReasons(t, "fargate_operator_job_stalled_total")); diff != "" {
		t.Errorf("reasons differ (-API +counted):\n%s", diff)
	}
}

func TestMetrics_Launches_CountEveryReasonECSCanGive(t *testing.T) {
	want := []string{v1alpha1.ReasonLaunched, v1alpha1.ReasonRetrying}
	for _, reason := range apiReasons(t, "Reasons of a job that is stalled before a task was accepted") {
		// ECS is not asked in these two cases.
		if reason != v1alpha1.ReasonClassNotFound && reason != v1alpha1.ReasonOverrideRefused {
			want = append(want, reason)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, countedReasons(t, "fargate_operator_job_launches_total")); diff != "" {
		t.Errorf("reasons differ (-API +counted):\n%s", diff)
	}
}

// countedReasons are the values of a metric's label.
func countedReasons(t *testing.T, metric string) []string {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(fargatejob.Metrics()...)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() == metric {
				reasons = append(reasons, m.GetLabel()[0].GetValue())
			}
		}
	}
	slices.Sort(reasons)
	return reasons
}

// apiReasons are the constants of the API package in the group whose comment
// begins with a text.
func apiReasons(t *testing.T, comment string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../api/v1alpha1/fargatejob_conditions.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	for _, declaration := range file.Decls {
		group, ok := declaration.(*ast.GenDecl)
		if !ok || !strings.HasPrefix(group.Doc.Text(), comment) {
			continue
		}
		ast.Inspect(group, func(node ast.Node) bool {
			if literal, ok := node.(*ast.BasicLit); ok {
				reason, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				reasons = append(reasons, reason)
			}
			return true
		})
	}
	if len(reasons) == 0 {
		t.Fatalf("no constants under %q", comment)
	}
	return reasons
}
