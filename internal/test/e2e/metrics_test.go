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

// What the queries of a page, of the alerts and of the dashboard ask for: the
// labels of a selector, and those that a sum is by.
var (
	selector    = regexp.MustCompile(`([a-z_]+)\\?\{([a-z]+[!=~]+[^}]*)\}`)
	matcher     = regexp.MustCompile(`([a-z_]+)(=~|!=|!~|=)\\?"([^"\\]*)`)
	aggregation = regexp.MustCompile(`by \(([a-z_, ]+)\)`)
)

func TestMetrics_Queries_AskForWhatIsServed(t *testing.T) {
	runJobsForMetrics(t)
	served := scrape(t)
	for _, file := range []string{
		"docs/observability.md",
		"charts/fargate-operator/files/alerts.yaml",
		"charts/fargate-operator/files/dashboard.json",
	} {
		text, err := os.ReadFile("../../../" + file)
		if err != nil {
			t.Fatal(err)
		}
		names := metricName.FindAllString(string(text), -1)
		if len(names) == 0 {
			t.Errorf("%s has no queries", file)
		}
		for _, name := range names {
			if served[name] == nil && served[strings.TrimSuffix(name, "_bucket")] == nil {
				t.Errorf("%s uses %s, which the manager does not serve", file, name)
			}
		}
		checkLabels(t, file, string(text), served)
	}
}

// checkLabels reports labels in queries that no metric has, and values that a
// label of the selected metric never has.
func checkLabels(t *testing.T, file, text string, served map[string]*dto.MetricFamily) {
	t.Helper()
	all := map[string]bool{"le": true}
	for _, family := range served {
		for label := range valuesOf(family) {
			all[label] = true
		}
	}
	for _, found := range aggregation.FindAllStringSubmatch(text, -1) {
		for label := range strings.SplitSeq(found[1], ",") {
			if !all[strings.TrimSpace(label)] {
				t.Errorf("%s sums by %s, which no metric has", file, label)
			}
		}
	}
	for _, found := range selector.FindAllStringSubmatch(text, -1) {
		values := valuesOf(served[found[1]])
		for _, match := range matcher.FindAllStringSubmatch(found[2], -1) {
			for value := range strings.SplitSeq(match[3], "|") {
				if !values[match[1]][value] {
					t.Errorf("%s: %s has no label %s with value %s", file, found[1], match[1], value)
				}
			}
		}
	}
}

// valuesOf returns the values that each label of a metric has.
func valuesOf(family *dto.MetricFamily) map[string]map[string]bool {
	values := map[string]map[string]bool{}
	for _, metric := range family.GetMetric() {
		for _, label := range metric.GetLabel() {
			if values[label.GetName()] == nil {
				values[label.GetName()] = map[string]bool{}
			}
			values[label.GetName()][label.GetValue()] = true
		}
	}
	return values
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
