package gitlab

import "testing"

func TestStage_Kind(t *testing.T) {
	tests := map[Stage]StageKind{
		StagePrepareScript:            StagePredefined,
		StageGetSources:               StagePredefined,
		StageRestoreCache:             StagePredefined,
		StageDownloadArtifacts:        StagePredefined,
		StageBuildScript:              StageUser,
		StageStepScript:               StageUser,
		"step_release":                StageUser,
		StageAfterScript:              StageUser,
		StageArchiveCache:             StagePredefined,
		StageArchiveCacheOnFailure:    StagePredefined,
		StageUploadArtifactsOnSuccess: StagePredefined,
		StageUploadArtifactsOnFailure: StagePredefined,
		StageCleanupFileVariables:     StagePredefined,
		"step_":                       StageUnknown,
		"steps":                       StageUnknown,
		"":                            StageUnknown,
		"added_in_a_later_release":    StageUnknown,
	}
	for stage, want := range tests {
		if got := stage.Kind(); got != want {
			t.Errorf("kind of %q is %d, want %d", stage, got, want)
		}
	}
}

func TestStage_Step_ReturnsItsName(t *testing.T) {
	if name, ok := Stage("step_release").Step(); !ok || name != "release" {
		t.Errorf("got %q %v, want release", name, ok)
	}
	if _, ok := StageBuildScript.Step(); ok {
		t.Error("build_script is no step")
	}
}
