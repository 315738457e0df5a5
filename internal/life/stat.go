package life

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// stat is what the kernel says of a process.
type stat struct {
	parent  int
	started uint64 // in ticks since the boot
	zombie  bool   // it has ended, and its parent has not noticed
}

// readStat reads /proc/PID/stat. Source of the fields' order: proc_pid_stat(5).
func readStat(pid int) (stat, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	// The second field is the program's name, with anything in it.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	const state, parent, started = 0, 1, 19 // the third field, the fourth and the 22nd
	if len(fields) <= started {
		return stat{}, fmt.Errorf("/proc/%d/stat has %d fields after the name", pid, len(fields))
	}
	s := stat{zombie: fields[state] == "Z" || fields[state] == "X"}
	if s.parent, err = strconv.Atoi(fields[parent]); err == nil {
		s.started, err = strconv.ParseUint(fields[started], 10, 64)
	}
	return s, err
}
