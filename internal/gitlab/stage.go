// Package gitlab implements the contract between gitlab-runner's custom executor
// and the binary that it calls: the environment, the job, the sub-stages of run,
// the config stage's output and the exit codes.
//
// Source: docs/executors/custom.md and executors/custom of gitlab-runner 19.4.
package gitlab

// Stage is a sub-stage of run, the last argument of run_exec, such as
// get_sources. New versions of the runner add stages; all of them are scripts.
type Stage string

// scriptStage is what the runner's own source calls the job's script.
const scriptStage Stage = "build_script"

// String returns the stage's name as GitLab shows it in the job log, which calls
// the job's script step_script.
func (s Stage) String() string {
	if s == scriptStage {
		return "step_script"
	}
	return string(s)
}
