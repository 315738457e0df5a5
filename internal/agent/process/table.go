package process

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// identity tells a process from a later one with the same id.
type identity struct {
	pid   int
	start uint64 // in clock ticks since the system's start
}

// entry is a process at the time of a look.
type entry struct {
	identity
	parent  int
	session int
	ended   bool // but not reaped
}

// table lists all processes that this one can see, by their ids.
func table() map[int]entry {
	processes := map[int]entry{}
	proc, err := os.Open("/proc")
	if err != nil {
		return processes
	}
	defer func() { _ = proc.Close() }()
	names, _ := proc.Readdirnames(-1)
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			if e, ok := read(pid); ok {
				processes[pid] = e
			}
		}
	}
	return processes
}

// The fields of /proc/PID/stat that follow the name, from 0: see proc_pid_stat(5),
// where the name is field 2.
const (
	fieldState   = 0
	fieldParent  = 1
	fieldSession = 3
	fieldStart   = 19
)

// read reads /proc/PID/stat. The name is in parentheses and may hold anything.
func read(pid int) (e entry, ok bool) {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return entry{}, false
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) <= fieldStart {
		return entry{}, false
	}
	parent, parentErr := strconv.Atoi(string(fields[fieldParent]))
	session, sessionErr := strconv.Atoi(string(fields[fieldSession]))
	start, startErr := strconv.ParseUint(string(fields[fieldStart]), 10, 64)
	state := fields[fieldState][0]
	return entry{
		identity: identity{pid: pid, start: start},
		parent:   parent, session: session, ended: state == 'Z' || state == 'X',
	}, parentErr == nil && sessionErr == nil && startErr == nil
}

// below adds to a set of processes all that descend from them.
func below(processes map[int]entry, members map[int]entry) {
	for grown := true; grown; {
		grown = false
		for pid, e := range processes {
			_, inside := members[pid]
			if _, child := members[e.parent]; child && !inside {
				members[pid] = e
				grown = true
			}
		}
	}
}
