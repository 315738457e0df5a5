// Package gitlab reads the contract between gitlab-runner's custom executor and
// the binary that it calls: the environment, the job, the sub-stages of run,
// the config stage's output and the exit codes.
//
// Source: docs/executors/custom.md and executors/custom of gitlab-runner 19.4.
package gitlab

import "strings"

// Stage is a sub-stage of run, the last argument of run_exec.
type Stage string

// The sub-stages that gitlab-runner has names for, in the order in which it
// runs them.
const (
	StagePrepareScript            Stage = "prepare_script"
	StageGetSources               Stage = "get_sources"
	StageRestoreCache             Stage = "restore_cache"
	StageDownloadArtifacts        Stage = "download_artifacts"
	StageBuildScript              Stage = "build_script"
	StageStepScript               Stage = "step_script" // the newer name of build_script
	StageAfterScript              Stage = "after_script"
	StageArchiveCache             Stage = "archive_cache"
	StageArchiveCacheOnFailure    Stage = "archive_cache_on_failure"
	StageUploadArtifactsOnSuccess Stage = "upload_artifacts_on_success"
	StageUploadArtifactsOnFailure Stage = "upload_artifacts_on_failure"
	StageCleanupFileVariables     Stage = "cleanup_file_variables"
)

// StageKind says whose commands a stage runs.
type StageKind int

const (
	// StageUnknown is a stage that this version has no name for.
	StageUnknown StageKind = iota
	// StagePredefined runs the runner's own commands: git, caches, artifacts.
	// Other executors run it in their helper image.
	StagePredefined
	// StageUser runs what the author of the job wrote.
	StageUser
)

// stepPrefix starts the name of a stage for a named step, such as step_release.
const stepPrefix = "step_"

var stageKinds = map[Stage]StageKind{
	StagePrepareScript:            StagePredefined,
	StageGetSources:               StagePredefined,
	StageRestoreCache:             StagePredefined,
	StageDownloadArtifacts:        StagePredefined,
	StageBuildScript:              StageUser,
	StageAfterScript:              StageUser,
	StageArchiveCache:             StagePredefined,
	StageArchiveCacheOnFailure:    StagePredefined,
	StageUploadArtifactsOnSuccess: StagePredefined,
	StageUploadArtifactsOnFailure: StagePredefined,
	StageCleanupFileVariables:     StagePredefined,
}

// Kind tells whose commands the stage runs. Every step_<name> is the user's.
// Unknown stages are no error: the runner adds stages, and all of them are
// scripts.
func (s Stage) Kind() StageKind {
	if name, ok := s.Step(); ok && name != "" {
		return StageUser
	}
	return stageKinds[s]
}

// Step returns the <name> of a stage step_<name>.
func (s Stage) Step() (name string, ok bool) {
	return strings.CutPrefix(string(s), stepPrefix)
}
