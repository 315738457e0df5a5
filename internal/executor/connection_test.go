package executor

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/sshrun"
)

// FuzzConnection reads files that are valid, almost valid, or anything else.
func FuzzConnection(f *testing.F) {
	key, err := newKeyPair(v1alpha1.KeyTypeEd25519)
	if err != nil {
		f.Fatal(err)
	}
	conn := newConnection(types.NamespacedName{Namespace: "ci", Name: "job-4711-abcdefgh"}, key.private)
	for range 2 { // before and after the task is reached
		data, err := json.Marshal(conn)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(data[:len(data)-20])
		conn.pin(sshrun.Target{Host: "2001:db8::1", Port: 22, User: "root"}, key.signer.PublicKey())
	}
	path := filepath.Join(f.TempDir(), "fargate-connection.json")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		read, err := readConnection(path)
		if err != nil {
			if read != nil || !strings.Contains(err.Error(), path) {
				t.Errorf("a connection %v comes with an error, or it does not name the file: %v", read, err)
			}
			return
		}
		if read.job().Name == "" {
			t.Error("a job without a name was accepted")
		}
		wantSameAgain(t, path, read)
		target, err := read.target()
		if err != nil {
			return
		}
		if target.Key == nil || target.HostKey == nil {
			t.Error("a connection without keys was accepted")
		}
		_ = target.Address()
		read.pin(target, target.HostKey)
		if _, err := read.target(); err != nil {
			t.Errorf("cannot be used once pinned again: %v", err)
		}
	})
}

// wantSameAgain writes a connection and reads it.
func wantSameAgain(t *testing.T, path string, conn *connection) {
	t.Helper()
	if err := writeConnection(path, conn); err != nil {
		t.Fatal(err)
	}
	again, err := readConnection(path)
	if err != nil {
		t.Fatalf("cannot be read again: %v", err)
	}
	if diff := cmp.Diff(conn, again); diff != "" {
		t.Errorf("differs once written and read (-want +got):\n%s", diff)
	}
}
