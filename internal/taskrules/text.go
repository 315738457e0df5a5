// Package taskrules says which values a task may have. Its rules are the rules
// of the CRDs, for values that come from elsewhere: from fargate.toml and from
// CI variables. Errors complete a sentence that begins with where the value is
// set: "must be ...".
package taskrules

import (
	"fmt"
	"regexp"
	"unicode/utf8"

	"github.com/fargate-operator/fargate-operator/internal/text"
)

// Text is the rule for one kind of text.
type Text struct {
	pattern string
	longest int // in characters
	wanted  string
}

// The rules for the text fields of a task.
var (
	Region = Text{
		`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`, 32,
		"an AWS Region such as us-east-2",
	}
	Cluster = Text{
		`^(arn:aws[a-z-]*:ecs:[a-z0-9-]+:[0-9]{12}:cluster/)?[A-Za-z0-9_-]+$`, 512,
		"the name or the ARN of an ECS cluster",
	}
	TaskDefinition = Text{
		`^(arn:aws[a-z-]*:ecs:[a-z0-9-]+:[0-9]{12}:task-definition/)?[A-Za-z0-9_-]+(:[0-9]+)?$`, 512,
		"a task definition as family, family:revision or ARN, such as ci-build:7",
	}
	PlatformVersion = Text{
		`^(LATEST|[0-9]+\.[0-9]+\.[0-9]+)$`, 16,
		"a Fargate platform version such as 1.4.0, or LATEST",
	}
	Subnet = Text{
		`^subnet-[A-Za-z0-9-]+$`, 64,
		"the id of a subnet such as subnet-0a1b2c3d4e5f60718",
	}
	SecurityGroup = Text{
		`^sg-[A-Za-z0-9-]+$`, 64,
		"the id of a security group such as sg-0a1b2c3d4e5f60718",
	}
	RoleARN = Text{
		`^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$`, 2048,
		"the ARN of an IAM role such as arn:aws:iam::123456789012:role/ci",
	}
	TagKey = Text{
		`^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$`, 128,
		"a key of 1 to 128 letters, digits, spaces and _.:/=+-@",
	}
	TagValue = Text{
		`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`, 256,
		"a value of at most 256 letters, digits, spaces and _.:/=+-@",
	}
	// Installation is part of a task's startedBy, next to a UID. Source of the
	// characters and of the length of 128: startedBy of RunTask in the ECS API
	// reference.
	Installation = Text{
		`^[A-Za-z0-9_-]+$`, 64,
		"an id of 1 to 64 letters, digits, - and _",
	}
	TaskClass = Text{
		`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`, 253,
		"the name of a FargateTaskClass such as large",
	}
)

// shown is how many characters of a wrong value an error shows.
const shown = 80

// Check returns an error if the value breaks the rule.
func (t Text) Check(value string) error {
	// Compiled when needed: most launches of the stage binary check nothing.
	if utf8.RuneCountInString(value) <= t.longest && regexp.MustCompile(t.pattern).MatchString(value) {
		return nil
	}
	return fmt.Errorf("must be %s, not %q", t.wanted, text.Abridge(value, shown))
}
