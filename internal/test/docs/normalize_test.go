package docs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/test/docs"
)

func TestNormalize_WhatVariesBecomesASample(t *testing.T) {
	for name, test := range map[string]struct{ output, want string }{
		"a table of kubectl get": {
			output: "NAME    STATUS   ADDRESS          AGE    TASK DEFINITION\n" +
				"job-1   Ready    127.127.103.219  1m12s  ci\n" +
				"job-2   Pending                   3s     \n\nafter it, 3s\n",
			want: "NAME    STATUS    ADDRESS     AGE   TASK DEFINITION\n" +
				"job-1   Ready     10.0.3.17   5s    ci\n" +
				"job-2   Pending               5s\n\nafter it, 3s\n",
		},
		"events of kubectl describe": {
			output: "Events:\n" +
				"  Type     Reason  Age                From   Message\n" +
				"  ----     ------  ----               ----   -------\n" +
				"  Warning  Failed  12s (x2 over 14s)  me     at 127.64.1.2\n",
			want: "Events:\n" +
				"  Type      Reason   Age               From   Message\n" +
				"  ----      ------   ----              ----   -------\n" +
				"  Warning   Failed   5s (x2 over 5s)   me     at 10.0.3.17\n",
		},
		"an object": {
			output: "  UID:               2c7a7c3c-2b9f-4a1e-8a53-0d7c3f9b1a2e\n  Resource Version:  391\n" +
				"  Created At: 2026-11-23T21:56:27Z\n  Task: task/ci/00112233445566778899aabbccddeeff in us-east-1b\n  Host: 127.0.0.1\n",
			want: "  UID:               5f0c1b1e-7d5a-4b7e-9d0e-3c2a1b0f9e8d\n  Resource Version:  4711\n" +
				"  Created At: 2026-01-31T12:00:00Z\n  Task: task/ci/1dc5c17a422b4dc4b493371970c6c4d6 in us-east-1a\n  Host: 127.0.0.1\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, docs.Normalize(test.output)); diff != "" {
				t.Errorf("output differs (-want +got):\n%s", diff)
			}
		})
	}
}
