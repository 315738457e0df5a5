// Package event records events about objects, and counts repeated ones instead
// of writing them again: the output of kubectl describe stays short, and the
// API server is not flooded.
package event

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/tools/reference"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/fargate-operator/fargate-operator/internal/text"
)

// component is what events name as their reporter.
const component = "fargate-operator"

// maxNote is how many bytes an event's note can have. Source: Event in
// k8s.io/api/events/v1.
const maxNote = 1024

// NewRecorder returns the recorder of a manager's controllers. Events of one
// type, reason and action about one object within six minutes are one event
// with a count; the note is the first one's. Longer notes are truncated.
func NewRecorder(mgr ctrl.Manager) events.EventRecorder {
	return &recorder{EventRecorder: mgr.GetEventRecorder(component), scheme: mgr.GetScheme()}
}

type recorder struct {
	events.EventRecorder
	scheme *runtime.Scheme
}

// Eventf leaves out the object's version: client-go treats events about two
// versions of an object as events about two objects.
func (r *recorder) Eventf(regarding, related runtime.Object, kind, reason, action, note string, args ...any) {
	if ref, err := reference.GetReference(r.scheme, regarding); err == nil {
		ref.ResourceVersion = ""
		regarding = ref
	}
	note = text.AbridgeBytes(fmt.Sprintf(note, args...), maxNote)
	r.EventRecorder.Eventf(regarding, related, kind, reason, action, "%s", note)
}
