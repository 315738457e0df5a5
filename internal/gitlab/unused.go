package gitlab

import "encoding/json"

// The variables in which the runner names a job's image and services.
const (
	imageVariable    = "CI_JOB_IMAGE"
	servicesVariable = "CI_JOB_SERVICES"
)

// unnamed stands in for a name that is not known.
const unnamed = "?"

// Unused is what a job asks for with `image:` and `services:`. It may say so in
// its .gitlab-ci.yml, or an included file or the defaults may.
type Unused struct {
	// Image is the image's name, empty if the job has none.
	Image string
	// Services are the names of the services' images.
	Services []string
}

// named is the part of an image or service that is used. The rest, such as the
// services' variables, may hold secrets.
type named struct {
	Name string `json:"name"`
}

// imageName is the name of the image, empty if there is none.
func imageName(image json.RawMessage) string {
	var i named
	_ = json.Unmarshal(image, &i) // What it is instead makes no difference.
	return i.Name
}

// serviceNames are the names of the services in a list of them.
func serviceNames(list []byte) []string {
	var services []named
	_ = json.Unmarshal(list, &services)
	var names []string
	for _, service := range services {
		if service.Name == "" {
			service.Name = unnamed
		}
		names = append(names, service.Name)
	}
	return names
}

// expanded replaces the names of the response, in which variables are not
// expanded, with those of the runner. Whether there are any is up to the
// response.
func (e Environment) expanded(u Unused) Unused {
	runners := e.unusedFromVariables()
	if u.Image != "" && runners.Image != "" {
		u.Image = runners.Image
	}
	if len(u.Services) == len(runners.Services) {
		u.Services = runners.Services
	}
	return u
}

func (e Environment) unusedFromVariables() Unused {
	return Unused{
		Image:    e.JobVariable(imageVariable),
		Services: serviceNames([]byte(e.JobVariable(servicesVariable))),
	}
}
