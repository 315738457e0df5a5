package sshrun

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"
)

func TestParseOutcome(t *testing.T) {
	status := func(code uint32) *ssh.Request {
		return &ssh.Request{Type: "exit-status", Payload: ssh.Marshal(struct{ Code uint32 }{code})}
	}
	signal := func(name string) *ssh.Request {
		payload := ssh.Marshal(struct {
			Name       string
			CoreDumped bool
			Message    string
			Language   string
		}{Name: name})
		return &ssh.Request{Type: "exit-signal", Payload: payload}
	}
	tests := []struct {
		name    string
		request *ssh.Request
		want    error
		final   bool
	}{
		{"success", status(0), nil, true},
		{"failure", status(7), &ExitError{Code: 7}, true},
		{"highest code", status(255), &ExitError{Code: 255}, true},
		{"impossible code is not success", status(256), &ExitError{Code: 255}, true},
		{"signal", signal("KILL"), &ExitError{Code: 137, Signal: "KILL"}, true},
		{"OpenSSH's own signal", signal("SYS@openssh.com"), &ExitError{Code: 159, Signal: "SYS@openssh.com"}, true},
		{"unknown signal", signal("XYZ"), &ExitError{Code: 128, Signal: "XYZ"}, true},
		{"signal of a hostile server", signal("KILL\r\n\x1b[32mJob succeeded"), &ExitError{Code: 128, Signal: "KILL [32mJob succeeded"}, true},
		{"signal without end", signal(strings.Repeat("X", 1<<20)), &ExitError{Code: 128, Signal: strings.Repeat("X", 31) + "…"}, true},
		{"malformed status", &ssh.Request{Type: "exit-status", Payload: []byte{1}}, nil, false},
		{"malformed signal", &ssh.Request{Type: "exit-signal", Payload: []byte{1}}, nil, false},
		{"something else", &ssh.Request{Type: "keepalive@openssh.com"}, nil, false},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			final, got := parseOutcome(tc.request)
			if diff := cmp.Diff(tc.want, got); diff != "" || final != tc.final {
				t.Errorf("final %v, want %v; outcome (-want +got):\n%s", final, tc.final, diff)
			}
		})
	}
}
