package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/fargate-operator/fargate-operator/internal/test/opensshd"
)

// sshClient is a program that runs a script on an SSH server.
type sshClient struct {
	name    string
	command []string
	env     []string
	// input is the file for its standard input; empty means none.
	input string
}

// ours is the run stage of an attempt.
func (b *bench) ours(a *attempt) sshClient {
	return sshClient{
		name:    "fargate",
		command: []string{b.program("fargate"), "--config", a.config, "custom", "run", a.script, "build_script"},
		env: append(os.Environ(),
			"TMPDIR="+a.dir,
			"BUILD_FAILURE_EXIT_CODE=1",
			"SYSTEM_FAILURE_EXIT_CODE=2",
			"BUILD_EXIT_CODE_FILE="+filepath.Join(a.dir, "exit_code"),
		),
	}
}

// openSSH is OpenSSH's client as people call it for the same script, with the
// same key and a checked host key. The bash of a session that reads its input
// is what OpenSSH offers for scripts too long for a command line. The options
// are added.
func openSSH(server *opensshd.Server, a *attempt, options ...string) sshClient {
	return sshClient{
		name: "ssh",
		command: slices.Concat([]string{
			"ssh", "-F", "none", "-i", server.KeyFile, "-p", strconv.Itoa(server.Port),
			"-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes",
			"-o", "StrictHostKeyChecking=yes", "-o", "UserKnownHostsFile=" + server.KnownHosts,
			"-o", "ControlMaster=no", "-o", "ControlPath=none",
		}, options, []string{server.User + "@" + server.Host, "bash -s"}),
		env:   os.Environ(),
		input: a.script,
	}
}

// sameAlgorithms make OpenSSH's client choose what ours chooses. Its own
// defaults differ between versions: from 9.0 to 9.9 they begin with a
// post-quantum key exchange that we do not offer, sntrup761, and before 10.0
// with the cipher ChaCha20-Poly1305.
func sameAlgorithms() []string {
	return []string{"-o", "KexAlgorithms=-sntrup761*", "-o", "Ciphers=^aes128-gcm@openssh.com"}
}
