package process

// members finds the processes of a command that have not ended:
//   - its first process, what has belonged to it at an earlier look, and all their
//     descendants;
//   - what has come to this program since the command began, because it has lost
//     its parent, and its descendants: daemons. What is in another command's
//     session is left out.
//
// Two commands at a time whose daemons have sessions of their own cannot be told
// apart: such daemons belong to each command that began before them.
func (i *Init) members(p *Process) ([]identity, error) {
	processes, err := table()
	if err != nil {
		return nil, err
	}
	firsts := i.firsts()
	p.mu.Lock()
	defer p.mu.Unlock()
	found := map[int]entry{}
	for pid, e := range processes {
		_, known := p.known[e.identity]
		if known || pid == p.pid && e.start == p.start || i.isDaemon(e, p, firsts) {
			found[pid] = e
		}
	}
	below(processes, found)
	alive := make([]identity, 0, len(found))
	p.known = map[identity]struct{}{}
	for _, e := range found {
		if !e.ended {
			p.known[e.identity] = struct{}{}
			alive = append(alive, e.identity)
		}
	}
	return alive, nil
}

// isDaemon reports whether a process has lost its parent since a command began, and
// is not in another command's session. Another command's first process is not even
// while it starts and has no session yet.
func (i *Init) isDaemon(e entry, of *Process, firsts map[int]*Process) bool {
	owner, first := firsts[e.session], firsts[e.pid]
	starting := first != nil && first != of && first.start == e.start
	return e.parent == i.pid && e.start >= of.start && (owner == nil || owner == of) && !starting
}

// firsts returns the commands by the id of their first process, which is that of
// their session too.
func (i *Init) firsts() map[int]*Process {
	i.mu.Lock()
	defer i.mu.Unlock()
	firsts := map[int]*Process{}
	for p := range i.remaining {
		firsts[p.pid] = p
	}
	return firsts
}

// all finds every process below this program that has not ended.
func (i *Init) all() ([]identity, error) {
	processes, err := table()
	if err != nil {
		return nil, err
	}
	found := map[int]entry{i.pid: processes[i.pid]}
	below(processes, found)
	delete(found, i.pid)
	var alive []identity
	for _, e := range found {
		if !e.ended {
			alive = append(alive, e.identity)
		}
	}
	return alive, nil
}
