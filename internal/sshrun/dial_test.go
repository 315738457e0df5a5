package sshrun

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

// hurried are limits for servers that do not answer.
func hurried() timing {
	limits := defaultTiming
	limits.connect, limits.handshake = 200*time.Millisecond, 200*time.Millisecond
	return limits
}

// wantMessage checks that an error names what a person needs.
func wantMessage(t *testing.T, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not mention %q", err, part)
		}
	}
}

func TestDial_OpenSSH_PinsEveryKindOfHostKey(t *testing.T) {
	dir := t.TempDir()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecdsaKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaFile, ecdsaFile := filepath.Join(dir, "rsa"), filepath.Join(dir, "ecdsa")
	rsaSigner := sshdtest.WritePrivateKey(t, rsaFile, rsaKey)
	ecdsaSigner := sshdtest.WritePrivateKey(t, ecdsaFile, ecdsaKey)
	server := sshdtest.Start(t, "HostKey "+rsaFile, "HostKey "+ecdsaFile)

	for name, key := range map[string]ssh.PublicKey{
		"ed25519": server.HostKey,
		"ecdsa":   ecdsaSigner.PublicKey(),
		"rsa":     rsaSigner.PublicKey(),
		"unknown": nil,
	} {
		t.Run(name, func(t *testing.T) {
			target := sshdTarget(server)
			target.HostKey = key
			client, err := dialServer(t.Context(), t, target, defaultTiming)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = client.Close() }()
			want := key
			if want == nil {
				want = server.HostKey
			}
			if got := client.HostKey(); ssh.FingerprintSHA256(got) != ssh.FingerprintSHA256(want) {
				t.Errorf("host key %s, want %s", got.Type(), want.Type())
			}
		})
	}
}

func TestDial_OtherHostKey_NamesBothFingerprints(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rsaSigner, err := ssh.NewSignerFromKey(rsaKey)
	if err != nil {
		t.Fatal(err)
	}
	server := &faultyServer{}
	target := server.start(t)
	presented := ssh.FingerprintSHA256(target.HostKey)
	for name, pinned := range map[string]ssh.PublicKey{
		"same kind":  newKey(t).PublicKey(),
		"other kind": rsaSigner.PublicKey(),
	} {
		t.Run(name, func(t *testing.T) {
			target.HostKey = pinned
			_, err := dialServer(t.Context(), t, target, defaultTiming)
			var mismatch *HostKeyMismatchError
			if !errors.As(err, &mismatch) {
				t.Fatalf("got %v, want *HostKeyMismatchError", err)
			}
			wantMessage(t, err, target.Address(), presented, ssh.FingerprintSHA256(pinned))
		})
	}
}

func TestDial_KeyRefused_NamesUserKeyAndFix(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rsaFile := filepath.Join(t.TempDir(), "rsa")
	sshdtest.WritePrivateKey(t, rsaFile, rsaKey)
	for name, test := range map[string]struct {
		config string
		pinned bool
		fix    []string
	}{
		"not authorized":        {"", false, []string{"SSH_PUBLIC_KEY", "authorized_keys", "login shell"}},
		"no longer authorized":  {"", true, []string{"let the executor in before", "authorized_keys"}},
		"public keys are off":   {"PubkeyAuthentication no", false, []string{"PubkeyAuthentication yes"}},
		"no Ed25519 as in FIPS": {"HostKeyAlgorithms rsa-sha2-512\nHostKey " + rsaFile, false, []string{"FIPS", "KeyType", "ECDSA", "ssh.keyType"}},
	} {
		t.Run(name, func(t *testing.T) {
			server := sshdtest.Start(t, test.config)
			target := sshdTarget(server)
			target.Key = newKey(t)
			if !test.pinned {
				target.HostKey = nil
			}
			_, err := dialServer(t.Context(), t, target, defaultTiming)
			var refused *AuthenticationError
			if !errors.As(err, &refused) {
				t.Fatalf("got %v, want *AuthenticationError", err)
			}
			wantMessage(t, err, target.Address(), server.User, ssh.FingerprintSHA256(target.Key.PublicKey()), "ssh-ed25519")
			wantMessage(t, err, test.fix...)
		})
	}
}

func TestDial_NothingListens_SaysRefused(t *testing.T) {
	target := sshdTarget(sshdtest.New(t))
	_, err := dialServer(t.Context(), t, target, defaultTiming)
	var unreachable *UnreachableError
	if !errors.As(err, &unreachable) || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Fatalf("got %v, want *UnreachableError for a refused connection", err)
	}
	wantMessage(t, err, target.Address(), "nothing listens")
}

func TestDial_PeerThatIsNotUsable_SaysWhy(t *testing.T) {
	tests := []struct {
		name      string
		onConnect func(int32, net.Conn) bool
		limits    timing
		want      any
		mention   string
	}{
		{
			name:      "never says anything",
			onConnect: func(int32, net.Conn) bool { return true },
			limits:    hurried(),
			want:      new(*UnreachableError),
			mention:   "security group",
		},
		{
			name: "closes before the banner",
			onConnect: func(_ int32, c net.Conn) bool {
				_ = c.Close()
				return true
			},
			limits:  defaultTiming,
			want:    new(*UnreachableError),
			mention: "before the SSH handshake",
		},
		{
			name: "speaks HTTP",
			onConnect: func(_ int32, c net.Conn) bool {
				_, _ = c.Write([]byte("HTTP/1.1 400 Bad Request\r\n" + strings.Repeat("x", 20000)))
				return true
			},
			limits:  defaultTiming,
			want:    new(*NegotiationError),
			mention: "does not speak SSH 2",
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			server := &faultyServer{onConnect: tc.onConnect}
			target := server.start(t)
			_, err := dialServer(t.Context(), t, target, tc.limits)
			if !errors.As(err, tc.want) {
				t.Fatalf("got %T %v, want %T", err, err, tc.want)
			}
			wantMessage(t, err, target.Address(), tc.mention)
		})
	}
}

func TestDial_ContextEndsDuringHandshake_ReturnsItsCause(t *testing.T) {
	reached := make(chan struct{})
	server := &faultyServer{onConnect: func(int32, net.Conn) bool {
		close(reached)
		return true
	}}
	target := server.start(t)
	cause := errors.New("the runner is stopping")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		select {
		case <-reached:
			cancel(cause)
		case <-t.Context().Done():
		}
	}()
	if _, err := dialServer(ctx, t, target, defaultTiming); !errors.Is(err, cause) {
		t.Fatalf("got %v, want the context's cause", err)
	}
}

func rsaKeyFile(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "rsa")
	sshdtest.WritePrivateKey(t, path, key)
	return path
}

func sshdTarget(s *sshdtest.Server) Target {
	return Target{Host: s.Host, Port: s.Port, User: s.User, Key: s.Key, HostKey: s.HostKey}
}

func TestDial_RSAKey_IsAcceptedWithEitherHash(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, algorithm := range []string{ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			server := sshdtest.Start(t, "PubkeyAcceptedAlgorithms "+algorithm)
			target := sshdTarget(server)
			target.Key = sshdtest.WritePrivateKey(t, filepath.Join(t.TempDir(), "rsa"), rsaKey)
			if err := os.WriteFile(server.AuthorizedKeys, ssh.MarshalAuthorizedKey(target.Key.PublicKey()), 0o600); err != nil {
				t.Fatal(err)
			}
			client, err := dialServer(t.Context(), t, target, defaultTiming)
			if err != nil {
				t.Fatal(err)
			}
			_ = client.Close()
		})
	}
}
