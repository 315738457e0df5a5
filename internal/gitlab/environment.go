package gitlab

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"strconv"
	"strings"
)

// Names of the variables that gitlab-runner sets for the custom executor.
const (
	buildFailureVariable  = "BUILD_FAILURE_EXIT_CODE"
	systemFailureVariable = "SYSTEM_FAILURE_EXIT_CODE"
	exitCodeFileVariable  = "BUILD_EXIT_CODE_FILE"
	jobResponseVariable   = "JOB_RESPONSE_FILE"
	tempDirVariable       = "TMPDIR"
	jobVariablePrefix     = "CUSTOM_ENV_"
)

// Environment is what gitlab-runner passes in environment variables.
type Environment struct {
	// Exit says how to report the end of the process.
	Exit ExitCodes
	// JobResponseFile is the path of the job as GitLab sent it. Empty with
	// runners that do not write it.
	JobResponseFile string
	// TempDir is the folder that all stages of one attempt share.
	TempDir string

	jobVariables map[string]string
}

// ParseEnvironment reads an environment in the form of os.Environ. If a variable
// occurs twice, the last one counts, as in os/exec.
//
// If it fails, the environment it returns still holds the defaults and
// everything else that could be read, so that the failure can be reported with
// an exit code.
func ParseEnvironment(environ []string) (Environment, error) {
	values := make(map[string]string, len(environ))
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok {
			values[name] = value
		}
	}
	env := Environment{
		Exit: ExitCodes{
			BuildFailure:  defaultBuildFailure,
			SystemFailure: defaultSystemFailure,
			File:          values[exitCodeFileVariable],
		},
		JobResponseFile: values[jobResponseVariable],
		TempDir:         values[tempDirVariable],
		jobVariables:    jobVariables(values),
	}
	return env, errors.Join(
		readExitCode(values, buildFailureVariable, &env.Exit.BuildFailure),
		readExitCode(values, systemFailureVariable, &env.Exit.SystemFailure),
	)
}

// JobVariable returns the job's variable of that name, which excludes the
// prefix CUSTOM_ENV_. The job's author can set it: base no privileged decision
// on it.
func (e Environment) JobVariable(name string) string { return e.jobVariables[name] }

// JobVariables are all of the job's variables by name, like JobVariable. Many are
// secret.
func (e Environment) JobVariables() iter.Seq2[string, string] { return maps.All(e.jobVariables) }

func jobVariables(values map[string]string) map[string]string {
	variables := make(map[string]string)
	for name, value := range values {
		if job, ok := strings.CutPrefix(name, jobVariablePrefix); ok {
			variables[job] = value
		}
	}
	return variables
}

// readExitCode replaces code with a variable's value, if the variable is set.
// 0 is refused: it would turn every failure into a success.
func readExitCode(values map[string]string, name string, code *int) error {
	text, ok := values[name]
	if !ok || text == "" {
		return nil
	}
	parsed, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("%s must be a number from 1 to 255, gitlab-runner sets it when it starts this program: %w", name, err)
	}
	if parsed < 1 || parsed > maxExitCode {
		return fmt.Errorf("%s must be a number from 1 to 255, gitlab-runner sets it when it starts this program: got %d", name, parsed)
	}
	*code = parsed
	return nil
}
