package containers

import "encoding/json"

// response is the part of GitLab's job response that is about containers.
type response struct {
	Image     image
	Services  []image
	Variables []variable
	// Secrets are read by the runner from a vault, into variables.
	Secrets map[string]secret
}

func (r *response) targets() map[string]any {
	return map[string]any{
		"image":     &r.Image,
		"services":  &r.Services,
		"variables": &r.Variables,
		"secrets":   &r.Secrets,
	}
}

// image is an image or a service, with variables that are not expanded.
type image struct {
	Name         string     `json:"name"`
	Alias        string     `json:"alias"`
	Entrypoint   []string   `json:"entrypoint"`
	Command      []string   `json:"command"`
	Variables    []variable `json:"variables"`
	PullPolicies []string   `json:"pull_policy"`
	Options      struct {
		Docker struct {
			Platform string `json:"platform"`
			User     user   `json:"user"`
		} `json:"docker"`
		Kubernetes struct {
			User user `json:"user"`
		} `json:"kubernetes"`
	} `json:"executor_opts"`
}

// user is the one for Docker. It can be a name, which Fargate allows as Docker
// does, and the one for Kubernetes is for jobs that have it alone.
func (i *image) user() string {
	if docker := i.Options.Docker.User; docker != "" {
		return string(docker)
	}
	return string(i.Options.Kubernetes.User)
}

// variable is one of a job or of a service.
type variable struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	// Public is set for what .gitlab-ci.yml says, and for what GitLab says about
	// the job, and not for the project's own variables and for tokens.
	Public bool `json:"public"`
	File   bool `json:"file"`
	// Raw values are not expanded.
	Raw bool `json:"raw"`
}

// secret becomes a file unless File is false.
type secret struct {
	File *bool `json:"file"`
}

// user is a name, or an id that GitLab may send as a number.
type user string

func (u *user) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, (*string)(u))
	}
	var id json.Number
	err := json.Unmarshal(data, &id)
	*u = user(id)
	return err
}
