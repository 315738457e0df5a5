package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// sameSpeed is the budget for the ratio of two medians that should be equal,
// with room for noise.
const sameSpeed = 1.05

// configurations are the same runner's with Kubernetes and without it.
var configurations = map[string]string{
	"with Kubernetes": `[Kubernetes]
  Namespace = "ci"
  TaskClass = "default"
`,
	"without Kubernetes": `[Fargate]
  Cluster = "test-cluster"
  Region = "us-east-2"
  Subnet = "subnet-0a1b2c3d4e5f60718"
  SecurityGroup = "sg-0a1b2c3d4e5f60718"
  TaskDefinition = "test-task:1"
  EnablePublicIP = true
[TaskMetadata]
  Directory = "/opt/gitlab-runner/metadata"
[SSH]
  Username = "root"
  Port = 22
`,
}

// measureStartUp runs the config stage in both modes: every stage starts in the
// same way, and this one does nothing else.
func measureStartUp(ctx context.Context, b *bench) ([]line, error) {
	const runs = 200
	dir, err := b.newDir()
	if err != nil {
		return nil, err
	}
	var clients []sshClient
	for _, mode := range []string{"without Kubernetes", "with Kubernetes"} {
		config := filepath.Join(dir, mode+".toml")
		if err := os.WriteFile(config, []byte(configurations[mode]), 0o600); err != nil {
			return nil, err
		}
		clients = append(clients, sshClient{
			name:    "fargate " + mode,
			command: []string{b.program("fargate"), "--config", config, "custom", "config"},
			env:     os.Environ(),
		})
	}
	output, err := exec.CommandContext(ctx, clients[0].command[0], clients[0].command[1:]...).Output()
	if err != nil {
		return nil, fmt.Errorf("running the config stage: %w", err)
	}
	costs, err := b.alternate(ctx, b.runsOr(runs), int64(len(output)), clients...)
	if err != nil {
		return nil, err
	}
	without, with := median(costs[0].wall()), median(costs[1].wall())
	ratio := median(ratios(costs[0].wall(), costs[1].wall()))
	return []line{
		plain("start of a stage, median time, with Kubernetes", seconds(with)),
		{
			what: "start of a stage, median time, without Kubernetes", ours: seconds(without),
			compared: number(ratio) + " of with", budget: fmt.Sprintf("ratio ≤ %.2f", sameSpeed), met: ratio <= sameSpeed,
		},
	}, nil
}
