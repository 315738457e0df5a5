package sshrun

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

// chatter is a script that leaves a process behind that never stops printing.
const chatter = `(trap '' PIPE; echo $BASHPID; while echo tick; do sleep 0.02; done) & `

func TestRun_BackgroundProcessPrints_ReturnsWithinALimit(t *testing.T) {
	limits := defaultTiming
	limits.linger, limits.tail = time.Second, 300*time.Millisecond
	client, err := dialServer(t.Context(), t, sshdTarget(sshdtest.Start(t)), limits)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	stdout, _, err := capture(t, client, chatter+"exit 3")
	if diff := cmp.Diff(&ExitError{Code: 3}, err); diff != "" {
		t.Error(diff)
	}
	pid, rest, _ := strings.Cut(stdout, "\n")
	killProcess(parsePID(t, pid))
	if !strings.HasPrefix(rest, "tick\n") {
		t.Errorf("the output is %q, want what arrived after the script's end too", stdout)
	}
}

func TestRun_CanceledWhileABackgroundProcessPrints_EndsItToo(t *testing.T) {
	limits := defaultTiming
	limits.tail = time.Hour
	client, err := dialServer(t.Context(), t, sshdTarget(sshdtest.Start(t)), limits)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	var output strings.Builder
	err = runScript(ctx, t, client, Script{
		Body: strings.NewReader(chatter + "exit 0"),
		Stdout: writerFunc(func(p []byte) {
			if output.Write(p); strings.Count(output.String(), "tick") == 20 {
				cancel()
			}
		}),
		Stderr: io.Discard, GracePeriod: 10 * time.Second,
	})
	var canceled *CanceledError
	if !errors.As(err, &canceled) || !canceled.Ended {
		t.Errorf("got %v, want *CanceledError for a script that has ended", err)
	}
	pid, _, _ := strings.Cut(output.String(), "\n")
	if process := parsePID(t, pid); running(process) {
		t.Error("the background process still runs")
		killProcess(process)
	}
}

// OpenSSH refuses SSH's own signals for root, so that another session has to end
// the script.
func TestRun_Canceled_OneSessionForEachConnection_EndsTheScript(t *testing.T) {
	client := connectTo(t, sshdtest.Start(t, "MaxSessions 1"))
	output := newPIDCollector()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		select {
		case <-output.ready:
			cancel()
		case <-t.Context().Done():
		}
	}()
	err := runScript(ctx, t, client, Script{
		Body: strings.NewReader("echo $$; echo ready; exec sleep 600"), Stdout: output, Stderr: io.Discard,
		GracePeriod: 10 * time.Second,
	})
	var canceled *CanceledError
	if !errors.As(err, &canceled) || !canceled.Ended {
		t.Errorf("got %v, want *CanceledError for a script that has ended", err)
	}
	if running(output.pids[0]) {
		t.Error("the script still runs")
		killProcess(output.pids[0])
	}
}
