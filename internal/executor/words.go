package executor

import (
	"fmt"

	"k8s.io/apimachinery/pkg/types"
)

// words are how the job log speaks of a job. All but job are what to do about it,
// or to check.
type words struct {
	// job names it, for example "FargateJob ci/job-4711-abcdefgh".
	job string
	// unattended is for a job to which nothing happens.
	unattended string
	// overdue is for a job that is neither ready nor stalled at its launch
	// deadline.
	overdue string
	// vanished is for a job that somebody else has deleted.
	vanished string
	// undeleted is for a job that could not be deleted, and says what becomes
	// of its task.
	undeleted string
}

// wordsFor are those of the job's mode: a job without a namespace runs without
// Kubernetes.
func wordsFor(job types.NamespacedName) words {
	if job.Namespace == "" {
		return wordsWithoutKubernetes(job.Name)
	}
	return words{
		job:        "FargateJob " + job.String(),
		unattended: fmt.Sprintf("check that Fargate Operator's controller is running, holds its lease and watches namespace %s, and read its log", job.Namespace),
		overdue:    "the controller has left it alone: check that the controller is running and read its log",
		vanished:   "find out by whom (the owner reference to the runner's pod deletes it with the pod)",
		undeleted:  fmt.Sprintf("its task runs until its active deadline: delete it by hand (kubectl -n %s delete fargatejob %s)", job.Namespace, job.Name),
	}
}

func wordsWithoutKubernetes(name string) words {
	return words{
		job:        name,
		unattended: "check that this machine can reach AWS",
		overdue:    "AWS has not accepted its end: check that this machine can reach AWS",
		vanished:   "find out by whom (a cleanup stage of the same attempt, or fargate sweep)",
		undeleted:  "its task may run on: let a later fargate sweep stop it",
	}
}
