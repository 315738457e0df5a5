package executor

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// keyPair is the key of one attempt. The public half goes to the task.
type keyPair struct {
	private   []byte // OpenSSH PEM
	signer    ssh.Signer
	publicKey string // one authorized_keys line
}

func newKeyPair() (*keyPair, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the job's SSH key: %w", err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		return nil, fmt.Errorf("encoding the job's SSH key: %w", err)
	}
	signer, err := ssh.NewSignerFromSigner(private)
	if err != nil {
		return nil, fmt.Errorf("using the job's SSH key: %w", err)
	}
	return &keyPair{
		private:   pem.EncodeToMemory(block),
		signer:    signer,
		publicKey: strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey()))),
	}, nil
}
