package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/test/opensshd"
)

// attempt is a directory that looks as if a job's prepare stage had ended: its
// task's SSH server is an OpenSSH server.
type attempt struct {
	dir, config, script string
}

// newAttempt writes the files that a run stage reads, with the script for bash.
func (b *bench) newAttempt(server *opensshd.Server, script string) (*attempt, error) {
	dir, err := b.newDir()
	if err != nil {
		return nil, err
	}
	a := &attempt{
		dir:    dir,
		config: filepath.Join(dir, "fargate.toml"),
		script: filepath.Join(dir, "script"),
	}
	privateKey, err := os.ReadFile(server.KeyFile)
	if err != nil {
		return nil, err
	}
	// The layout of internal/executor's connection file and its name, which the
	// run stage derives from TMPDIR.
	connection, err := json.Marshal(map[string]any{
		"format": "fargate-operator/connection", "version": 1,
		"namespace": "bench", "name": "bench",
		"host": server.Host, "port": server.Port, "user": server.User,
		"privateKey": string(privateKey),
		"hostKey":    string(ssh.MarshalAuthorizedKey(server.HostKey)),
	})
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(dir))
	for path, content := range map[string][]byte{
		a.config: []byte("[Kubernetes]\n  Namespace = \"bench\"\n"),
		a.script: []byte(script),
		filepath.Join(dir, "fargate-"+hex.EncodeToString(sum[:8])+".json"): connection,
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return nil, err
		}
	}
	return a, nil
}
