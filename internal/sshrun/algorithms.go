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

// signers offer a client's key with each of the algorithms that it may sign with,
// one after the other: a server may accept only one. SHA-1 is never among them.
func signers(key ssh.Signer) []ssh.Signer {
	signer, ok := key.(ssh.AlgorithmSigner)
	if !ok || key.PublicKey().Type() != ssh.KeyAlgoRSA {
		return []ssh.Signer{key}
	}
	var all []ssh.Signer
	for _, algorithm := range signatureAlgorithms(ssh.KeyAlgoRSA) {
		if limited, err := ssh.NewSignerWithAlgorithms(signer, []string{algorithm}); err == nil {
			all = append(all, limited)
		}
	}
	return all
}

// signatureAlgorithms are those of keys of a type, in the order in which they are
// tried.
func signatureAlgorithms(keyType string) []string {
	if keyType == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return []string{keyType}
}

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
