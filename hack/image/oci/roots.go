package oci

import (
	"bytes"
	"encoding/pem"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// roots are Mozilla's certificate authorities as the Go team publishes them in a module: what an image trusts depends
// on hack/go.mod and not on the machine that builds it. Those that are trusted under a condition are left out, because
// a file cannot express the condition.
func roots() []byte {
	var file bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			file.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}))
		}
	}
	return file.Bytes()
}
