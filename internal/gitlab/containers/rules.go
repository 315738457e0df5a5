package containers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fargate-operator/fargate-operator/internal/taskrules"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

// maxContainers is how many a task definition has at most. Source: "Amazon ECS
// service quotas" in the ECS developer guide.
const maxContainers = 10

// ownContainers are install, ci-coordinator and job.
const ownContainers = 3

// The platforms of Fargate for Linux.
const (
	linuxAMD64 = "linux/amd64"
	linuxARM64 = "linux/arm64"
)

// Rules are what a job's class says about its containers.
type Rules struct {
	// Platform is what the class's tasks run: linux/amd64 or linux/arm64.
	Platform string
	// AllowedUsers are the users that a job may ask for, each exactly as in
	// Image.User: like allowed_users of GitLab Runner's Docker executor, it has
	// no wildcards, and with none, all are allowed. An image's own user always
	// is.
	AllowedUsers []string
	// Sidecars is the number of containers that the class itself adds to tasks.
	Sidecars int
}

// Check returns a *gitlab.BuildFailure that lists everything that the rules do not
// allow.
func (c Containers) Check(rules Rules) error {
	var problems []error
	add := func(err error) {
		if err != nil {
			problems = append(problems, err)
		}
	}
	add(rules.checkCount(len(c.Services)))
	add(rules.checkPlatform(c.Image.label(), c.Image.Platform))
	add(rules.checkUser(c.Image.label(), c.Image.User))
	for i := range c.Services {
		service := &c.Services[i]
		add(rules.checkPlatform(service.label(), service.Platform))
		add(rules.checkUser(service.label(), service.User))
	}
	return buildFailure(problems)
}

func (r Rules) checkCount(services int) error {
	room := max(maxContainers-ownContainers-r.Sidecars, 0)
	if services <= room {
		return nil
	}
	return fmt.Errorf("the job has %d services, and its task has room for %d: a Fargate task has at most %d containers, of which %d are taken; remove %d of the services",
		services, room, maxContainers, maxContainers-room, services-room)
}

func (r Rules) checkPlatform(label, platform string) error {
	switch architecture := withoutVariant(platform); architecture {
	case "", r.Platform:
		return nil
	case linuxAMD64, linuxARM64:
		return fmt.Errorf("%s asks for the platform %s, and the job's class runs %s: remove docker:platform, or choose a class for %s with the CI variable %s",
			label, platform, r.Platform, architecture, taskrules.TaskClassVariable)
	}
	return fmt.Errorf("%s asks for the platform %q, which Fargate does not have: remove docker:platform, or write %s",
		label, text.Abridge(platform, shown), r.Platform)
}

// withoutVariant cuts off the variant that a platform's architecture has anyway.
// Source: platforms.Normalize of github.com/containerd/platforms.
func withoutVariant(platform string) string {
	switch platform {
	case linuxAMD64 + "/v1":
		return linuxAMD64
	case linuxARM64 + "/v8":
		return linuxARM64
	}
	return platform
}

func (r Rules) checkUser(label, user string) error {
	switch {
	case user == "":
		return nil
	case !isUser(user):
		return fmt.Errorf("%s asks for the user %q, which is not valid: write a name or an id, such as 1000 or 1000:1000", label, text.Abridge(user, shown))
	case len(r.AllowedUsers) > 0 && !slices.Contains(r.AllowedUsers, user):
		return fmt.Errorf("%s asks for the user %q, and the job's class allows only %q: remove the user from it, or use one that is allowed",
			label, text.Abridge(user, shown), r.AllowedUsers)
	}
	return nil
}

// isUser reports whether ECS takes it as the user of a container: user, user:group,
// uid, uid:gid, user:gid or uid:group.
func isUser(user string) bool {
	name, group, grouped := strings.Cut(user, ":")
	return isAccount(name) && (!grouped || isAccount(group))
}

// isAccount reports whether it is an id or a name that a /etc/passwd can have.
func isAccount(name string) bool {
	return name != "" && name[0] != '-' && !strings.ContainsFunc(name, func(c rune) bool {
		return !isLabelCharacter(c) && (c < 'A' || c > 'Z') && c != '_' && c != '.'
	})
}

// PullPolicyNote is a sentence for the job log about a pull_policy that has no
// effect. It is empty if there is none.
func (c Containers) PullPolicyNote() string {
	var labels []string
	if c.Image.pullsSometimes() {
		labels = append(labels, c.Image.label())
	}
	for i := range c.Services {
		if c.Services[i].pullsSometimes() {
			labels = append(labels, c.Services[i].label())
		}
	}
	if labels == nil {
		return ""
	}
	return "the pull_policy of " + strings.Join(labels, ", ") + " has no effect: Fargate keeps no images and pulls them for every task, like the policy " + pullAlways
}

// pullsSometimes reports whether there is a policy other than always.
func (i *Image) pullsSometimes() bool {
	return slices.ContainsFunc(i.PullPolicies, func(policy string) bool { return policy != pullAlways })
}
