package ecs

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/fargate-operator/fargate-operator/internal/text"
)

// tagPrefix starts the keys of the tags that identify the job.
const tagPrefix = "ci.fargate-operator.dev/"

// maxTagValue is AWS's limit on a tag's value, in characters.
const maxTagValue = 256

// reservedPrefix begins the keys and values of AWS's own tags.
const reservedPrefix = "aws:"

// installationTag is on every task of this program, and on no other. The IAM
// policies in config/aws require it.
const installationTag = tagPrefix + "installation"

// namespaceTag has the namespace of the task's job.
const namespaceTag = tagPrefix + "namespace"

// lifetimeTag has how many seconds after its start a task is certainly nobody's.
// It is a time span because no two machines' clocks need agree on it.
const lifetimeTag = tagPrefix + "active-deadline-seconds"

// maxLifetime is the most that spec.activeDeadlineSeconds of a FargateJob can be.
const maxLifetime = 31 * 24 * time.Hour

// tags are the template's and the ones that identify the job, for chargeback
// and for people who find the task in the console.
func (l Launch) tags() []types.Tag {
	tags := []types.Tag{{Key: aws.String(installationTag), Value: aws.String(tagValue(l.Owner.Installation))}}
	for _, tag := range l.Template.Tags {
		tags = append(tags, types.Tag{Key: aws.String(tag.Key), Value: aws.String(unreserved(aws.ToString(tag.Value)))})
	}
	for _, identity := range []struct{ key, value string }{
		{"namespace", l.Namespace},
		{"active-deadline-seconds", number(int64(l.Lifetime / time.Second))},
		{"runner", l.Job.Runner},
		{"project", l.Job.ProjectPath},
		{"project-id", number(l.Job.ProjectID)},
		{"pipeline-id", number(l.Job.PipelineID)},
		{"job-id", number(l.Job.ID)},
		{"job", l.Job.Name},
		{"ref", l.Job.Ref},
	} {
		if value := tagValue(identity.value); value != "" {
			tags = append(tags, types.Tag{Key: aws.String(tagPrefix + identity.key), Value: aws.String(value)})
		}
	}
	return tags
}

// tagValue returns a value that AWS accepts: letters, digits, spaces and
// _.:/=+-@.
func tagValue(s string) string {
	mapped := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" _.:/=+-@", r) {
			return r
		}
		return '_'
	}, s)
	return unreserved(text.Cut(mapped, maxTagValue))
}

// unreserved is the value, unless it begins with the prefix that AWS keeps for
// itself, in upper or lower case: ECS would refuse the whole task. Source: Tag in
// the ECS API reference.
func unreserved(value string) string {
	if len(value) < len(reservedPrefix) || !strings.EqualFold(value[:len(reservedPrefix)], reservedPrefix) {
		return value
	}
	return text.Cut("_"+value, maxTagValue)
}

// parseLifetime reads the tag. It is 0 for a value that this program does not
// write.
func parseLifetime(value string) time.Duration {
	seconds, err := strconv.ParseInt(value, 10, 32)
	if err != nil || seconds < 1 || strconv.FormatInt(seconds, 10) != value {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxLifetime)
}

func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
