package ecs

import (
	"regexp"
	"strings"
)

// stopCause is why a task or one of its containers did not start or did not go
// on, whatever wraps it: ECS reports the words of registries, of Go's network
// library, of AWS's services and of the container runtime.
type stopCause struct {
	pattern func() *regexp.Regexp
	// transient is true if another attempt may succeed.
	transient bool
	// fix is what to do about it.
	fix string
}

// stopCauses are tried in order. Permanent causes come before transient ones,
// because ECS wraps both in words such as "has been retried 5 time(s)"; those
// that only say where it happened come last. Sources: "Amazon ECS stopped tasks
// error messages" and its pages on CannotPullContainer and
// ResourceInitializationError in the ECS developer guide, the error codes of
// the OCI distribution specification, and the errors of containerd, runc and
// Go's net and net/http.
var stopCauses = []stopCause{
	lasting(`out ?of ?memory|due to memory usage`,
		"give the job more memory"),
	lasting(`no space left on device`,
		"make the image smaller or give the task more ephemeral storage"),
	lasting(`matching platform|no match for platform|exec format error|cannot be used on this platform`,
		"build the image for the task definition's runtimePlatform or change that"),
	lasting(`(secret|ssm|parameter).*(resourcenotfound|parameternotfound|can't find|invalid parameters|did not find json key|retrieved secret .* did not contain)`, secretFix),
	lasting(`log (group|stream).*(resourcenotfound|does not exist)`, logFix),
	lasting(`(efs|nfs|volume|file system).*(denied|not permitted|no such|not found)`, volumeFix),
	lasting(`executable file not found|exec.*no such file|no such file or directory.*exec`, entryPointFix),
	lasting(`not ?found|manifest ?unknown|name ?unknown|does not exist|no such image|invalid reference format`,
		"correct what the message names, such as the image or its tag, in the task definition"),
	lasting(`denied|not authorized|unauthorized|authorization failed|no basic auth|authentication required|incorrect username|forbidden|unable to assume|status ?code:? 40[13]`,
		"give the execution role the permission (for images in ECR the policy AmazonECSTaskExecutionRolePolicy), or correct the registry's credentials in the task definition"),
	lasting(`no such host|x509|certificate signed by`,
		"correct the registry's name in the image, or see that the task's subnet can resolve it and that its certificate is publicly trusted"),

	passing(`timed? ?out|time-out|i/o timeout|deadline exceeded|connection (was )?(reset|refused|closed)|closed network connection|broken pipe|\beof\b|goaway|stream error|` +
		`temporary failure|server misbehaving|too ?many ?requests|throttl|rate exceeded|request ?limit ?exceeded|slow ?down|` +
		`service ?unavailable|bad gateway|internal ?(server )?error|internal ?failure|server ?exception|` +
		`(status|code|response)[ :=]{0,3}(429|5\d\d)\b|\b(429|50[0234]) (too|internal|bad|service|gateway)|` +
		`unexpected ec2 error while attempting to create network interface|capacity is unavailable`),

	lasting(`connection issue`, networkFix),
	lasting(`secret|ssm|registry auth`, secretFix),
	lasting(`log group|log stream|logger|log(ging)? driver`, logFix),
	lasting(`efs|nfs|volume|mount`, volumeFix),
	lasting(`cannot ?(start|create) ?container|no such file or directory|runc|container_linux`, entryPointFix),
	lasting(`cannot ?pull`,
		"check that the image exists and that the execution role may pull it"),
}

const (
	networkFix = "check that the task's subnet leads to the registry and to AWS " +
		"(NAT gateway, VPC endpoints, or a public IP in a public subnet)"
	entryPointFix = "correct the container's entryPoint, command and workingDirectory in the task definition"
	secretFix     = "correct the secret's name or ARN in the task definition, and let the execution role read it"
	logFix        = "create the log group in the task's Region or correct logConfiguration in the task definition"
	volumeFix     = "check the volume in the task definition: the file system has a mount target in the task's zone, " +
		"its security group admits NFS (port 2049), and the task role may mount it"
)

func lasting(expression, fix string) stopCause {
	return stopCause{pattern: pattern("(?s)" + expression), fix: fix}
}

func passing(expression string) stopCause {
	return stopCause{
		pattern:   pattern(expression),
		transient: true,
		fix:       "retry the job; if it goes on, " + networkFix,
	}
}

// causeOf finds the cause in ECS's message, if it is a known one.
func causeOf(text string) (stopCause, bool) {
	text = withoutNames(text)
	for _, cause := range stopCauses {
		if cause.pattern().MatchString(text) {
			return cause, true
		}
	}
	return stopCause{}, false
}

// nameToken is a word that names something: an image, a URL, a path or an ARN.
var nameToken = pattern(`(?i)\S*/\S*|\barn:\S+`)

// withoutNames drops names, which may contain the words that identify a cause
// (an image called "timeout-tests"), and lowercases the rest.
func withoutNames(text string) string {
	return strings.ToLower(nameToken().ReplaceAllStringFunc(text, func(name string) string {
		if strings.EqualFold(name, "i/o") {
			return name
		}
		return ":"
	}))
}
