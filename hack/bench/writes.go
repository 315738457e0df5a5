package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// requestsMetric counts the API server's requests. Source: "Kubernetes Metrics
// Reference" in the Kubernetes documentation.
const requestsMetric = "apiserver_request_total"

// What counts as a write: every request that may change an object of ours, or
// an event about one, including refused ones.
var (
	writeVerbs    = []string{"POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"}
	writtenGroups = []string{v1alpha1.GroupVersion.Group, "events.k8s.io"}
)

// Writes count as settled when none has come for settlePause.
const (
	settlePause  = time.Second
	settleWithin = time.Minute
)

// settledWrites returns the writes once no more come: the manager has finished
// its start, and the API server has counted the last answer, which it does
// after sending it.
func (s *stack) settledWrites(ctx context.Context) (map[string]int, error) {
	var last map[string]int
	err := wait.PollUntilContextTimeout(ctx, settlePause, settleWithin, true, func(ctx context.Context) (bool, error) {
		counts, err := s.writes(ctx)
		settled := maps.Equal(counts, last)
		last = counts
		return settled, err
	})
	if err != nil {
		return nil, fmt.Errorf("waiting until the API server gets no more writes: %w", err)
	}
	return last, nil
}

// writes returns how often the API server was asked to write since its start,
// by verb and resource.
func (s *stack) writes(ctx context.Context) (counts map[string]int, err error) {
	config, err := clientcmd.BuildConfigFromFlags("", s.Kubeconfig)
	if err != nil {
		return nil, err
	}
	api, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, config.Host+"/metrics", http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := api.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: %s", request.URL, response.Status)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(response.Body)
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", request.URL, err)
	}
	counts = map[string]int{}
	for _, metric := range families[requestsMetric].GetMetric() {
		labels := map[string]string{}
		for _, label := range metric.GetLabel() {
			labels[label.GetName()] = label.GetValue()
		}
		if slices.Contains(writeVerbs, labels["verb"]) && slices.Contains(writtenGroups, labels["group"]) {
			counts[writeKind(labels)] += int(metric.GetCounter().GetValue())
		}
	}
	return counts, nil
}

// writeKind is such as "PATCH fargatejobs/status", with the HTTP status if the
// request was refused.
func writeKind(labels map[string]string) string {
	kind := labels["verb"] + " " + labels["resource"]
	if labels["subresource"] != "" {
		kind += "/" + labels["subresource"]
	}
	if code := labels["code"]; code != "" && code[0] != '2' {
		kind += " (" + code + ")"
	}
	return kind
}
