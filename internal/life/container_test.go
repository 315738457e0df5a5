package life

import "testing"

// kubelet are mounts of a container that a kubelet has started.
const kubelet = `2205 2143 0:423 / / rw,relatime master:788 - overlay overlay rw,lowerdir=/var/lib/containers/1/fs,upperdir=/var/lib/containers/2/fs
2206 2205 0:426 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
2213 2205 254:1 /lib/kubelet/pods/0c1d/etc-hosts /etc/hosts rw,relatime - ext4 /dev/vda1 rw
2214 2207 254:1 /lib/kubelet/pods/0c1d/containers/runner/3f2a9c1b /dev/termination-log rw,relatime - ext4 /dev/vda1 rw
`

func TestContainerOf_TheKubeletsMountTells(t *testing.T) {
	for name, test := range map[string]struct{ pod, mounts, want string }{
		"a pod's":                    {"0c1d", kubelet, "runner"},
		"the kubelet's file system":  {"0c1d", "1 2 8:1 /pods/0c1d/containers/a-b/1 /log rw - ext4 /dev/vda1 rw", "a-b"},
		"another pod's":              {"0c1e", kubelet, ""},
		"outside of pods":            {"", kubelet, ""},
		"a runtime that hides it":    {"0c1d", "1 0 0:1 / / rw - 9p none rw", ""},
		"something else, not mounts": {"0c1d", "\n1 2\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := containerOf(test.pod, test.mounts); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestEnded_AnotherContainerOfThePod_IsNotCertain(t *testing.T) {
	now := here(t, "pod-1")
	now.Container = "runner-a"
	for container, want := range map[string]bool{"runner-a": true, "runner-b": false, "": true} {
		l := now
		l.Namespace, l.Container = "pid:[1]", container
		if got := l.Ended(now); got != want {
			t.Errorf("of container %q: ended: %t, want %t", container, got, want)
		}
		if got := now.Ended(l); got != want {
			t.Errorf("as container %q sees it: ended: %t, want %t", container, got, want)
		}
	}
}
