package doctor

import (
	"cmp"
	"errors"
	"fmt"
	"os"

	"github.com/fargate-operator/fargate-operator/internal/standalone"
)

// Configuration reports the result of loading fargate.toml: a finding for each
// thing that is wrong with it.
func Configuration(path string, err error) []Finding {
	const subject = "configuration"
	if err == nil {
		return []Finding{okf(subject, "%s is valid", path)}
	}
	problems := []error{err}
	var several interface{ Unwrap() []error }
	if errors.As(err, &several) {
		problems = several.Unwrap()
	}
	var findings []Finding
	for _, problem := range problems {
		findings = append(findings, Finding{
			Level: Failure, Subject: subject, What: problem.Error(),
			Why: "every stage of every job reads this file, and fails if it cannot be used", Fix: "correct the file as the message says",
		})
	}
	return findings
}

// Directory checks whether the stages of a job can leave files for each other
// in [TaskMetadata] Directory, and others cannot replace them. Without Kubernetes
// it is needed, since it outlives an attempt; else empty means the directory that
// gitlab-runner creates for each.
func Directory(path string, needed bool) Finding {
	const subject = "metadata"
	if path == "" && !needed {
		return okf(subject, "[TaskMetadata] Directory is not set: jobs use the directory that gitlab-runner creates for each attempt")
	}
	err := standalone.CheckDirectory(path)
	if err == nil {
		err = tryToWrite(path)
	}
	if err != nil {
		return Finding{
			Level: Failure, Subject: subject, What: fmt.Sprintf("[TaskMetadata] Directory cannot be used: %v", err),
			Why: "what prepare writes there, run and cleanup read: without it no job starts, and old drivers said: file does not exist",
			Fix: fmt.Sprintf("install -d -m 0700 -o USER %s, with the user that gitlab-runner runs as", cmp.Or(path, "/opt/gitlab-runner/metadata")),
		}
	}
	return okf(subject, "%s is writable", path)
}

func tryToWrite(directory string) error {
	file, err := os.CreateTemp(directory, ".fargate-doctor-")
	if err != nil {
		return fmt.Errorf("uid %d cannot write there: %w", os.Getuid(), err)
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}
