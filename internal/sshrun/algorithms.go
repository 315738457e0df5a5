package sshrun

import (
	"slices"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/sshpolicy"
)

// The algorithms offered, best first. SHA-1, CBC and RC4 are never offered.
var (
	keyExchanges      = sshpolicy.KeyExchanges()
	ciphers           = sshpolicy.Ciphers()
	macs              = sshpolicy.MACs()
	hostKeyPreference = []string{
		ssh.KeyAlgoED25519,
		ssh.KeyAlgoECDSA256,
		ssh.KeyAlgoECDSA384,
		ssh.KeyAlgoECDSA521,
		ssh.KeyAlgoRSASHA512,
		ssh.KeyAlgoRSASHA256,
	}
)

// hostKeyAlgorithms puts the pinned key's algorithms first, so that a server
// with several host keys presents the pinned one. The others stay on offer: a
// server that has lost the pinned key then presents another, and the mismatch
// can be reported with both fingerprints.
func hostKeyAlgorithms(pinned ssh.PublicKey) []string {
	if pinned == nil {
		return hostKeyPreference
	}
	first := []string{pinned.Type()}
	if pinned.Type() == ssh.KeyAlgoRSA {
		first = []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	others := slices.DeleteFunc(slices.Clone(hostKeyPreference), func(algorithm string) bool {
		return slices.Contains(first, algorithm)
	})
	return append(first, others...)
}
