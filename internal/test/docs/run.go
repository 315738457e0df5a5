package docs

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Shell is where commands run.
type Shell struct {
	// Dir is the working directory of a page's first command.
	Dir string
	// Env is the whole environment.
	Env []string
}

// killDelay is how long children of a page that takes too long may hold its
// output.
const killDelay = 5 * time.Second

// Run runs the chosen blocks with commands of a page in one shell, as a reader
// would who types along. It returns the page with what the transcripts really
// print, and an error that names the line if a script fails. A command of a
// transcript may fail: what it prints says so.
func (p *Page) Run(ctx context.Context, shell Shell, chosen func(Block) bool) ([]byte, error) {
	dir, err := os.MkdirTemp("", "docs-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "page.sh")
	if err := os.WriteFile(file, []byte(p.script(dir, chosen)), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", file)
	cmd.Dir, cmd.Env = shell.Dir, shell.Env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = killDelay
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("running the commands of %s: %w\n%s", p.Name, err, out)
	}
	return p.withTranscripts(dir, chosen)
}

// script is the commands of the chosen blocks. Each announces itself, so that
// the output tells which of them failed.
func (p *Page) script(dir string, chosen func(Block) bool) string {
	var b strings.Builder
	for _, block := range p.Blocks {
		if !block.commands() || !chosen(block) {
			continue
		}
		fmt.Fprintf(&b, "echo '==> %s:%d'\n", p.Name, block.Line)
		if block.Language == Script {
			b.WriteString(block.Text)
			continue
		}
		for i, command := range block.transcript() {
			fmt.Fprintf(&b, "{ %s\n} >'%s' 2>&1 || true\n", command, outputFile(dir, block, i))
		}
	}
	return b.String()
}

func outputFile(dir string, block Block, command int) string {
	return filepath.Join(dir, fmt.Sprintf("%d.%d", block.Line, command))
}

// withTranscripts is the page with the output of the chosen transcripts.
func (p *Page) withTranscripts(dir string, chosen func(Block) bool) ([]byte, error) {
	page := slices.Clone(p.Source)
	for _, block := range slices.Backward(p.Blocks) {
		if block.Language != Transcript || !chosen(block) {
			continue
		}
		var b strings.Builder
		for i, command := range block.transcript() {
			output, err := os.ReadFile(outputFile(dir, block, i))
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&b, "$ %s\n%s", command, Normalize(string(output)))
		}
		indent := "\n" + string(page[lineStart(page, block.start):block.start])
		text := strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "\n", indent) + "\n"
		page = slices.Replace(page, block.start, block.stop, []byte(text)...)
	}
	return page, nil
}

func lineStart(page []byte, at int) int {
	for at > 0 && page[at-1] != '\n' {
		at--
	}
	return at
}

// commands is true for a block that a reader would run.
func (b Block) commands() bool { return b.Language == Script || b.Language == Transcript }

// transcript is the commands of a transcript.
func (b Block) transcript() []string {
	var commands []string
	for line := range strings.Lines(b.Text) {
		if command, ok := strings.CutPrefix(line, "$ "); ok {
			commands = append(commands, strings.TrimSpace(command))
		}
	}
	return commands
}
