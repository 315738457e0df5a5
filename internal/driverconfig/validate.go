package driverconfig

import (
	"math"
	"path"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/taskrules"
)

// maxPort is the highest TCP port.
const maxPort = 65535

// maxKeepAlive is below the 350 s after which AWS NAT gateways drop a silent
// connection.
const maxKeepAlive = Duration(5 * time.Minute)

// validate reports every value that cannot work. Keys that the task class
// replaces are not checked.
func validate(r *report, c *Config) {
	r.check(CheckLogLevel(c.LogLevel), "LogLevel")
	r.check(CheckLogFormat(c.LogFormat), "LogFormat")
	if c.Kubernetes != nil {
		validateKubernetes(r, c.Kubernetes)
	} else {
		reportMissing(r, c)
		validateFargate(r, &c.Fargate)
		validateLimits(r, c)
		if id := c.TaskMetadata.InstallationID; id != "" {
			r.check(taskrules.Installation.Check(id), "TaskMetadata", "InstallationID")
		}
	}
	validatePatterns(r, []string{"Overrides", "TaskClasses"}, c.Overrides.TaskClasses)
	validateSSH(r, c.SSH)
	if c.Runner.Shell != "" {
		oneOf(r, []string{"Runner", "Shell"}, c.Runner.Shell, "bash", "sh", "pwsh")
	}
	absolute(r, []string{"Runner", "BuildsDir"}, c.Runner.BuildsDir)
	absolute(r, []string{"Runner", "CacheDir"}, c.Runner.CacheDir)
}

func validateKubernetes(r *report, k *Kubernetes) {
	if name := k.Namespace; name != "" {
		kubernetesName(r, []string{"Kubernetes", "Namespace"}, name, validation.IsDNS1123Label(name))
	}
	kubernetesName(r, []string{"Kubernetes", "TaskClass"}, k.TaskClass, validation.IsDNS1123Subdomain(k.TaskClass))
}

func kubernetesName(r *report, key []string, name string, faults []string) {
	if len(faults) > 0 {
		r.add(key, "%q is not a valid name of a Kubernetes object: %s", name, strings.Join(faults, "; "))
	}
}

func validateSSH(r *report, s SSH) {
	if s.Port != nil && *s.Port > maxPort {
		r.add([]string{"SSH", "Port"}, "must be at most %d, not %d; below 1 means %d", maxPort, *s.Port, defaultPort)
	}
	if s.KeyType != "" {
		oneOf(r, []string{"SSH", "KeyType"}, s.KeyType, string(v1alpha1.KeyTypeEd25519), string(v1alpha1.KeyTypeECDSA), string(v1alpha1.KeyTypeRSA))
	}
	for _, span := range []struct {
		name        string
		value, most Duration
	}{
		{"ConnectTimeout", s.ConnectTimeout, math.MaxInt64},
		{"KeepAliveInterval", s.KeepAliveInterval, maxKeepAlive},
		{"ReadyTimeout", s.ReadyTimeout, math.MaxInt64},
		{"RetryTimeout", s.RetryTimeout, math.MaxInt64},
	} {
		switch key := []string{"SSH", span.name}; {
		case span.value < 0:
			r.add(key, "must be above 0, not %s", time.Duration(span.value))
		case span.value > span.most:
			r.add(key, "must be at most %s, not %s", time.Duration(span.most), time.Duration(span.value))
		}
	}
}

func oneOf(r *report, key []string, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		r.add(key, "must be one of %s, not %q", strings.Join(allowed, ", "), value)
	}
}

// absolute checks a path in the task, which always runs Linux.
func absolute(r *report, key []string, value string) {
	if value != "" && !path.IsAbs(value) {
		r.add(key, "must be an absolute path in the task, such as /builds, not %q", value)
	}
}
