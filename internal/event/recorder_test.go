package event

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// last keeps the latest event.
type last struct {
	events.EventRecorder
	regarding runtime.Object
	note      string
}

func (l *last) Eventf(regarding, _ runtime.Object, _, _, _, note string, args ...any) {
	l.regarding, l.note = regarding, fmt.Sprintf(note, args...)
}

// record records an event about a job and returns what client-go is given.
func record(t *testing.T, note string, args ...any) *last {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	job := &v1alpha1.FargateJob{ObjectMeta: metav1.ObjectMeta{Namespace: "ci", Name: "job", UID: "1", ResourceVersion: "7"}}
	given := &last{}
	(&recorder{EventRecorder: given, scheme: scheme}).Eventf(job, nil, corev1.EventTypeNormal, "Ready", "Connect", note, args...)
	return given
}

func TestEventf_LongNote_IsCutWithinItsBytes(t *testing.T) {
	given := record(t, "it failed: %s", strings.Repeat("ü", maxNote))
	if len(given.note) > maxNote || len(given.note) < maxNote-utf8.UTFMax || !utf8.ValidString(given.note) {
		t.Errorf("the note has %d bytes, want at most %d of UTF-8", len(given.note), maxNote)
	}
}

func TestEventf_NoteWithPercentSigns_StaysAsItIs(t *testing.T) {
	if given := record(t, "%s", "100%d"); given.note != "100%d" {
		t.Errorf("the note is %q", given.note)
	}
}

func TestEventf_VersionOfTheObject_IsLeftOut(t *testing.T) {
	given := record(t, "ready")
	ref, ok := given.regarding.(*corev1.ObjectReference)
	if !ok || ref.ResourceVersion != "" || ref.UID != "1" || ref.Kind != "FargateJob" {
		t.Errorf("the event regards %+v, want FargateJob 1 without a version", given.regarding)
	}
}
