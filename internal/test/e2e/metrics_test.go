package e2e

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/fargate-operator/fargate-operator/controllers/metrics"
)

func TestMetrics_AfterJobs_HaveDocumentedLabelValuesOnly(t *testing.T) {
	runJobsForMetrics(t)
	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics.Collectors()...)
	fromTheStart, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, family := range fromTheStart {
		for _, series := range seriesOf(family) {
			documented[series] = true
		}
	}
	for name, family := range scrape(t) {
		if !strings.HasPrefix(name, "fargate_operator_") {
			continue
		}
		for _, series := range seriesOf(family) {
			if !documented[series] {
				t.Errorf("%s is not among the series that the reference page lists", series)
			}
		}
	}
}

// metricName finds the metrics in the queries of a page.
var metricName = regexp.MustCompile(`\b(fargate_operator|leader_election|controller_runtime|workqueue|rest_client)_[a-z_]+[a-z]`)

func TestMetrics_NamesInObservabilityPage_AreServed(t *testing.T) {
	runJobsForMetrics(t)
	page, err := os.ReadFile("../../../docs/observability.md")
	if err != nil {
		t.Fatal(err)
	}
	served := scrape(t)
	for _, name := range metricName.FindAllString(string(page), -1) {
		if served[name] == nil && served[strings.TrimSuffix(name, "_bucket")] == nil {
			t.Errorf("docs/observability.md uses %s, which the manager does not serve", name)
		}
	}
}

// runJobsForMetrics runs a job that succeeds and one that stalls.
func runJobsForMetrics(t *testing.T) {
	t.Helper()
	var log lockedBuffer
	if result := defaultRunner(t).Run(t.Context(), newJob(t), &log); result.Err != nil {
		t.Fatalf("%v\n%s", result.Err, log.String())
	}
	if result := newRunner(t, "no-such-class").Run(t.Context(), newJob(t), &log); result.Err == nil {
		t.Fatal("the job succeeded without a class")
	}
	assertNothingLeft(t)
}

// scrape reads the manager's metrics.
func scrape(t *testing.T) map[string]*dto.MetricFamily {
	t.Helper()
	response, err := http.Get(stack.MetricsURL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// seriesOf names the series of a metric: its name and label values.
func seriesOf(family *dto.MetricFamily) []string {
	var series []string
	for _, metric := range family.GetMetric() {
		text := family.GetName()
		for _, label := range metric.GetLabel() {
			text += " " + label.GetName() + "=" + label.GetValue()
		}
		series = append(series, text)
	}
	return series
}
