// Package sshpolicy lists the SSH algorithms that this project uses, as a client
// and as a server.
package sshpolicy

import "golang.org/x/crypto/ssh"

// KeyExchanges returns the key exchanges, best first. The post-quantum one comes
// first: sshrun's BenchmarkHandshake finds it no slower than curve25519 only.
func KeyExchanges() []string {
	return []string{
		ssh.KeyExchangeMLKEM768X25519,
		ssh.KeyExchangeCurve25519,
		ssh.KeyExchangeECDHP256,
		ssh.KeyExchangeECDHP384,
		ssh.KeyExchangeECDHP521,
		ssh.KeyExchangeDH16SHA512,
		ssh.KeyExchangeDH14SHA256,
	}
}

// Ciphers returns the ciphers, best first: all of Fargate's processors have
// instructions for AES-GCM. CBC and RC4 are left out.
func Ciphers() []string {
	return []string{
		ssh.CipherAES128GCM,
		ssh.CipherAES256GCM,
		ssh.CipherChaCha20Poly1305,
		ssh.CipherAES128CTR,
		ssh.CipherAES256CTR,
	}
}

// MACs returns the message authentication codes, best first. SHA-1 is left out.
func MACs() []string {
	return []string{
		ssh.HMACSHA256ETM,
		ssh.HMACSHA512ETM,
		ssh.HMACSHA256,
		ssh.HMACSHA512,
	}
}
