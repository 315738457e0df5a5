package process

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
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
func table() (map[int]entry, error) {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil, fmt.Errorf("listing processes: %w", err)
	}
	defer func() { _ = proc.Close() }()
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("listing processes: %w", err)
	}
	processes := map[int]entry{}
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		switch e, err := read(pid); {
		case err == nil:
			processes[pid] = e
		case !isGone(err):
			return nil, err
		}
	}
	return processes, nil
}

// isGone reports whether a process has ended while it was looked at.
func isGone(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) }

// The fields of /proc/PID/stat that follow the name, from 0: see proc_pid_stat(5),
// where the name is field 2.
const (
	fieldState   = 0
	fieldParent  = 1
	fieldSession = 3
	fieldStart   = 19
)

// read reads /proc/PID/stat. The name is in parentheses and may hold anything.
func read(pid int) (entry, error) {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return entry{}, fmt.Errorf("looking at a process: %w", err)
	}
	return parse(pid, stat)
}

func parse(pid int, stat []byte) (entry, error) {
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) <= fieldStart {
		return entry{}, fmt.Errorf("process %d: its state has %d fields", pid, len(fields))
	}
	parent, parentErr := strconv.Atoi(string(fields[fieldParent]))
	session, sessionErr := strconv.Atoi(string(fields[fieldSession]))
	start, startErr := strconv.ParseUint(string(fields[fieldStart]), 10, 64)
	state := fields[fieldState][0]
	return entry{
		identity: identity{pid: pid, start: start},
		parent:   parent, session: session, ended: state == 'Z' || state == 'X',
	}, errors.Join(parentErr, sessionErr, startErr)
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
