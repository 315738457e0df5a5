package main

import (
	"context"
	"slices"
	"time"
)

// maxPeakKiB is the budget for the memory of a run stage.
const maxPeakKiB = 40 << 10

// measureScript runs an empty script through the run stage and through
// OpenSSH's client.
func measureScript(ctx context.Context, b *bench) ([]line, error) {
	const runs = 100
	server, err := b.startSSHD(ctx)
	if err != nil {
		return nil, err
	}
	defer server.Stop()
	attempt, err := b.newAttempt(server, "")
	if err != nil {
		return nil, err
	}
	costs, err := b.alternate(ctx, b.runsOr(runs), 0, b.threeClients(server, attempt)...)
	if err != nil {
		return nil, err
	}
	ours := costs[0]
	var lines []line
	for i, theirs := range costs[1:] {
		ratio := median(ours.wall()) / median(theirs.wall())
		lines = append(lines, line{
			what: "empty script, median time, " + rivals()[i], compared: number(ratio), budget: "ratio ≤ 1.0", met: ratio <= 1,
			ours: seconds(median(ours.wall())), openssh: seconds(median(theirs.wall())),
		}, line{
			what: "empty script, median CPU of the client, " + rivals()[i], compared: number(median(ours.cpu()) / median(theirs.cpu())),
			ours: seconds(median(ours.cpu())), openssh: seconds(median(theirs.cpu())),
		})
	}
	peak := atMost("empty script, peak memory", slices.Max(ours.peak()), maxPeakKiB, mebibytes)
	peak.openssh = mebibytes(slices.Max(costs[1].peak()))
	return append(lines, peak), nil
}

// rivals names the clients after the first of threeClients.
func rivals() []string { return []string{"ssh's defaults", "same algorithms"} }

// seconds prints a short time.
func seconds(s float64) string { return milliseconds(time.Duration(s * float64(time.Second))) }
