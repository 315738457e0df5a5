package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// certificateLifetime bounds one run of the process: every start generates new certificates.
const certificateLifetime = 365 * 24 * time.Hour

// keyPair names the PEM files of a certificate and its private key.
type keyPair struct{ certFile, keyFile string }

// pki is what the parts authenticate each other with. Certificates are generated at each start, so that nothing expires
// in a directory that is used again; only the key that signs service account tokens is kept, which keeps tokens valid.
type pki struct {
	caFile string
	server keyPair // etcd's and the API server's serving certificate, for 127.0.0.1 and localhost
	etcd   keyPair // the API server's client certificate at etcd
	admin  keyPair // a member of system:masters, for the kubeconfig
	// serviceAccountKey is the file of the key that signs and verifies service account tokens.
	serviceAccountKey string
}

func createPKI(dir string) (*pki, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("creating the directory of the keys: %w", err)
	}
	caKey, err := newKey()
	if err != nil {
		return nil, err
	}
	caCert, err := cert.NewSelfSignedCACert(cert.Config{CommonName: "controlplane-ca"}, caKey)
	if err != nil {
		return nil, fmt.Errorf("creating the certificate authority: %w", err)
	}
	p := &pki{caFile: filepath.Join(dir, "ca.crt"), serviceAccountKey: filepath.Join(dir, "service-account.key")}
	if err := writeCertificate(p.caFile, caCert.Raw); err != nil {
		return nil, err
	}
	ca := authority{dir: dir, cert: caCert, key: caKey}
	var serverErr, etcdErr, adminErr error
	p.server, serverErr = ca.issue("server", x509.Certificate{
		Subject:     pkix.Name{CommonName: "controlplane"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		DNSNames:    []string{"localhost"},
	})
	p.etcd, etcdErr = ca.issue("etcd-client", clientTemplate("kube-apiserver"))
	p.admin, adminErr = ca.issue("admin", clientTemplate("kubernetes-admin", "system:masters"))
	return p, errors.Join(serverErr, etcdErr, adminErr, keepKey(p.serviceAccountKey))
}

func clientTemplate(user string, groups ...string) x509.Certificate {
	return x509.Certificate{
		Subject:     pkix.Name{CommonName: user, Organization: groups},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
}

// authority signs the certificates and writes them to its directory.
type authority struct {
	dir  string
	cert *x509.Certificate
	key  crypto.Signer
}

func (a authority) issue(name string, template x509.Certificate) (keyPair, error) {
	key, err := newKey()
	if err != nil {
		return keyPair{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return keyPair{}, fmt.Errorf("choosing a serial number for %s: %w", name, err)
	}
	template.SerialNumber = serial
	template.NotBefore = a.cert.NotBefore
	template.NotAfter = time.Now().Add(certificateLifetime)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, &template, a.cert, key.Public(), a.key)
	if err != nil {
		return keyPair{}, fmt.Errorf("signing the certificate of %s: %w", name, err)
	}
	pair := keyPair{certFile: filepath.Join(a.dir, name+".crt"), keyFile: filepath.Join(a.dir, name+".key")}
	return pair, errors.Join(writeCertificate(pair.certFile, der), writeKey(pair.keyFile, key))
}

// keepKey creates the key file unless it is there from an earlier run.
func keepKey(file string) error {
	switch _, err := os.Stat(file); {
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	key, err := newKey()
	if err != nil {
		return err
	}
	return writeKey(file, key)
}

func newKey() (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generating a key: %w", err)
	}
	return key, nil
}

func writeKey(file string, key *ecdsa.PrivateKey) error {
	pem, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return fmt.Errorf("encoding %s: %w", filepath.Base(file), err)
	}
	return os.WriteFile(file, pem, 0o600)
}

func writeCertificate(file string, der []byte) error {
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("parsing %s: %w", filepath.Base(file), err)
	}
	pem, err := cert.EncodeCertificates(certificate)
	if err != nil {
		return fmt.Errorf("encoding %s: %w", filepath.Base(file), err)
	}
	return os.WriteFile(file, pem, 0o600)
}
