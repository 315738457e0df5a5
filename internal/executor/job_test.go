package executor

import (
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/gitlab"
)

func TestJobName_OfAttempts_AreValidAndDiffer(t *testing.T) {
	ci := &gitlab.Job{ID: math.MaxInt64}
	names := map[string]bool{}
	for range 2 {
		name, err := newAttempt(t).jobName(ci)
		if err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`).MatchString(name) {
			t.Errorf("%q is not a DNS label", name)
		}
		names[name] = true
	}
	if len(names) != 2 {
		t.Errorf("two attempts have one name: %v", names)
	}
}

func TestNewJob_Owner_IsAPodOfTheSameNamespace(t *testing.T) {
	for name, test := range map[string]struct {
		pod  Pod
		want int
	}{
		"no pod":            {Pod{}, 0},
		"same namespace":    {Pod{Namespace: "ci", Name: "runner", UID: "1"}, 1},
		"another namespace": {Pod{Namespace: "runners", Name: "runner", UID: "1"}, 0},
		"no UID":            {Pod{Namespace: "ci", Name: "runner"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			job := newJob("ci", "job-1-a", &chosen{class: "c"}, &gitlab.Job{ID: 1}, test.pod)
			if len(job.OwnerReferences) != test.want {
				t.Errorf("owners: %v", job.OwnerReferences)
			}
		})
	}
}

func TestIdentity_TooMuchOfIt_IsCut(t *testing.T) {
	got := identity(&gitlab.Job{
		ID:         1,
		PipelineID: -1,
		Name:       strings.Repeat("é", 300) + "\xff",
		URL:        "https://user:password@gitlab.example.com/",
	})
	if got.Name != strings.Repeat("é", 255) {
		t.Errorf("name %q", got.Name)
	}
	if got.URL != "" || got.PipelineID != 0 {
		t.Errorf("URL %q, pipeline %d", got.URL, got.PipelineID)
	}
}

func TestPageURL_WhatTheAPIRefuses_IsLeftOut(t *testing.T) {
	for text, want := range map[string]string{
		"https://gitlab.example.com/a/-/jobs/1": "https://gitlab.example.com/a/-/jobs/1",
		"HTTPS://gitlab.example.com/a":          "",
		"https://":                              "",
		"ftp://gitlab.example.com":              "",
		"gitlab.example.com":                    "",
	} {
		if got := pageURL(text); got != want {
			t.Errorf("%s becomes %q, want %q", text, got, want)
		}
	}
}

func TestActiveDeadline_IsTimeoutAndMargin(t *testing.T) {
	for name, test := range map[string]struct {
		timeout time.Duration
		want    int32
	}{
		"an hour":    {time.Hour, 3600 + 1800},
		"unknown":    {0, 24*3600 + 1800},
		"two months": {60 * 24 * time.Hour, 2678400},
		"forever":    {math.MaxInt64, 2678400},
	} {
		t.Run(name, func(t *testing.T) {
			if got := activeDeadlineSeconds(test.timeout); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}
