package gateway

import (
	"crypto/rsa"
	"errors"
	"fmt"

	"golang.org/x/crypto/ssh"
)

// minRSABits is the size below which RSA keys are refused.
const minRSABits = 2048

// ParseKey reads the key that may log in, a line as in authorized_keys.
func ParseKey(line string) (ssh.PublicKey, error) {
	if line == "" {
		return nil, errors.New("SSH_PUBLIC_KEY is empty: the executor sets it on the container ci-coordinator")
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		return nil, errors.New(`SSH_PUBLIC_KEY is not a public key: it must be one line as in authorized_keys, such as "ssh-ed25519 AAAA..."`)
	}
	switch key.Type() {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256:
		return key, nil
	case ssh.KeyAlgoRSA:
		return key, checkRSA(key)
	}
	return nil, fmt.Errorf("SSH_PUBLIC_KEY is of the type %s: use Ed25519, ECDSA with P-256, or RSA with %d bits or more", key.Type(), minRSABits)
}

func checkRSA(key ssh.PublicKey) error {
	if wrapped, ok := key.(ssh.CryptoPublicKey); ok {
		if public, ok := wrapped.CryptoPublicKey().(*rsa.PublicKey); ok && public.N.BitLen() >= minRSABits {
			return nil
		}
	}
	return fmt.Errorf("SSH_PUBLIC_KEY is an RSA key of less than %d bits: use Ed25519", minRSABits)
}
