// Package openssh makes OpenSSH's server, as installed on this machine, an image
// of the local ECS.
package openssh

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
)

//go:embed entrypoint.sh
var entrypoint []byte

// Install writes the container's entry point to dir and returns the command that
// stands for the image. The container reads LOCALECS_ADDRESSES, SSH_PORT (22)
// and SSH_PUBLIC_KEY from its environment, and needs sshd, ssh-keygen and root.
func Install(dir string) (command []string, err error) {
	path := filepath.Join(dir, "openssh-entrypoint.sh")
	if err := os.WriteFile(path, entrypoint, 0o600); err != nil {
		return nil, fmt.Errorf("writing the OpenSSH container's entry point: %w", err)
	}
	return []string{"/bin/sh", path}, nil
}
