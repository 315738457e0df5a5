package gitlab

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSection_HasGitLabsMarkers(t *testing.T) {
	begin, end := time.Unix(1700000000, 0), time.Unix(1700000042, 999)
	got := SectionStart("fargate_task", "Starting the task", begin) + "inside\n" + SectionEnd("fargate_task", end) + "after\n"
	want := "section_start:1700000000:fargate_task[collapsed=true]\r\x1b[0KStarting the task\n" +
		"inside\n" +
		"section_end:1700000042:fargate_task\r\x1b[0Kafter\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFailure_IsBoldRed(t *testing.T) {
	if diff := cmp.Diff("\x1b[31;1mno capacity\x1b[0;m", Failure("no capacity")); diff != "" {
		t.Error(diff)
	}
}
