package service

import (
	"os"
	"strings"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
	"github.com/fargate-operator/fargate-operator/internal/agent/seqpacket"
)

func pair(t *testing.T) (gateway, service *seqpacket.Conn) {
	t.Helper()
	gateway, service, err := seqpacket.Pair(protocol.MaxReport, protocol.MaxRequest)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = gateway.Close(), service.Close() })
	return gateway, service
}

func TestBecome_GatewayThatDoesNotRelease_EndsWithAReason(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"":                                 "the gateway has ended before it released this service",
		"garbage":                          "the message is not one of this protocol",
		`{"refuse":{"reason":"no room"}}`:  "the gateway refuses this container: no room",
		`{"forget":{"id":1}}`:              "something else than a release",
		`{"release":{"command":["true"]}}`: "something else than a release", // It has no pipes.
	} {
		gateway, service := pair(t)
		if message == "" {
			_ = gateway.Close()
		} else if err := gateway.Send([]byte(message)); err != nil {
			t.Fatal(err)
		}
		if err := Become(service, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", message, err, want)
		}
	}
}

func TestBecome_EntryPointThatCannotRun_IsReported(t *testing.T) {
	t.Parallel()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	gateway, service := pair(t)
	if err := gateway.Send([]byte(`{"release":{"entrypoint":["missing"],"env":["PATH=/s3cr3t","PASSWORD=s3cr3t"]}}`), null, null); err != nil {
		t.Fatal(err)
	}
	if err := Become(service, os.Environ()); err == nil {
		t.Error("no error")
	}
	message, _, err := gateway.Receive()
	if err != nil {
		t.Fatal(err)
	}
	report, err := protocol.Decode[protocol.Report](message)
	if err != nil || report.Failed == nil || !strings.Contains(report.Failed.Reason, `"missing" is not in a directory of PATH`) || strings.Contains(report.Failed.Reason, "s3cr3t") {
		t.Errorf("%+v, %v", report.Failed, err)
	}
}

func TestBecome_LongNameOfAnEntryPoint_ItsReasonIsReportedAbridged(t *testing.T) {
	t.Parallel()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	gateway, service := pair(t)
	if err := gateway.Send([]byte(`{"release":{"entrypoint":["`+strings.Repeat("x", 15<<10)+`"],"env":["PATH=/nowhere"]}}`), null, null); err != nil {
		t.Fatal(err)
	}
	_ = Become(service, nil)
	message, _, err := gateway.Receive()
	if err != nil {
		t.Fatal(err)
	}
	if report, err := protocol.Decode[protocol.Report](message); err != nil || report.Failed == nil || !strings.HasPrefix(report.Failed.Reason, `the entry point "xxx`) {
		t.Errorf("%+v, %v", report.Failed, err)
	}
}
