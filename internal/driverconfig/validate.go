package driverconfig

import (
	"path"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"
)

// maxPort is the highest TCP port.
const maxPort = 65535

// validate reports every value that cannot work.
func validate(r *report, c *Config) {
	oneOf(r, "LogLevel", c.LogLevel, "debug", "info", "warn", "error")
	oneOf(r, "LogFormat", c.LogFormat, "text", "json")
	validateKubernetes(r, c)
	validateSSH(r, c.SSH)
	absolute(r, []string{"Runner", "BuildsDir"}, c.Runner.BuildsDir)
	absolute(r, []string{"Runner", "CacheDir"}, c.Runner.CacheDir)
}

func validateKubernetes(r *report, c *Config) {
	if c.Kubernetes == nil {
		instead := ""
		if c.Fargate != nil {
			instead = "; launching tasks from [Fargate] alone, without Kubernetes, is not supported"
		}
		r.add(nil, "the section [Kubernetes] is missing: add it, with Namespace and TaskClass as needed, also where all its defaults fit%s", instead)
		return
	}
	if name := c.Kubernetes.Namespace; name != "" {
		kubernetesName(r, []string{"Kubernetes", "Namespace"}, name, validation.IsDNS1123Label(name))
	}
	kubernetesName(r, []string{"Kubernetes", "TaskClass"}, c.Kubernetes.TaskClass, validation.IsDNS1123Subdomain(c.Kubernetes.TaskClass))
}

func kubernetesName(r *report, key []string, name string, faults []string) {
	if len(faults) > 0 {
		r.add(key, "%q is no name of a Kubernetes object: %s", name, strings.Join(faults, "; "))
	}
}

func validateSSH(r *report, s SSH) {
	if s.Port != nil && *s.Port > maxPort {
		r.add([]string{"SSH", "Port"}, "must be at most %d, not %d; below 1 means %d", maxPort, *s.Port, defaultPort)
	}
	if s.ReadyTimeout < 0 {
		r.add([]string{"SSH", "ReadyTimeout"}, "must be above 0, not %s", time.Duration(s.ReadyTimeout))
	}
}

func oneOf(r *report, key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		r.add([]string{key}, "must be one of %s, not %q", strings.Join(allowed, ", "), value)
	}
}

// absolute checks a path in the task, which runs Linux whatever runs this.
func absolute(r *report, key []string, value string) {
	if value != "" && !path.IsAbs(value) {
		r.add(key, "must be an absolute path in the task, such as /builds, not %q", value)
	}
}
