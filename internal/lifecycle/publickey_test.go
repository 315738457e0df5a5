package lifecycle

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// authorizedKey is a key as ssh-keygen writes it, without the comment.
func authorizedKey(t *testing.T, key crypto.PublicKey) string {
	t.Helper()
	public, err := ssh.NewPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(public)))
}

func TestCheckPublicKey_KeyOfEveryKind_IsAccepted(t *testing.T) {
	t.Parallel()
	ed25519Key, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	keys := []crypto.PublicKey{ed25519Key, rsaKey.Public()}
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key.Public())
	}
	for _, key := range keys {
		for _, comment := range []string{"", " ", " me@example.com", " runner 1, job 7"} {
			job := &v1alpha1.FargateJob{}
			job.Spec.SSHPublicKey = authorizedKey(t, key) + comment
			if err := checkPublicKey(job); err != nil {
				t.Errorf("%s: %v", job.Spec.SSHPublicKey, err)
			}
		}
	}
}

func TestCheckPublicKey_NoKey_StallsAndSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := authorizedKey(t, public)
	for name, test := range map[string]struct{ key, want string }{
		"nothing":              {"", "no key found"},
		"kind alone":           {"ssh-ed25519", "no key found"},
		"not in base64":        {"ssh-ed25519 AAA", "illegal base64 data"},
		"too short":            {"ssh-rsa AAAA", "short read"},
		"too short, commented": {"ssh-rsa AAAA me@example.com", "short read"},
		"cut off":              {key[:len(key)-4], "short read"},
		"of another kind":      {strings.Replace(key, "ssh-ed25519", "ssh-rsa", 1), `human-readable type "ssh-rsa", encoded type "ssh-ed25519"`},
		"in the comment":       {"ssh-rsa AAAA " + key, "short read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job := &v1alpha1.FargateJob{}
			job.Spec.SSHPublicKey = test.key
			err := checkPublicKey(job)
			var stall *stalling
			if !errors.As(err, &stall) {
				t.Fatalf("got %v, want a stall", err)
			}
			if stall.reason != v1alpha1.ReasonInvalidParameter {
				t.Errorf("stalls with %s, want %s", stall.reason, v1alpha1.ReasonInvalidParameter)
			}
			for _, part := range []string{"spec.sshPublicKey is not a valid public key", test.want} {
				if !strings.Contains(stall.message, part) {
					t.Errorf("message %q, want %q in it", stall.message, part)
				}
			}
		})
	}
}
