package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"github.com/fargate-operator/fargate-operator/hack/bench/usage"
	"github.com/fargate-operator/fargate-operator/internal/test/opensshd"
)

// readBuffer is large, so that reading the output takes little CPU time from
// the measured programs.
const readBuffer = 1 << 20

// costs are what all runs of a client cost.
type costs []usage.Usage

func (c costs) wall() []float64 {
	return each(c, func(u usage.Usage) float64 { return u.Wall.Seconds() })
}

func (c costs) cpu() []float64 {
	return each(c, func(u usage.Usage) float64 { return u.CPU.Seconds() })
}
func (c costs) peak() []int { return each(c, func(u usage.Usage) int { return int(u.PeakKiB) }) }

// threeClients are ours, OpenSSH's, and OpenSSH's with our algorithms.
func (b *bench) threeClients(server *opensshd.Server, a *attempt) []sshClient {
	return []sshClient{b.ours(a), openSSH(server, a), openSSH(server, a, sameAlgorithms()...)}
}

// alternate runs the clients in turn, after one run of each that does not
// count, so that whatever else the machine does affects them equally. The
// output of each run must have a size in bytes.
func (b *bench) alternate(ctx context.Context, runs int, size int64, clients ...sshClient) ([]costs, error) {
	all := make([]costs, len(clients))
	for i := range runs + 1 {
		for j, client := range clients {
			cost, err := b.measure(ctx, client, size)
			if err != nil {
				return nil, err
			}
			if i > 0 {
				all[j] = append(all[j], cost)
			}
		}
	}
	return all, nil
}

// measure runs a client once.
func (b *bench) measure(ctx context.Context, c sshClient, size int64) (cost usage.Usage, err error) {
	cmd := exec.CommandContext(ctx, b.program("measure"), c.command...)
	cmd.Env = c.env
	if c.input != "" {
		input, err := os.Open(c.input)
		if err != nil {
			return cost, err
		}
		defer input.Close()
		cmd.Stdin = input
	}
	report, reportEnd, err := os.Pipe()
	if err != nil {
		return cost, err
	}
	defer report.Close()
	cmd.ExtraFiles = []*os.File{reportEnd}
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	output, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	err = errors.Join(err, reportEnd.Close())
	if err != nil {
		return cost, err
	}
	got := count(output)
	if err := cmd.Wait(); err != nil {
		return cost, fmt.Errorf("%s: %w\n%s", c.name, err, &complaints)
	}
	if got != size {
		return cost, fmt.Errorf("%s: %d bytes of output, want %d\n%s", c.name, got, size, &complaints)
	}
	return cost, json.NewDecoder(report).Decode(&cost)
}

// count reads to the end and returns how many bytes there were.
func count(from io.Reader) int64 {
	buffer := make([]byte, readBuffer)
	var size int64
	for {
		n, err := from.Read(buffer)
		size += int64(n)
		if err != nil {
			return size
		}
	}
}
