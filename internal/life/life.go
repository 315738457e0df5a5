// Package life tells whether the runner that began a job has ended: a runner that
// is killed cleans nothing up, and its successor does not know its jobs.
package life

import (
	"encoding/json"
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Annotation is where a FargateJob has the Life of its runner.
const Annotation = "ci.fargate-operator.dev/runner-life"

// Life is what distinguishes one run of a runner from others, as a stage that the
// runner has started sees it.
type Life struct {
	// Boot is the kernel's id of the machine's current boot.
	Boot string `json:"boot,omitempty"`
	// Namespace is the PID namespace, of which each container has its own.
	Namespace string `json:"namespace,omitempty"`
	// Pod is the UID of the pod, if the runner runs in one.
	Pod string `json:"pod,omitempty"`
	// Container is the name of the pod's container, if that is known.
	Container string `json:"container,omitempty"`
	// Processes are those that the stage descends from: the runner, and programs
	// between them that may end before it.
	Processes []Process `json:"processes,omitempty"`
}

// Process is a process, which no other with its PID is.
type Process struct {
	PID int `json:"pid"`
	// Started is when it started, in the kernel's ticks since the boot.
	Started uint64 `json:"started"`
}

// Current is the life that this process is part of, in the pod with a UID, or in
// none.
func Current(pod string) Life {
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	namespace, _ := os.Readlink("/proc/self/ns/pid")
	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	return Life{
		Boot: strings.TrimSpace(string(boot)), Namespace: namespace, Pod: pod,
		Container: containerOf(pod, string(mounts)), Processes: ancestors(os.Getppid()),
	}
}

// ancestors are a process and what it descends from, without the first process of
// a machine or a container, unless there is no other.
func ancestors(pid int) []Process {
	var all []Process
	for pid > 0 {
		stat, err := readStat(pid)
		if err != nil || pid == 1 && len(all) > 0 {
			break
		}
		all = append(all, Process{PID: pid, Started: stat.started})
		pid = stat.parent
	}
	return all
}

// Ended reports whether a life is certainly over, as it is seen from another. It
// is so once all of its processes have ended. Processes of another container
// cannot be seen: those of the same container of the same pod belong to the
// runner's container before it was restarted, and if the containers' names are not
// known, those of the same pod. Of other machines and pods nothing is certain.
func (l Life) Ended(now Life) bool {
	switch {
	case l.Boot == "" || l.Namespace == "":
		return false
	case l.Boot == now.Boot && l.Namespace == now.Namespace:
		// If the kernel has given the number of a namespace again, the first one is
		// gone with all its processes.
		return len(l.Processes) > 0 && !anyLives(l.Processes)
	default:
		return l.Pod != "" && l.Pod == now.Pod && (l.Container == now.Container || l.Container == "" || now.Container == "")
	}
}

func anyLives(processes []Process) bool {
	for _, process := range processes {
		if process.lives() {
			return true
		}
	}
	return false
}

// lives is true also if that cannot be seen: a machine may hide processes of
// other users.
func (p Process) lives() bool {
	if errors.Is(unix.Kill(p.PID, 0), unix.ESRCH) {
		return false
	}
	stat, err := readStat(p.PID)
	return err != nil || stat.started == p.Started && !stat.zombie
}

// String is the life as Parse reads it.
func (l Life) String() string {
	text, _ := json.Marshal(l) // It has nothing that JSON cannot express.
	return string(text)
}

// Parse reads a life. Text that is not one is a life of which nothing is
// certain.
func Parse(text string) Life {
	var l Life
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		return Life{}
	}
	return l
}
