package containers

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/fargate-operator/fargate-operator/internal/text"
)

// healthVariable names the port to wait for.
const healthVariable = "HEALTHCHECK_TCP_PORT"

// maxImageName is the length in bytes of the longest name of an image: a
// repository of 255, a tag of 128 and a SHA-512 digest of 135, as
// github.com/distribution/reference has them.
const maxImageName = 255 + 1 + 128 + 1 + 135

// shown is how many characters of text from outside an error shows.
const shown = 80

// The values of pull_policy.
const (
	pullAlways       = "always"
	pullIfNotPresent = "if-not-present"
	pullNever        = "never"
)

// reader expands what a job says, and collects what is wrong with it.
type reader struct {
	*variables
	problems []error
}

func (r *reader) refusef(format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf(format, args...))
}

func (r *reader) jobImage(written image) Image {
	if written.Name == "" {
		return Image{}
	}
	return r.image("image", r.imageName(written.Name), &written)
}

func (r *reader) service(position int, written *image) Service {
	name := r.expand(written.Name)
	service := Service{
		Image:   r.image(fmt.Sprintf("services[%d]", position), name, written),
		Aliases: strings.Fields(strings.ReplaceAll(r.expand(written.Alias), ",", " ")),
	}
	r.checkAliases(&service)
	env := r.ofService(written.Variables)
	service.HealthPort = r.healthPort(&service, env[healthVariable])
	service.declared = slices.ContainsFunc(written.Variables, func(v variable) bool { return v.Key == healthVariable })
	// Unlike names, these are left to the shell that they may start: that is
	// what the runner's executors do, and "$@" is not a variable of the job.
	service.Start = hide(start{env: env, entrypoint: written.Entrypoint, command: written.Command})
	return service
}

// image checks and expands what images and services have in common. where is the
// place in .gitlab-ci.yml.
func (r *reader) image(where, name string, written *image) Image {
	if err := checkName(name); err != nil {
		r.refusef("%s %q %w", where, text.Abridge(written.Name, shown), err)
	}
	for _, policy := range written.PullPolicies {
		if policy != pullAlways && policy != pullIfNotPresent && policy != pullNever {
			r.refusef("%s has the pull_policy %q, which GitLab does not know: write %s, %s or %s, or remove it",
				where, text.Abridge(policy, shown), pullAlways, pullIfNotPresent, pullNever)
		}
	}
	return Image{
		Name:         name,
		Platform:     r.expand(written.Options.Docker.Platform),
		User:         r.expand(written.user()),
		PullPolicies: written.PullPolicies,
	}
}

// checkName refuses what is not a name at all. Its error completes a sentence that
// begins with the name as the author wrote it.
func checkName(name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return errors.New("is empty after its variables are expanded: set them for this job, or write the name of an image")
	case len(name) > maxImageName:
		return fmt.Errorf("has %d bytes after its variables are expanded, and the name of an image has at most %d: correct it or its variables", len(name), maxImageName)
	case strings.ContainsFunc(name, func(c rune) bool { return unicode.IsSpace(c) || !unicode.IsPrint(c) }):
		return errors.New("has spaces, line breaks or control characters after its variables are expanded, and the name of an image has none: correct it or its variables")
	}
	return nil
}

func (r *reader) checkAliases(service *Service) {
	for _, alias := range service.Aliases {
		if !isHostName(alias, "") {
			r.refusef("%s has the alias %q, which is not a valid host name: write at most 253 lowercase letters, digits, - and ., "+
				"with a letter or digit at the beginning and the end, such as %q",
				service.label(), text.Abridge(alias, shown), suggestion(alias))
		}
	}
}

// healthPort reads the port of a service. The text is not shown: it may be
// anything.
func (r *reader) healthPort(service *Service, written string) int {
	if written == "" {
		return 0
	}
	port, err := strconv.ParseUint(written, 10, 16)
	if err != nil || port == 0 {
		r.refusef("%s has a variable %s that is not a port: write a number from 1 to 65535, or remove it", service.label(), healthVariable)
		return 0
	}
	return int(port)
}

// label says which image it is, in an error.
func (i *Image) label() string { return "image " + shownName(i.Name) }

// label says which service it is. Two can have the same image.
func (s *Service) label() string {
	label := "service " + shownName(s.Name)
	if len(s.Aliases) > 0 {
		label += " (" + shownName(s.Aliases[0]) + ")"
	}
	return label
}

func shownName(name string) string { return text.OneLine(text.Abridge(name, shown)) }
