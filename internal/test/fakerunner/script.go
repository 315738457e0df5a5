package fakerunner

import (
	"fmt"
	"strings"
)

// script is what gitlab-runner's bash shell generates for a stage: one eval of
// a quoted string, so that the commands cannot read the script as their input.
func (a *Attempt) script(stage string) []byte {
	dir := fmt.Sprintf("%s/%s", a.buildsDir, a.job.ProjectPath)
	var lines []string
	switch stage {
	case "prepare_script":
		lines = []string{`echo "Running on $(hostname)..."`, "rm -rf " + ansiC(dir+".tmp")}
	case "get_sources":
		lines = []string{"mkdir -p " + ansiC(dir), "cd " + ansiC(dir), `echo "Fetching changes..."`}
	case "build_script":
		lines = append([]string{"cd " + ansiC(dir)}, echoed(a.job.Script)...)
	case "after_script":
		lines = append([]string{"cd " + ansiC(dir)}, echoed(a.job.AfterScript)...)
	case "upload_artifacts_on_success":
		lines = []string{`echo "Missing gitlab-runner. Uploading artifacts is disabled."`}
	case "cleanup_file_variables":
		lines = []string{"rm -rf " + ansiC(dir+".tmp")}
	}
	lines = append([]string{"export CI_JOB_TOKEN=" + ansiC(jobToken)}, lines...)
	return Script(strings.Join(lines, "\n") + "\n")
}

// Script wraps commands the way gitlab-runner does.
func Script(commands string) []byte {
	return []byte("#!/usr/bin/env bash\n\n" +
		"if set -o | grep pipefail > /dev/null; then set -o pipefail; fi; set -o errexit\n" +
		"set +o noclobber\n" +
		": | eval " + ansiC(commands) + "\n" +
		"exit 0\n")
}

// echoed adds before each line its green echo in the job log.
func echoed(script []string) []string {
	var lines []string
	for _, line := range script {
		lines = append(lines, "echo "+ansiC("\x1b[32;1m$ "+line+"\x1b[0;m"), line)
	}
	return lines
}

// ansiC quotes a string for bash's $'…'.
func ansiC(s string) string {
	var b strings.Builder
	b.WriteString("$'")
	for _, c := range []byte(s) {
		switch {
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\'' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteString("'")
	return b.String()
}
