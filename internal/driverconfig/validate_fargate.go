package driverconfig

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/taskrules"
)

// How many of each ECS accepts, less the tags that identify a task's job.
const (
	maxSubnets        = 16
	maxSecurityGroups = 5
	maxTags           = 40
)

// validateFargate checks the tasks of jobs without Kubernetes.
func validateFargate(r *report, f *Fargate) {
	for _, text := range []struct {
		name, value string
		rule        taskrules.Text
	}{
		{"Cluster", f.Cluster, taskrules.Cluster},
		{"Region", f.Region, taskrules.Region},
		{"Subnet", f.Subnet, taskrules.Subnet},
		{"SecurityGroup", f.SecurityGroup, taskrules.SecurityGroup},
		{"TaskDefinition", f.TaskDefinition, taskrules.TaskDefinition},
		{"PlatformVersion", f.PlatformVersion, taskrules.PlatformVersion},
		{"TaskRoleARN", f.TaskRoleARN, taskrules.RoleARN},
		{"ExecutionRoleARN", f.ExecutionRoleARN, taskrules.RoleARN},
		{"AssumeRoleARN", f.AssumeRoleARN, taskrules.RoleARN},
	} {
		if text.value != "" {
			r.check(text.rule.Check(text.value), "Fargate", text.name)
		}
	}
	sameRegion(r, f.Region, "Cluster", f.Cluster)
	sameRegion(r, f.Region, "TaskDefinition", f.TaskDefinition)
	validateIDs(r, "Subnets", f.Subnets, maxSubnets, taskrules.Subnet)
	validateIDs(r, "SecurityGroups", f.SecurityGroups, maxSecurityGroups, taskrules.SecurityGroup)
	exclusive(r, "Subnets", len(f.Subnets) > 0, "Subnet", f.Subnet != "")
	exclusive(r, "SecurityGroups", len(f.SecurityGroups) > 0, "SecurityGroup", f.SecurityGroup != "")
	validateAddress(r, f)
	validateCapacity(r, f)
	validateSize(r, f)
	validateTags(r, f.Tags)
}

// validateAddress checks which address to connect to.
func validateAddress(r *report, f *Fargate) {
	exclusive(r, "ConnectVia", f.ConnectVia != "", "UsePublicIP", f.UsePublicIP != nil)
	if f.ConnectVia != "" {
		oneOf(r, []string{"Fargate", "ConnectVia"}, f.ConnectVia, string(v1alpha1.PrivateIP), string(v1alpha1.PublicIP), string(v1alpha1.IPv6))
	}
	if f.connectVia() == v1alpha1.PublicIP && !f.EnablePublicIP {
		name := "UsePublicIP"
		if f.ConnectVia != "" {
			name = "ConnectVia"
		}
		r.add([]string{"Fargate", name}, "a task has no public address while EnablePublicIP is false: set EnablePublicIP = true as well, or remove %s", name)
	}
}

// reportMissing names all missing keys at once.
func reportMissing(r *report, c *Config) {
	var missing []string
	f := &c.Fargate
	for _, key := range []struct{ name, value string }{
		{"Cluster", f.Cluster},
		{"Region", f.Region},
		{"Subnet", strings.Join(f.subnets(), " ")},
		{"TaskDefinition", f.TaskDefinition},
	} {
		if key.value == "" {
			missing = append(missing, key.name)
		}
	}
	if len(missing) > 0 {
		also := ""
		if f.TaskDefinition == "" {
			also = " (TaskDefinition even if --task-def or the CI variable FARGATE_TASK_DEFINITION replaces it)"
		}
		r.add(nil, "the section [Fargate] must have %s: set the missing keys%s, or add the section [Kubernetes], in which all keys are optional, to run jobs through the controller", strings.Join(missing, ", "), also)
	}
	if c.TaskMetadata.Directory == "" {
		r.add([]string{"TaskMetadata", "Directory"}, "without Kubernetes, jobs need a directory for their state: set it, for example to /opt/gitlab-runner/metadata")
	}
}

// sameRegion checks the Region of a value that may be an ARN.
func sameRegion(r *report, region, name, value string) {
	parts := strings.Split(value, ":")
	if parts[0] == "arn" && len(parts) > 3 && region != "" && parts[3] != region {
		r.add([]string{"Fargate", name}, "the ARN is of Region %s: correct it, or the key Region, which is %s", parts[3], region)
	}
}

func validateIDs(r *report, name string, ids []string, most int, rule taskrules.Text) {
	key := []string{"Fargate", name}
	for i, id := range ids {
		r.check(rule.Check(id), element(key, i)...)
		if slices.Contains(ids[:i], id) {
			r.add(element(key, i), "%s is in the list twice", id)
		}
	}
	if len(ids) > most {
		r.add(key, "must have at most %d entries, not %d", most, len(ids))
	}
}

// exclusive reports two keys of which one is enough.
func exclusive(r *report, one string, hasOne bool, other string, hasOther bool) {
	if hasOne && hasOther {
		r.add([]string{"Fargate", one}, "cannot be set together with Fargate.%s: remove one of the two", other)
	}
}

func validateSize(r *report, f *Fargate) {
	var wrongCPU error
	if f.CPU != 0 {
		wrongCPU = taskrules.CheckCPU(f.CPU)
		r.check(wrongCPU, "Fargate", "CPU")
	}
	if f.Memory != 0 {
		wrong := taskrules.CheckMemory(f.Memory)
		if wrong == nil && wrongCPU == nil && f.OnFargate() {
			wrong = taskrules.CheckFargateSize(f.CPU, f.Memory)
		}
		r.check(wrong, "Fargate", "Memory")
	}
	if f.EphemeralStorage != 0 {
		r.check(taskrules.CheckEphemeralStorage(f.EphemeralStorage), "Fargate", "EphemeralStorage")
	}
}

func checkTagValue(value string) error {
	if isReserved(value) {
		return errors.New("a value with the prefix aws: is reserved by AWS, choose another value")
	}
	return taskrules.TagValue.Check(value)
}

// isReserved reports whether a tag's key or value is one of AWS' own.
func isReserved(text string) bool { return strings.HasPrefix(strings.ToLower(text), "aws:") }

func validateTags(r *report, tags map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		wrong := taskrules.TagKey.Check(key)
		switch {
		case isReserved(key):
			wrong = errors.New("the prefix aws: is reserved by AWS, choose another key")
		case strings.HasPrefix(key, v1alpha1.GroupVersion.Group+"/"):
			wrong = errors.New("the prefix ci.fargate-operator.dev/ is for the tags that every task has, choose another key")
		}
		if wrong == nil {
			wrong = checkTagValue(tags[key])
		}
		r.check(wrong, "Fargate", "Tags", key)
	}
	if len(tags) > maxTags {
		r.add([]string{"Fargate", "Tags"}, "must have at most %d entries, not %d", maxTags, len(tags))
	}
}
