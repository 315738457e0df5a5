package protocol

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fargate-operator/fargate-operator/internal/version"
)

func TestServerVersion_OfThisProgram_IsParsedAndCompatible(t *testing.T) {
	agent, ours := ParseServerVersion(ServerVersion())
	if want := (Agent{Protocol: Version, Release: softwareVersion(version.Version)}); !ours || agent != want {
		t.Errorf("parsed as %+v, %t, want %+v", agent, ours, want)
	}
	if err := agent.Check(); err != nil {
		t.Error(err)
	}
}

func TestSoftwareVersion_CharactersThatSSHForbids_AreReplaced(t *testing.T) {
	if got, want := softwareVersion("v1.2.3-4-gabc dirty\r\nü"), "v1.2.3_4_gabc_dirty___"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestParseServerVersion_OtherServers_AreNotAgents(t *testing.T) {
	for _, line := range []string{
		"", "SSH-2.0-OpenSSH_9.2p1", "SSH-2.0-FargateAgent", "SSH-2.0-FargateAgent_", "SSH-2.0-FargateAgent_1",
		"SSH-2.0-FargateAgent_x_v1", "SSH-2.0-FargateAgent_-1_v1", "SSH-2.0-FargateAgent_99999999_v1",
	} {
		if agent, ours := ParseServerVersion(line); ours {
			t.Errorf("%q is taken for %+v", line, agent)
		}
	}
}

func TestCheck_AnotherProtocol_SaysWhatToUpdate(t *testing.T) {
	for protocol, want := range map[int]string{
		Version - 1: "update the agent's image",
		Version + 1: "update this program",
	} {
		if err := (Agent{Protocol: protocol, Release: "v9"}).Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("protocol %d: %v, want %q", protocol, err, want)
		}
	}
}

func TestDecode_WhatWasEncoded_IsTheSame(t *testing.T) {
	request := Request{Start: &Start{ID: 7, Command: []byte("echo 'ü\xff'"), Env: []string{"A=b=c"}, Terminal: &Terminal{"xterm", 80, 25}}}
	encoded, err := Encode(request)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := Decode[Request](encoded)
	if diff := cmp.Diff(request, decoded); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestEncode_InvalidMessages_AreRefusedWithoutTheirText(t *testing.T) {
	for name, message := range map[string]Request{
		"nothing":             {},
		"two things":          {Forget: &Forget{}, Signal: &Signal{}},
		"NUL in a command":    {Start: &Start{Command: []byte("secret\x00")}},
		"NUL in a variable":   {Start: &Start{Env: []string{"A=secret\x00"}}},
		"a variable's name":   {Start: &Start{Env: []string{"=secret"}}},
		"no entry point":      {Release: &Release{Env: []string{"A=secret"}}},
		"NUL in entry point":  {Release: &Release{Entrypoint: []string{"secret\x00"}}},
		"more than the limit": {Release: &Release{Command: []string{strings.Repeat("secret", MaxRequest/6+1)}}},
	} {
		if _, err := Encode(message); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestDecode_Garbage_IsRefusedWithoutItsText(t *testing.T) {
	for name, text := range map[string]string{
		"not JSON":      "secret",
		"unknown field": `{"secret":1}`,
		"two messages":  `{"forget":{"id":1}}{"forget":{"id":2}}`,
		"nothing":       `{}`,
		"another type":  `{"forget":{"id":"secret"}}`,
		"code of 256":   `{"exited":{"id":1,"code":256}}`,
		"too large":     strings.Repeat("secret", MaxReport),
	} {
		if _, err := Decode[Report]([]byte(text)); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: error %v", name, err)
		}
		if _, err := Decode[Request]([]byte(text)); name != "two messages" && err == nil {
			t.Errorf("%s: no error as a request", name)
		}
	}
}

func FuzzDecode_WhatIsAccepted_CanBeEncoded(f *testing.F) {
	for _, seed := range []string{
		`{"start":{"id":1,"command":"true","env":["A=b"],"terminal":{"type":"xterm","columns":80,"rows":25}}}`,
		`{"release":{"entrypoint":["/bin/sh"],"command":["-c","true"]}}`,
		`{"hello":{"protocol":1,"release":"v1","container":"job","shell":"/bin/sh"}}`,
		`{"exited":{"id":1,"code":3}}`, `{"exited":{"id":1,"signal":"KILL"}}`, `{}`, `[]`, `{"forget":null}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, encoded []byte) {
		roundTrip[Request](t, encoded)
		roundTrip[Report](t, encoded)
	})
}

func roundTrip[M Request | Report](t *testing.T, encoded []byte) {
	t.Helper()
	message, err := Decode[M](encoded)
	if err != nil {
		return
	}
	again, err := Encode(message)
	if err != nil {
		return // Escapes may make it larger than the limit.
	}
	decoded, err := Decode[M](again)
	if diff := cmp.Diff(message, decoded, cmpopts.EquateEmpty()); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}
