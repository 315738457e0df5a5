package sshrun

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

// withoutPin is the target of the first contact with an OpenSSH server that has
// an RSA host key too. Each line is one of its configuration.
func withoutPin(t *testing.T, lines ...string) Target {
	t.Helper()
	target := sshdTarget(sshdtest.Start(t, append(lines, "HostKey "+rsaKeyFile(t))...))
	target.HostKey = nil
	return target
}

func TestDial_SHA1AndOldCiphers_AreRefused(t *testing.T) {
	for name, lines := range map[string][]string{
		"host key signature":     {"HostKeyAlgorithms ssh-rsa"},
		"key exchange":           {"KexAlgorithms diffie-hellman-group14-sha1"},
		"key exchange, 1024 bit": {"KexAlgorithms diffie-hellman-group1-sha1"},
		"group exchange":         {"KexAlgorithms diffie-hellman-group-exchange-sha1"},
		"MAC":                    {"Ciphers aes128-ctr", "MACs hmac-sha1"},
		"MAC of the ciphertext":  {"Ciphers aes128-ctr", "MACs hmac-sha1-etm@openssh.com"},
		"CBC":                    {"Ciphers aes128-cbc"},
		"3DES":                   {"Ciphers 3des-cbc"},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := Dial(t.Context(), withoutPin(t, lines...))
			if err == nil {
				_ = client.Close()
			}
			var outdated *NegotiationError
			if !errors.As(err, &outdated) {
				t.Fatalf("got %v, want *NegotiationError", err)
			}
			wantMessage(t, err, "current algorithms")
		})
	}
}

func TestDial_ServerWithOneCurrentAlgorithm_IsAccepted(t *testing.T) {
	for _, line := range []string{
		"HostKeyAlgorithms rsa-sha2-256",
		"HostKeyAlgorithms rsa-sha2-512",
		"KexAlgorithms " + ssh.KeyExchangeCurve25519,
		"KexAlgorithms " + ssh.KeyExchangeECDHP384,
		"KexAlgorithms " + ssh.KeyExchangeDH16SHA512,
		"KexAlgorithms " + ssh.KeyExchangeDH14SHA256,
		"Ciphers " + ssh.CipherChaCha20Poly1305,
		"Ciphers aes256-ctr\nMACs hmac-sha2-512",
	} {
		t.Run(strings.ReplaceAll(line, "\n", " "), func(t *testing.T) {
			client, err := Dial(t.Context(), withoutPin(t, line))
			if err != nil {
				t.Fatal(err)
			}
			_ = client.Close()
		})
	}
}
