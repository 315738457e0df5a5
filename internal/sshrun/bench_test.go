package sshrun

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

// opensshCommand runs OpenSSH's client without any configuration but its arguments.
func opensshCommand(s *sshdtest.Server, command string, options ...string) *exec.Cmd {
	args := append([]string{
		"-F", "none", "-i", s.KeyFile, "-p", strconv.Itoa(s.Port),
		"-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "LogLevel=ERROR",
		"-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
	}, options...)
	return exec.Command("ssh", append(args, s.User+"@"+s.Host, command)...)
}

// BenchmarkEmptyScript compares a connection for one empty script.
func BenchmarkEmptyScript(b *testing.B) {
	s := sshdtest.Start(b)
	b.Run("sshrun", func(b *testing.B) {
		for b.Loop() {
			benchRun(b, s, "", io.Discard)
		}
	})
	b.Run("openssh", func(b *testing.B) {
		for b.Loop() {
			command := opensshCommand(s, "bash")
			command.Stdin = strings.NewReader("")
			if output, err := command.CombinedOutput(); err != nil {
				b.Fatalf("ssh: %v\n%s", err, output)
			}
		}
	})
}

// BenchmarkHandshake compares the key exchanges, against a server that has
// all of them.
func BenchmarkHandshake(b *testing.B) {
	target := new(faultyServer).start(b)
	saved := keyExchanges
	defer func() { keyExchanges = saved }()
	for _, exchange := range saved {
		keyExchanges = []string{exchange}
		b.Run(exchange, func(b *testing.B) {
			for b.Loop() {
				c, err := Dial(context.Background(), target)
				if err != nil {
					b.Fatal(err)
				}
				_ = c.Close()
			}
		})
	}
}

// BenchmarkOutput compares the streaming of 1 GiB of output.
func BenchmarkOutput(b *testing.B) {
	const size = 1 << 30
	command := fmt.Sprintf("head -c %d /dev/zero", size)
	s := sshdtest.Start(b)
	saved := ciphers
	defer func() { ciphers = saved }()
	for _, cipher := range []string{ssh.CipherAES128GCM, ssh.CipherChaCha20Poly1305} {
		ciphers = []string{cipher}
		b.Run("sshrun/"+cipher, func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				benchRun(b, s, command, io.Discard)
			}
		})
	}
	ciphers = saved
	for _, options := range [][]string{nil, {"-c", ssh.CipherAES128GCM}} {
		b.Run("openssh/"+strings.Join(options, ""), func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				client := opensshCommand(s, command, options...)
				if err := client.Run(); err != nil {
					b.Fatalf("ssh: %v", err)
				}
			}
		})
	}
}

// BenchmarkBigScript measures a script of 5 MiB.
func BenchmarkBigScript(b *testing.B) {
	s := sshdtest.Start(b)
	script := bigScript(5 << 20)
	b.SetBytes(int64(len(script)))
	for b.Loop() {
		benchRun(b, s, script, io.Discard)
	}
}

func benchRun(b *testing.B, s *sshdtest.Server, script string, output io.Writer) {
	b.Helper()
	c, err := Dial(context.Background(), sshdTarget(s))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	err = c.Run(context.Background(), Script{Body: strings.NewReader(script), Stdout: output, Stderr: output})
	if err != nil {
		b.Fatal(err)
	}
}

// bigScript returns a script in the form that the runner generates: one long
// quoted command.
func bigScript(size int) string {
	var text strings.Builder
	text.WriteString("#!/usr/bin/env bash\n\nset -eo pipefail\nset +o noclobber\n: | eval $'")
	for i := 0; text.Len() < size; i++ {
		fmt.Fprintf(&text, `export VARIABLE_%d=$\'a value of some length, quoted once more\'\n`, i%100)
	}
	text.WriteString("echo done\\n'\nexit 0\n")
	return text.String()
}
