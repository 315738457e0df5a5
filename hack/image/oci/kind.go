package oci

import "path"

// Kind is an image that is shipped.
type Kind struct {
	// File is the name of its archive.
	File string
	// Suffix follows the name of the operator's image in that of this one.
	Suffix string

	title, description string
	programs           []string // in dir
	dir                string
	env                []string
	user               string
	roots              bool // it has certificate authorities
}

// Operator has the controller, which is its default command, and the executor's stage binary, which runners copy from
// it.
func Operator() Kind {
	return Kind{
		File:        "image.tar",
		title:       "Fargate Operator",
		description: "GitLab CI jobs on AWS Fargate, run from Kubernetes",
		programs:    []string{"manager", "fargate"},
		dir:         "usr/local/bin",
		env:         []string{"PATH=/usr/local/bin"},
		user:        "65532:65532",
		roots:       true,
	}
}

// Agent has what copies itself into a volume of each task. It runs as root, to which volumes belong, and is apart
// because every task pulls it.
func Agent() Kind {
	return Kind{
		File:        "agent.tar",
		Suffix:      "-agent",
		title:       "Fargate Operator agent",
		description: "Runs GitLab CI jobs in any image on AWS Fargate",
		programs:    []string{"agent"},
		user:        "0:0",
	}
}

// Kinds are all of them.
func Kinds() []Kind { return []Kind{Operator(), Agent()} }

// command is the path of the image's first program in it.
func (k Kind) command() string { return path.Join("/", k.dir, k.programs[0]) }
