package life

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/test/dead"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
)

// here is the life of this test, as a stage that it starts would see it.
func here(t *testing.T, pod string) Life {
	t.Helper()
	l := Current(pod)
	l.Processes = ancestors(os.Getpid())
	if l.Boot == "" || l.Namespace == "" || l.Processes[0].PID != os.Getpid() {
		t.Fatalf("what the kernel says is missing: %+v", l)
	}
	return l
}

func TestEnded_OnlyWhatIsCertain(t *testing.T) {
	now := here(t, "pod-1")
	gone := Process{PID: dead.PID(t), Started: 1}
	self := now.Processes[0]
	with := func(change func(*Life)) Life {
		l := now
		change(&l)
		return l
	}
	for name, test := range map[string]struct {
		life Life
		want bool
	}{
		"the same life":         {now, false},
		"a runner that is dead": {with(func(l *Life) { l.Processes = []Process{gone} }), true},
		"a wrapper that is dead, of a runner that lives": {with(func(l *Life) { l.Processes = []Process{gone, self} }), false},
		"another process that has the PID": {
			with(func(l *Life) { l.Processes = []Process{{PID: self.PID, Started: self.Started + 1}} }), true,
		},
		"no process is known":                    {with(func(l *Life) { l.Processes = nil }), false},
		"an earlier container of the pod":        {with(func(l *Life) { l.Namespace = "pid:[1]" }), true},
		"an earlier container, before a restart": {with(func(l *Life) { l.Boot = "other" }), true},
		"another container without a pod":        {with(func(l *Life) { l.Namespace, l.Pod = "pid:[1]", "" }), false},
		"another pod":                            {with(func(l *Life) { l.Namespace, l.Pod = "pid:[1]", "pod-2" }), false},
		"another pod, dead process":              {with(func(l *Life) { l.Namespace, l.Pod, l.Processes = "pid:[1]", "pod-2", []Process{gone} }), false},
		"another machine":                        {with(func(l *Life) { l.Boot, l.Pod = "other", "" }), false},
		"nothing is known":                       {Life{}, false},
		"only the pod is known":                  {Life{Pod: "pod-1"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := test.life.Ended(now); got != test.want {
				t.Errorf("ended: %t, want %t", got, test.want)
			}
			if got := Parse(test.life.String()); !cmp.Equal(got, test.life) {
				t.Errorf("reads as %+v", got)
			}
		})
	}
}

func TestEnded_OutsideOfPods_NoPodIsTheSame(t *testing.T) {
	now := here(t, "")
	l := now
	l.Namespace = "pid:[1]"
	if l.Ended(now) {
		t.Error("two lives outside of pods were taken for one pod's")
	}
}

// A zombie is what a killed runner is until its parent notices.
func TestEnded_RunnerIsAZombie_HasEnded(t *testing.T) {
	command := exec.Command("sh", "-c", "echo; read line")
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(output).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	now := here(t, "")
	l := now
	l.Processes = ancestors(command.Process.Pid)[:1]
	if l.Ended(now) {
		t.Error("ended while it runs")
	}
	_ = input.Close()
	// The end of its output comes before it is a zombie.
	eventually.Holds(t, "the process is a zombie", func() bool { return zombie(t, command.Process.Pid) })
	if !l.Ended(now) {
		t.Error("not ended though it is a zombie")
	}
	_ = command.Wait()
}

func zombie(t *testing.T, pid int) bool {
	t.Helper()
	s, err := readStat(pid)
	if err != nil {
		t.Fatal(err)
	}
	return s.zombie
}

// The test itself, or what has started it, may be the first process.
func TestAncestors_ReachUpToTheFirstProcess(t *testing.T) {
	outer := exec.Command("sh", "-c", "sh -c 'echo $$; read line'; exit 0")
	output, err := outer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	input, err := outer.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := outer.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	inner, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	all := ancestors(inner)
	if err := errors.Join(input.Close(), outer.Wait()); err != nil {
		t.Error(err)
	}
	want := []int{inner, outer.Process.Pid}
	if os.Getpid() != 1 {
		want = append(want, os.Getpid())
	}
	var pids []int
	for _, process := range all {
		pids = append(pids, process.PID)
	}
	if len(pids) < len(want) || !slices.Equal(pids[:len(want)], want) || slices.Contains(pids, 1) {
		t.Errorf("ancestors %v, want %v and more, without 1", pids, want)
	}
	if first := ancestors(1); len(first) != 1 || first[0].PID != 1 {
		t.Errorf("of the first process: %v, want itself", first)
	}
}

func TestParse_AnythingElse_IsALifeOfWhichNothingIsCertain(t *testing.T) {
	now := here(t, "pod-1")
	for _, text := range []string{"", "{", "null", "[]", `{"processes": 7}`, `{"boot": "` + now.Boot + `"}`, `{"pod": "pod-1", "processes": [{"pid": -1}]}`} {
		if Parse(text).Ended(now) {
			t.Errorf("%s has ended", text)
		}
	}
}
