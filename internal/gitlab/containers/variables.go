package containers

import (
	"os"
	"path"
	"slices"
	"strings"

	"github.com/fargate-operator/fargate-operator/internal/gitlab"
)

// Names of variables that the runner sets.
const (
	imageVariable    = "CI_JOB_IMAGE"
	servicesVariable = "CI_JOB_SERVICES" // for the custom executor alone
	filesVariable    = "RUNNER_TEMP_PROJECT_DIR"
)

// Names that a shell gives a meaning of its own. emptyNames are empty, and $ is
// itself.
const (
	emptyNames   = "*#@!?0123456789"
	specialNames = "$" + emptyNames
)

// tlsVariables are the runner's own variables whose values are files.
var tlsVariables = []string{"CI_SERVER_TLS_CA_FILE", "CI_SERVER_TLS_CERT_FILE", "CI_SERVER_TLS_KEY_FILE"}

// variables are those of a job. Their values are what the job's script sees: the
// runner has expanded them, each once.
type variables struct {
	values map[string]string
	sent   []variable
	// last is the place in sent of each variable that GitLab has sent. If a name
	// is there twice, the last one counts.
	last    map[string]int
	secrets map[string]secret
}

func newVariables(env gitlab.Environment, job response) *variables {
	v := &variables{values: map[string]string{}, sent: job.Variables, last: map[string]int{}, secrets: job.Secrets}
	for i := range v.sent {
		v.last[v.sent[i].Key] = i
	}
	for name, value := range env.JobVariables() {
		v.values[name] = value
	}
	delete(v.values, servicesVariable)
	for name := range v.values {
		if v.isFile(name) {
			v.values[name] = v.file(name)
		}
	}
	return v
}

// isFile reports whether the variable's value is a file's content, for which the
// file's path stands wherever it is used.
func (v *variables) isFile(name string) bool {
	if i, sent := v.last[name]; sent {
		return v.sent[i].File
	}
	if s, secret := v.secrets[name]; secret {
		return s.File == nil || *s.File
	}
	return slices.Contains(tlsVariables, name)
}

// file is the path at which the job's scripts write the variable's content.
func (v *variables) file(name string) string { return path.Join(v.values[filesVariable], name) }

// expand replaces $NAME and ${NAME}, once, as the runner does: $$ is a $, and a
// variable that does not exist is empty.
func (v *variables) expand(text string) string { return v.expandWith(nil, text) }

// expandWith does so with a service's own variables before the job's.
func (v *variables) expandWith(own []variable, text string) string {
	return os.Expand(text, func(name string) string {
		if len(name) == 1 && strings.Contains(specialNames, name) {
			return strings.Trim(name, emptyNames)
		}
		for i := range slices.Backward(own) {
			if own[i].Key == name {
				return own[i].Value
			}
		}
		return v.values[name]
	})
}

// imageName expands the name of the job's image. If it has variables, what the
// runner has made of it counts, unless the job has a variable of that name, or a
// variable within a variable was too much for the runner.
func (v *variables) imageName(written string) string {
	_, forged := v.last[imageVariable]
	expanded := v.values[imageVariable]
	if !strings.Contains(written, "$") || forged || expanded == "" || strings.Contains(expanded, "$") {
		return v.expand(written)
	}
	return expanded
}

// ofService are the variables in a service's container: the job's public ones, the
// runner's, and the service's own over them. A project's variables and tokens are
// not among them unless .gitlab-ci.yml has put them into one.
//
// The runner's executors expand the job's variables a second time here. That would
// take the rest of a password after a $ away from the service, but not from the
// job that logs in with it.
func (v *variables) ofService(own []variable) map[string]string {
	env := map[string]string{}
	for name, value := range v.values {
		_, sent := v.last[name]
		_, secret := v.secrets[name]
		if !sent && !secret {
			env[name] = value
		}
	}
	for i := range v.sent {
		if v.sent[i].Public {
			env[v.sent[i].Key] = v.valueOf(i)
		}
	}
	for i := range own {
		value := own[i].Value
		if !own[i].Raw {
			value = v.expandWith(own, value)
		}
		env[own[i].Key] = value
	}
	return env
}

// valueOf is the value of the variable at a place in sent. The runner has only the
// last one of a name.
func (v *variables) valueOf(i int) string {
	sent := &v.sent[i]
	value, known := v.values[sent.Key]
	switch {
	case known && v.last[sent.Key] == i:
		return value
	case sent.File:
		return v.file(sent.Key)
	case sent.Raw:
		return sent.Value
	}
	return v.expand(sent.Value)
}
