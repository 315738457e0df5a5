package executor

import (
	"cmp"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// rsaBits is the size of an RSA key as strong as the others, by NIST SP 800-57.
const rsaBits = 3072

// keyPair is the key of one attempt. The public half goes to the task.
type keyPair struct {
	private   []byte // OpenSSH PEM
	signer    ssh.Signer
	publicKey string // one authorized_keys line
}

func newKeyPair(kind v1alpha1.KeyType) (*keyPair, error) {
	private, err := generateKey(kind)
	if err != nil {
		return nil, fmt.Errorf("generating the job's SSH key: %w", err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		return nil, fmt.Errorf("encoding the job's SSH key: %w", err)
	}
	encoded := pem.EncodeToMemory(block)
	signer, err := ssh.ParsePrivateKey(encoded)
	if err != nil {
		return nil, fmt.Errorf("using the job's SSH key: %w", err)
	}
	return &keyPair{
		private:   encoded,
		signer:    signer,
		publicKey: strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey()))),
	}, nil
}

func generateKey(kind v1alpha1.KeyType) (crypto.PrivateKey, error) {
	switch kind {
	case v1alpha1.KeyTypeRSA:
		return rsa.GenerateKey(rand.Reader, rsaBits)
	case v1alpha1.KeyTypeECDSA:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case v1alpha1.KeyTypeEd25519:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	default:
		return nil, fmt.Errorf("the class has the keyType %q, which this program does not know: use a later release of it", kind)
	}
}

// makeKey makes the job's key and with it the connection file.
func (p *preparation) makeKey(ctx context.Context) error {
	kind, err := p.keyType(ctx)
	if err != nil {
		return err
	}
	if p.key, err = newKeyPair(kind); err != nil {
		return err
	}
	p.job.Spec.SSHPublicKey = p.key.publicKey
	conn := newConnection(p.name(), p.key.private)
	if err := createConnection(p.path, conn); err != nil {
		return err
	}
	p.conn = conn
	return nil
}

// keyType is what fargate.toml says, or the class.
func (p *preparation) keyType(ctx context.Context) (v1alpha1.KeyType, error) {
	if p.KeyType != "" {
		return p.KeyType, nil
	}
	var kind v1alpha1.KeyType
	store := outage{limit: p.limits.outage, pause: p.limits.retry, report: func(err error) {
		p.progress.sayf("cannot read the job's class yet, trying again for %s: %s", p.limits.outage, err)
	}}
	err := store.through(ctx, func() (err error) {
		kind, err = p.store.KeyType(ctx, p.wanted.class)
		return err
	})
	var unavailable *UnavailableError
	if err != nil && ctx.Err() == nil && !errors.As(err, &unavailable) {
		p.progress.sayf("the job's key is Ed25519, whatever the class says: %s", err)
		p.Log.Warn("Cannot read a class", "class", p.wanted.class, "error", err.Error())
		err = nil
	}
	return cmp.Or(kind, v1alpha1.KeyTypeEd25519), err
}
