package gateway

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"math/big"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

func line(t *testing.T, public any) string {
	t.Helper()
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return string(ssh.MarshalAuthorizedKey(key))
}

func TestParseKey_TakesCurrentKeysOnly(t *testing.T) {
	t.Parallel()
	edwards, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	large, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	small := rsa.PublicKey{N: new(big.Int).Rsh(large.N, 1000), E: large.E}
	for name, tc := range map[string]struct{ line, problem string }{
		"Ed25519":     {line(t, edwards), ""},
		"P-256":       {line(t, &p256.PublicKey), ""},
		"RSA":         {line(t, &large.PublicKey), ""},
		"small RSA":   {line(t, &small), "SSH_PUBLIC_KEY is an RSA key of less than 2048 bits"},
		"P-384":       {line(t, &p384.PublicKey), "of the type ecdsa-sha2-nistp384"},
		"empty":       {"", "SSH_PUBLIC_KEY is empty"},
		"not a key":   {"s3cr3t", "SSH_PUBLIC_KEY is not a public key"},
		"private key": {"-----BEGIN OPENSSH PRIVATE KEY-----", "SSH_PUBLIC_KEY is not a public key"},
	} {
		_, err := ParseKey(tc.line)
		if tc.problem == "" && err != nil || tc.problem != "" && (err == nil || !strings.Contains(err.Error(), tc.problem) || strings.Contains(err.Error(), "s3cr3t")) {
			t.Errorf("%s: %v, want %q", name, err, tc.problem)
		}
	}
}
