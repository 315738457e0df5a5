package driverconfig

import (
	"errors"
	"fmt"
	"os"

	"github.com/pelletier/go-toml/v2"

	"github.com/fargate-operator/fargate-operator/internal/text"
)

// Load reads and checks a file, and fills in defaults. Its error joins every
// *Problem found in the file.
func Load(path string) (*Config, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration, check the path given with --config and that the user gitlab-runner runs as may read it: %w", err)
	}
	return parse(path, text.WithoutMark(content))
}

func parse(path string, content []byte) (*Config, error) {
	var tree map[string]any
	if err := toml.Unmarshal(content, &tree); err != nil {
		return nil, syntaxProblem(path, err)
	}
	report := &report{path: path, lines: indexLines(content)}
	checkTable(report, tree)
	if err := report.err(); err != nil {
		return nil, err
	}
	config := new(Config)
	if err := toml.Unmarshal(content, config); err != nil {
		return nil, syntaxProblem(path, err)
	}
	config.setDefaults()
	validate(report, config)
	if err := report.err(); err != nil {
		return nil, err
	}
	return config, nil
}

// syntaxProblem reports a file that is not valid TOML, with the place of the
// error.
func syntaxProblem(path string, err error) error {
	problem := &Problem{Path: path, Text: "this is not valid TOML", Err: err}
	var decode *toml.DecodeError
	if errors.As(err, &decode) {
		problem.Line, problem.Column = decode.Position()
	}
	return problem
}
