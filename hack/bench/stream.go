package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/fargate-operator/fargate-operator/internal/test/opensshd"
)

// Sizes of output, in bytes.
const (
	streamSize = 1 << 30
	smallSize  = 64 << 20
)

// flatKiB is how much more memory the large output may take than the small one:
// no more than the different timing of garbage collections explains.
const flatKiB = 8 << 10

// measureStream streams output through the run stage and through OpenSSH's
// client into a pipe, as gitlab-runner reads it.
func measureStream(ctx context.Context, b *bench) ([]line, error) {
	const runs = 7
	server, err := b.startSSHD(ctx)
	if err != nil {
		return nil, err
	}
	defer server.Stop()
	small, err := b.stream(ctx, server, b.runsOr(runs), smallSize)
	if err != nil {
		return nil, err
	}
	large, err := b.stream(ctx, server, b.runsOr(runs), streamSize)
	if err != nil {
		return nil, err
	}
	ours := large[0]
	var lines []line
	for i, theirs := range large[1:] {
		ratio := median(theirs.wall()) / median(ours.wall())
		lines = append(lines, line{
			what: "1 GiB of output, throughput, " + rivals()[i], compared: number(ratio), budget: "ratio ≥ 1.0", met: ratio >= 1,
			ours: throughput(ours), openssh: throughput(theirs),
		}, line{
			what: "1 GiB of output, median CPU of the client, " + rivals()[i], compared: number(median(ours.cpu()) / median(theirs.cpu())),
			ours: seconds(median(ours.cpu())), openssh: seconds(median(theirs.cpu())),
		})
	}
	peak, smallPeak := slices.Max(ours.peak()), slices.Max(small[0].peak())
	return append(lines, line{
		what: "1 GiB of output, peak memory", ours: mebibytes(peak), openssh: mebibytes(slices.Max(large[1].peak())),
		budget: fmt.Sprintf("≤ %s (that of 64 MiB + %s)", mebibytes(smallPeak+flatKiB), mebibytes(flatKiB)), met: peak <= smallPeak+flatKiB,
	}), nil
}

func (b *bench) stream(ctx context.Context, server *opensshd.Server, runs int, size int64) ([]costs, error) {
	attempt, err := b.newAttempt(server, fmt.Sprintf("head -c %d /dev/zero\n", size))
	if err != nil {
		return nil, err
	}
	return b.alternate(ctx, runs, size, b.threeClients(server, attempt)...)
}

func throughput(c costs) string {
	return fmt.Sprintf("%.0f MiB/s", float64(streamSize>>20)/median(c.wall()))
}
