package localecs

import "sync"

// Fault is something that goes wrong with a call. Make one with ErrorFault,
// FailureFault, HangFault, DropFault or LostAnswerFault.
type Fault struct {
	kind   faultKind
	err    *APIError
	reason string
}

type faultKind int

const (
	faultNone faultKind = iota
	faultError
	faultFailure
	faultHang
	faultDrop
	faultLoseAnswer
)

// ErrorFault answers a call with an error instead of executing it.
func ErrorFault(err APIError) Fault { return Fault{kind: faultError, err: &err} }

// FailureFault makes RunTask start nothing and report reason in failures[], as
// it does when there is no capacity. The result is remembered for the call's
// token. Other actions ignore the fault.
func FailureFault(reason string) Fault { return Fault{kind: faultFailure, reason: reason} }

// HangFault never answers a call and does not execute it. It ends when the
// client gives up or the server closes.
func HangFault() Fault { return Fault{kind: faultHang} }

// DropFault closes the connection instead of executing a call.
func DropFault() Fault { return Fault{kind: faultDrop} }

// LostAnswerFault executes a call and then closes the connection without an
// answer.
func LostAnswerFault() Fault { return Fault{kind: faultLoseAnswer} }

// FailNext makes the next times calls of action, such as "RunTask", go wrong.
// Faults of one action queue up.
func (s *Server) FailNext(action string, times int, fault Fault) {
	s.faults.add(action, times, fault)
}

// Calls returns how many calls each action has had since the start or the last
// Reset, throttled and faulty ones included.
func (s *Server) Calls() map[string]int { return s.calls.counts() }

// Reset drops the faults that have not happened yet and sets all call counts to
// zero. Clusters, task definitions and tasks stay.
func (s *Server) Reset() {
	s.faults.reset()
	s.calls.reset()
}

type faults struct {
	mu   sync.Mutex
	next map[string][]Fault
}

func newFaults() *faults { return &faults{next: make(map[string][]Fault)} }

func (f *faults) add(action string, times int, fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for range times {
		f.next[action] = append(f.next[action], fault)
	}
}

func (f *faults) take(action string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	queue := f.next[action]
	if len(queue) == 0 {
		return Fault{}
	}
	f.next[action] = queue[1:]
	return queue[0]
}

func (f *faults) reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.next)
}
