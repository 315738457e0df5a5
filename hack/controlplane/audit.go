package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// auditPolicy logs each request once, when it has been answered, without its body.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Metadata}]
`

// auditFlags are kube-apiserver's flags for an audit log in a file; none without a file.
func auditFlags(dir, log string) ([]string, error) {
	if log == "" {
		return nil, nil
	}
	policy := filepath.Join(dir, "audit-policy.yaml")
	if err := os.WriteFile(policy, []byte(auditPolicy), 0o600); err != nil {
		return nil, fmt.Errorf("writing the audit policy: %w", err)
	}
	return []string{"--audit-policy-file=" + policy, "--audit-log-path=" + log}, nil
}
