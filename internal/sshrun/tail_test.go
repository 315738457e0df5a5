package sshrun

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/test/bound"
)

// slowLog takes a while for each piece.
type slowLog struct {
	pause time.Duration
	taken int // bytes
}

func (l *slowLog) Write(p []byte) (int, error) {
	<-time.After(l.pause) // of the bubble's time
	l.taken += len(p)
	return len(p), nil
}

// talking is a server whose command succeeds at once and then prints that many
// bytes, or without end if there are none.
func talking(bytes int) *faultyServer {
	return &faultyServer{onExec: func(_ *ssh.ServerConn, command string, channel ssh.Channel) {
		reportStatus(channel, 0)
		if strings.Contains(command, "sh -s") { // There is nothing to end.
			return
		}
		piece := strings.Repeat("x", outputBuffer)
		for sent := 0; bytes == 0 || sent < bytes; sent += len(piece) {
			if _, err := io.WriteString(channel, piece); err != nil {
				return
			}
		}
	}}
}

func TestRun_LogIsSlowAfterTheExitStatus_LosesNoOutput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 4 << 20 // more than SSH takes while the log takes nothing
		log := &slowLog{pause: defaultTiming.tail}
		if err := runThrough(t, &relay{}, talking(size), Script{Body: strings.NewReader("make"), Stdout: log, Stderr: io.Discard}); err != nil {
			t.Error(err)
		}
		if log.taken != size {
			t.Errorf("the log has %d bytes, want %d", log.taken, size)
		}
	})
}

func TestRun_BackgroundProcessPrintsMoreThanTheLogTakes_IsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &slowLog{pause: 100 * time.Millisecond}
		begun := time.Now()
		if err := runThrough(t, &relay{}, talking(0), Script{Body: strings.NewReader("make"), Stdout: log, Stderr: io.Discard}); err != nil {
			t.Error(err)
		}
		most := defaultTiming.tail + 2*mostOnItsWay/outputBuffer*log.pause
		if took := time.Since(begun); took > most {
			t.Errorf("the stage was held for %s, want %s at most", took, most)
		}
	})
}

func TestRun_CanceledWhileTheLogTakesNothing_Ends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		log := &slowLog{pause: time.Hour}
		begun := time.Now()
		ended := make(chan error, 1)
		client := dialThrough(t, &relay{}, talking(4<<20))
		defer func() { _ = client.Close() }()
		go func() {
			ended <- client.Run(ctx, Script{Body: strings.NewReader("make"), Stdout: log, Stderr: io.Discard})
		}()
		err := bound.ValueWithin(t, 24*time.Hour, ended, "the end of Run")
		var canceled *CanceledError
		if !errors.As(err, &canceled) {
			t.Errorf("got %v, want *CanceledError", err)
		}
		if took := time.Since(begun); took > time.Minute+defaultTiming.killSlack {
			t.Errorf("the stage was held for %s after it was canceled", took-time.Minute)
		}
		<-time.After(48 * log.pause) // until the log has taken what had arrived
	})
}
