package gateway

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/test/bound"
)

func TestRing_KeepsTheLastBytes(t *testing.T) {
	t.Parallel()
	for _, piece := range []int{1, 7, 1000, ringSize - 1, ringSize, ringSize + 1, 3 * ringSize} {
		var r ring
		var all []byte
		for i := 0; len(all) < 3*ringSize; i++ {
			next := bytes.Repeat([]byte{byte('a' + i%26)}, piece)
			r.write(next)
			all = append(all, next...)
		}
		if !bytes.Equal(r.content(), all[len(all)-ringSize:]) {
			t.Errorf("pieces of %d bytes: other bytes are kept", piece)
		}
	}
	var r ring
	r.write([]byte("short"))
	if got := string(r.content()); got != "short" {
		t.Errorf("%q", got)
	}
}

func TestLineWriter_CutsAtEndsOfLinesAndWhereTheyAreTooLong(t *testing.T) {
	t.Parallel()
	var got []string
	w := lineWriter{print: func(line []byte) { got = append(got, string(line)) }}
	for _, piece := range []string{"a", "b\nc\n\n", strings.Repeat("x", maxLine+1), "\nend"} {
		w.write([]byte(piece))
	}
	w.flush()
	w.flush()
	if diff := cmp.Diff([]string{"ab", "c", "", strings.Repeat("x", maxLine), "x", "end"}, got); diff != "" {
		t.Error(diff)
	}
}

// gate is a writer that is stuck until it is opened.
type gate struct {
	open chan struct{}
	mu   sync.Mutex
	text bytes.Buffer
}

func (g *gate) Write(piece []byte) (int, error) {
	<-g.open
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.Write(piece)
}

func TestPrinter_LogThatIsStuck_HoldsUpNobodyAndCountsWhatIsDropped(t *testing.T) {
	t.Parallel()
	log := &gate{open: make(chan struct{})}
	p := newPrinter(log)
	bound.End(t, "printing", func() {
		for i := range 100000 {
			p.print("db", fmt.Appendf(nil, "line %d", i))
		}
	})
	close(log.open)
	p.close()
	p = newPrinter(io.Discard)
	p.close()
	p.printf("after the end: nothing happens")
	log.mu.Lock()
	defer log.mu.Unlock()
	lines := strings.Split(strings.TrimSuffix(log.text.String(), "\n"), "\n")
	if lines[0] != "[db] line 0" || len(lines) < 1000 || len(lines) > 50000 {
		t.Errorf("%d lines, the first is %q", len(lines), lines[0])
	}
}

func TestPrinter_DroppedLines_AreReportedWithTheNextOne(t *testing.T) {
	t.Parallel()
	log := &gate{open: make(chan struct{})}
	p := newPrinter(log)
	large := bytes.Repeat([]byte("x"), printerBuffer)
	p.print("db", large)
	p.print("db", large)
	p.printf("next")
	p.print("db", large)
	close(log.open)
	p.close()
	log.mu.Lock()
	defer log.mu.Unlock()
	if got, want := log.text.String(), "[gateway] 2 lines were dropped: the container's log does not keep up\n[gateway] next\n[gateway] 1 lines were dropped: the container's log does not keep up\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
