package driverconfig

import (
	"errors"
	"fmt"
	"os"

	"github.com/pelletier/go-toml/v2"
)

// Load reads and checks a file. The error joins every *Problem that was found.
func Load(path string) (*Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration, check the path given with --config and that the user gitlab-runner runs as may read it: %w", err)
	}
	return parse(path, text)
}

func parse(path string, text []byte) (*Config, error) {
	var tree map[string]any
	if err := toml.Unmarshal(text, &tree); err != nil {
		return nil, syntaxProblem(path, err)
	}
	report := &report{path: path, lines: indexLines(text)}
	checkTable(report, tree)
	if err := report.err(); err != nil {
		return nil, err
	}
	config := new(Config)
	if err := toml.Unmarshal(text, config); err != nil {
		return nil, syntaxProblem(path, err)
	}
	config.setDefaults()
	validate(report, config)
	if err := report.err(); err != nil {
		return nil, err
	}
	return config, nil
}

// syntaxProblem places a file that is no TOML.
func syntaxProblem(path string, err error) error {
	problem := &Problem{Path: path, Text: "this is not valid TOML", Err: err}
	var decode *toml.DecodeError
	if errors.As(err, &decode) {
		problem.Line, problem.Column = decode.Position()
	}
	return problem
}
