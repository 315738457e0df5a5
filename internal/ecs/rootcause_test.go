package ecs

import (
	"errors"
	"fmt"
	"testing"
)

func TestRootCause_RetryQuotaIsEmpty_IsStillTheNetworks(t *testing.T) {
	refused := fmt.Errorf("https response error StatusCode: 0: %w", errors.New("connect: connection refused"))
	err := fmt.Errorf("operation error ECS: RunTask, %w",
		errors.Join(refused, fmt.Errorf("failed to get rate limit token, %w", errors.New("retry quota exceeded"))))
	if got := rootCause(err).Error(); got != "connect: connection refused" {
		t.Errorf("got %q, want the refused connection", got)
	}
}

func TestSteady_WhatBelongsToOneTry_IsLeftOut(t *testing.T) {
	for text, want := range map[string]string{
		"lookup ecs.example on 10.0.0.2:53: read udp 127.0.0.1:46333->10.0.0.2:53: i/o timeout":                             "lookup ecs.example on 10.0.0.2:53: read udp 10.0.0.2:53: i/o timeout",
		"read tcp [fd00::1]:40112->[fd00::2]:443: read: connection reset by peer":                                           "read tcp [fd00::2]:443: read: connection reset by peer",
		"EC2 said no (Service: AmazonEC2; Status Code: 503; Request ID: 8a3d1c1e-0000-4000-8000-00000000000a; Proxy: null)": "EC2 said no (Service: AmazonEC2; Status Code: 503; Proxy: null)",
		"You are not authorized to perform this operation. Encoded authorization failure message: Hk2aB-_x":                 "You are not authorized to perform this operation",
		"Signature expired: 20261201T010203Z is now earlier than 20261201T010703Z (20261201T011203Z - 5 min.)":              "Signature expired: <time> is now earlier than <time> (<time> - 5 min.)",
		"failed to refresh, token expired at 2026-12-01 01:02:03 +0000 UTC":                                                 "failed to refresh, token expired at <time>",
		"two\nlines":                        "two lines",
		"The subnet ID 'subnet-1' is wrong": "The subnet ID 'subnet-1' is wrong",
	} {
		if got := steady(text); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}
