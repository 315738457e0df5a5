package containerinit

import (
	"bytes"
	"os"
	"strconv"
)

// descendants lists the processes below pid, in no particular order. Processes
// that start or end during the call may or may not be listed.
func descendants(pid int) []int {
	children := childrenByParent()
	var found []int
	for next := children[pid]; len(next) > 0; {
		found = append(found, next...)
		var below []int
		for _, child := range next {
			below = append(below, children[child]...)
		}
		next = below
	}
	return found
}

func childrenByParent() map[int][]int {
	children := make(map[int][]int)
	proc, err := os.Open("/proc")
	if err != nil {
		return children
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(-1)
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if parent, ok := parentOf(name); ok {
			children[parent] = append(children[parent], pid)
		}
	}
	return children
}

// parentOf reads the parent's id from /proc/PID/stat: the second field after the
// command's name, which is in parentheses and may contain anything.
func parentOf(pid string) (parent int, ok bool) {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0, false
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 2 {
		return 0, false
	}
	parent, err = strconv.Atoi(string(fields[1]))
	return parent, err == nil
}
