package executor

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/sshrun"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

//go:embed probe.sh
var probeScript string

const (
	// probePrefix begins the lines that probe.sh itself prints: a login shell may
	// print others.
	probePrefix = "fargate-probe: "
	// maxProbeOutput is how much of each of the probe's outputs is kept, in bytes.
	maxProbeOutput = 4 << 10
	// maxQuoted is how much of it an error has, in characters.
	maxQuoted = 300
)

// probe tries in a new task what all scripts of its job need: a shell, and
// folders that can be written. Without it the first script would fail as if that
// were its author's fault.
type probe struct {
	folders []folder
	limit   time.Duration
}

// folder is a directory that gitlab-runner's scripts make in the task.
type folder struct {
	key  string // in config.toml
	path string
}

func (e *Executor) newProbe() probe {
	p := probe{limit: e.limits.probe}
	for _, f := range []folder{
		{"builds_dir", cmp.Or(e.BuildsDir, e.Environment.JobVariable("CI_BUILDS_DIR"))},
		{"cache_dir", e.CacheDir},
	} {
		if f.path != "" {
			p.folders = append(p.folders, f)
		}
	}
	return p
}

// run returns what runs the scripts: bash or sh. Each of its errors says what to
// correct.
func (p *probe) run(ctx context.Context, user string, client *sshrun.Client) (shell string, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.limit, fmt.Errorf("it did not end within %s", p.limit))
	defer cancel()
	stdout, stderr := &tail{}, &tail{}
	err = client.Run(ctx, sshrun.Script{Body: strings.NewReader(p.script()), Stdout: stdout, Stderr: stderr})
	said := stdout.answers()
	shell, ran := said["runs"]
	key, unwritable := said["not writable"]
	var exit *sshrun.ExitError
	switch {
	case !ran && (err == nil || errors.As(err, &exit)):
		return "", fmt.Errorf("the task lets %s log in but runs no command: give the user a login shell such as /bin/sh in the image, "+
			"which needs a POSIX sh, and no ForceCommand in sshd_config%s", user, quoted(stderr, stdout))
	case unwritable:
		return "", fmt.Errorf("%s cannot write to %s %s in the task: make the folder in the image and give it to this user, "+
			"or name another one as %s of the runner's config.toml%s", user, key, p.path(key), key, quoted(stderr))
	case err != nil:
		return "", fmt.Errorf("trying a first command in the task as %s: %w%s", user, err, quoted(stderr, stdout))
	default:
		return shell, nil
	}
}

// script is probe.sh with a line for each folder.
func (p *probe) script() string {
	script := probeScript
	for _, f := range p.folders {
		script += fmt.Sprintf("writable %s '%s'\n", f.key, strings.ReplaceAll(f.path, "'", `'\''`))
	}
	return script
}

func (p *probe) path(key string) string {
	for _, f := range p.folders {
		if f.key == key {
			return f.path
		}
	}
	return ""
}

// tail keeps the last bytes of an output: the probe's answers come after what a
// login shell prints.
type tail []byte

// Write takes everything.
func (t *tail) Write(data []byte) (int, error) {
	*t = append(*t, data...)
	*t = (*t)[max(0, len(*t)-maxProbeOutput):]
	return len(data), nil
}

// answers are what probe.sh has said: the last word of its lines by those before.
func (t *tail) answers() map[string]string {
	answers := map[string]string{}
	for line := range strings.Lines(string(*t)) {
		if answer, ok := strings.CutPrefix(strings.TrimSpace(line), probePrefix); ok {
			if last := strings.LastIndexByte(answer, ' '); last > 0 {
				answers[answer[:last]] = answer[last+1:]
			}
		}
	}
	return answers
}

// quoted is what the outputs have, for the end of an error.
func quoted(outputs ...*tail) string {
	for _, output := range outputs {
		if said := strings.TrimSpace(string(*output)); said != "" {
			return " (it printed: " + text.Abridge(text.OneLine(said), maxQuoted) + ")"
		}
	}
	return ""
}
