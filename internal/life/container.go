package life

import "strings"

// containerOf returns the name of the container of a pod whose mounts these are, as
// /proc/self/mountinfo has them, or none if they do not tell. The kubelet mounts
// a file for the container's last words, by default at /dev/termination-log, from
// pods/UID/containers/NAME/ID in its own directory. Sources: proc_pid_mountinfo(5);
// getPodContainerDir in pkg/kubelet/kubelet_getters.go of Kubernetes.
func containerOf(pod, mounts string) string {
	if pod == "" {
		return ""
	}
	const root = 3 // the field with the path in the mounted file system
	for line := range strings.Lines(mounts) {
		fields := strings.Fields(line)
		if len(fields) <= root {
			continue
		}
		if _, path, ok := strings.Cut(fields[root], "/pods/"+pod+"/containers/"); ok {
			name, _, _ := strings.Cut(path, "/")
			return name
		}
	}
	return ""
}
