package executor

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

func TestPrepare_KeyType_IsFromFargateTomlThenFromTheClass(t *testing.T) {
	for name, test := range map[string]struct {
		file, class v1alpha1.KeyType
		want        string
	}{
		"neither":      {want: ssh.KeyAlgoED25519},
		"class":        {class: v1alpha1.KeyTypeECDSA, want: ssh.KeyAlgoECDSA256},
		"fargate.toml": {file: v1alpha1.KeyTypeRSA, want: ssh.KeyAlgoRSA},
		"both":         {file: v1alpha1.KeyTypeEd25519, class: v1alpha1.KeyTypeRSA, want: ssh.KeyAlgoED25519},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// No SHA-1, which RSA keys once came with.
			server := sshdtest.Start(t, "PubkeyAcceptedAlgorithms ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-256,rsa-sha2-512")
			a := newAttempt(t)
			a.KeyType, a.store.keyType = test.file, test.class
			a.startsOn(t, server)
			if err := a.Prepare(t.Context()); err != nil {
				t.Fatal(err)
			}
			if key := a.store.only(t).Spec.SSHPublicKey; !strings.HasPrefix(key, test.want+" ") {
				t.Errorf("the key is %s, want %s", key, test.want)
			}
			if err := a.Run(t.Context(), a.script(t, "true"), "step_script"); err != nil {
				t.Errorf("a later stage: %v", err)
			}
		})
	}
}

func TestPrepare_StoreDoesNotSayTheKeyType_IsAskedAgain(t *testing.T) {
	server := sshdtest.Start(t)
	a := newAttempt(t)
	a.store.keyTypeErrs = []error{errDown}
	a.startsOn(t, server)
	if err := a.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantText(t, a.stdout.String(), "cannot read the job's class yet, trying again")
}

func TestPrepare_ClassCannotBeRead_SaysSoAndUsesTheDefault(t *testing.T) {
	server := sshdtest.Start(t)
	a := newAttempt(t)
	a.store.keyTypeErrs = []error{errors.New("no permission")}
	a.startsOn(t, server)
	if err := a.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantText(t, a.stdout.String(), "the job's key is Ed25519, whatever the class says: no permission")
}

func TestPrepare_KeyTypeOfALaterRelease_IsRefused(t *testing.T) {
	a := newAttempt(t)
	a.store.keyType = "MLDSA"
	wantError(t, a.Prepare(t.Context()), `the keyType "MLDSA"`, "use a later release")
	a.wantNothingLeft(t)
}

func TestPrepare_StoreNeverSaysTheKeyType_LeavesNothing(t *testing.T) {
	a := newAttempt(t)
	a.limits.outage = 0
	a.store.keyTypeErrs = []error{errDown}
	wantError(t, a.Prepare(t.Context()), "the store does not answer")
	a.wantNothingLeft(t)
}
