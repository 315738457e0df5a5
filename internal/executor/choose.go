package executor

import (
	"fmt"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/gitlab"
	"github.com/fargate-operator/fargate-operator/internal/taskrules"
)

// chosen is what one job uses instead of the runner's defaults.
type chosen struct {
	class     string
	overrides v1alpha1.TaskOverrides
	// variables are the CI variables that chose what may turn out not to exist,
	// by the reason of a job that stalls then.
	variables map[string]string
}

// choose reads what the job asks for. Its errors are the author's fault. The
// class decides whether the job may have the overrides.
func (e *Executor) choose() (chosen, error) {
	choice, err := e.Environment.ReadChoice()
	if err == nil {
		err = e.mayHaveClass(choice.TaskClass)
	}
	if err != nil {
		return chosen{}, &gitlab.BuildFailure{Code: 1, Err: err}
	}
	return chosen{
		variables: e.variablesOf(&choice),
		class:     firstOf(choice.TaskClass, e.Class),
		overrides: v1alpha1.TaskOverrides{
			TaskDefinition:      firstOf(e.TaskDefinition, choice.TaskDefinition),
			PlatformVersion:     firstOf(e.PlatformVersion, choice.PlatformVersion),
			CPU:                 choice.CPU,
			Memory:              choice.Memory,
			EphemeralStorageGiB: choice.EphemeralStorageGiB,
		},
	}, nil
}

// variablesOf are the variables of a choice for chosen.variables.
func (e *Executor) variablesOf(choice *gitlab.Choice) map[string]string {
	variables := map[string]string{}
	if choice.TaskClass != "" && choice.TaskClass != e.Class {
		variables[v1alpha1.ReasonClassNotFound] = taskrules.TaskClassVariable
	}
	if choice.TaskDefinition != "" && e.TaskDefinition == "" {
		variables[v1alpha1.ReasonTaskDefinitionNotFound] = taskrules.TaskDefinitionVariable
	}
	return variables
}

// mayHaveClass returns an error for a class that the job may not choose. The API
// server would let the runner use every class in the namespace.
func (e *Executor) mayHaveClass(class string) error {
	const variable = taskrules.TaskClassVariable
	switch {
	case class == "" || class == e.Class || taskrules.Matches(e.Classes, class):
		return nil
	case e.Class == "":
		return fmt.Errorf("%s %q is refused: this runner works without Kubernetes, so there are no task classes, remove the variable", variable, class)
	case len(e.Classes) == 0:
		return fmt.Errorf("%s %q is refused: fargate.toml does not let jobs choose a class ([Overrides] TaskClasses is not set)", variable, class)
	default:
		return fmt.Errorf("%s %q is refused: fargate.toml allows only %q and the runner's own %s ([Overrides] TaskClasses)", variable, class, e.Classes, e.Class)
	}
}

// firstOf returns the first value that is set.
func firstOf(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	return ""
}
