package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/executor"
	"github.com/fargate-operator/fargate-operator/internal/gitlab"
	"github.com/fargate-operator/fargate-operator/internal/sshrun"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

// trialJob is the job that gitlab-runner would have written.
const trialJob = `{"id": 1, "job_info": {"name": "fargate doctor"}, "runner_info": {"timeout": 900}}`

// trialScript says who runs it, and which programs of a job's image are missing.
const trialScript = `echo "in ${BASH_VERSION:+ba}sh as $(id -un) on $(hostname)"
for program in git gitlab-runner; do
	command -v "$program" >/dev/null || echo "missing $program"
done
`

// programs are what a job's image should have, and what happens to jobs without
// it.
var programs = map[string]string{
	"git":           "without it jobs cannot fetch their sources, unless GIT_STRATEGY is none",
	"gitlab-runner": "without it jobs have no artifacts and no cache",
}

// Try runs a job through the stages that gitlab-runner calls: it starts a task,
// logs in, runs a script and stops the task. It reports how long each took.
// Meanwhile it writes to the Stdout of the options, whose Environment it sets
// itself.
func Try(ctx context.Context, options executor.Options) []Finding {
	dir, err := os.MkdirTemp("", "fargate-doctor-")
	if err != nil {
		return []Finding{tryFailed(trySubject, err)}
	}
	defer func() { _ = os.RemoveAll(dir) }()
	t := &trial{options: options, script: filepath.Join(dir, "script")}
	response := filepath.Join(dir, "job.json")
	err = errors.Join(os.WriteFile(response, []byte(trialJob), 0o600), os.WriteFile(t.script, []byte(trialScript), 0o600))
	if err != nil {
		return []Finding{tryFailed(trySubject, err)}
	}
	t.options.Environment = gitlab.Environment{JobResponseFile: response, TempDir: dir}
	return t.run(ctx)
}

type trial struct {
	options executor.Options
	script  string
}

func (t *trial) run(ctx context.Context) []Finding {
	stages := executor.New(t.options)
	began := time.Now()
	if err := stages.Prepare(ctx); err != nil {
		return []Finding{tryFailed(trySubject, err)}
	}
	findings := []Finding{okf(trySubject, "its SSH server let us in after %s", since(began))}
	findings = append(findings, t.runScript(ctx)...)

	began = time.Now()
	// An interrupted trial stops its task too.
	if err := stages.Cleanup(context.WithoutCancel(ctx)); err != nil {
		return append(findings, tryFailed("stop of the task", err))
	}
	return append(findings, okf("stop of the task", "accepted after %s", since(began)))
}

func (t *trial) runScript(ctx context.Context) []Finding {
	const subject = "script"
	var output bytes.Buffer
	options := t.options
	options.Stdout = &output
	began := time.Now()
	if err := executor.New(options).Run(ctx, t.script, "build_script"); err != nil {
		return []Finding{tryFailed(subject, err)}
	}
	whoami, rest, _ := strings.Cut(output.String(), "\n")
	findings := []Finding{okf(subject, "ran %s within %s", whoami, since(began))}
	for _, line := range slices.Collect(strings.Lines(rest)) {
		program, missing := strings.CutPrefix(strings.TrimSpace(line), "missing ")
		if missing {
			findings = append(findings, Finding{
				Level: Warning, Subject: subject, What: program + " is not in the image", Why: programs[program],
				Fix: "install it in the image of the task definition",
			})
		}
	}
	return findings
}

const trySubject = "start of a task"

// NotTried is the finding that replaces Try where it was not requested. Command
// is the one that requests it.
func NotTried(command string) Finding {
	return Finding{
		Level: Warning, Subject: trySubject,
		What: "not tried: whether ecs:RunTask, ecs:TagResource and iam:PassRole are allowed shows only when a task starts, and so do the image and its SSH server",
		Why:  "AWS has no harmless way to ask for these permissions",
		Fix:  command,
	}
}

// Blocked is the finding that replaces Try where it was requested, and other
// findings are failures.
func Blocked(findings []Finding) Finding {
	var subjects []string
	for _, f := range findings {
		if f.Level == Failure && !slices.Contains(subjects, f.Subject) {
			subjects = append(subjects, f.Subject)
		}
	}
	return Finding{
		Level: Warning, Subject: trySubject, What: "not tried: other checks failed: " + text.List(subjects),
		Why: "the task would fail in the same way, and cost money", Fix: "fix what failed, as it says above; then run the same command again",
	}
}

// tryFailed says what to do about the error of a stage.
func tryFailed(subject string, err error) Finding {
	fix := "look for a few words of the message in docs/troubleshooting.md"
	var refused *sshrun.AuthenticationError
	var unreachable *sshrun.UnreachableError
	switch {
	case errors.As(err, &refused):
		fix = fmt.Sprintf("let the image's entry point do this before it starts sshd, with the home of %s:\n", refused.User) +
			`install -d -m 0700 HOME/.ssh && printf '%s\n' "$SSH_PUBLIC_KEY" >HOME/.ssh/authorized_keys`
	case errors.As(err, &unreachable):
		fix = "connection refused: let the image start sshd in the foreground, on the port of the configuration, and read the container's log;\n" +
			"time-out: let the task's security group admit this machine, and the subnet lead back to it"
	}
	return Finding{Level: Failure, Subject: subject, What: err.Error(), Why: "jobs end in the same way", Fix: fix}
}

func since(began time.Time) time.Duration { return time.Since(began).Round(100 * time.Millisecond) }
