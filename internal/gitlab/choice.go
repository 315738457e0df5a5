package gitlab

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/fargate-operator/fargate-operator/internal/taskrules"
)

// Choice is what a job asks for in place of its task's defaults; empty fields
// keep the default. Values are well formed for the API server, but not yet
// allowed: whether the job may have them is decided elsewhere.
type Choice struct {
	TaskDefinition  string // family, family:revision or ARN
	PlatformVersion string
	TaskClass       string
	CPU             int32 // CPU units, 1024 to a vCPU
	Memory          int32 // MiB
	// EphemeralStorageGiB is the size of the disk.
	EphemeralStorageGiB int32
}

// ReadChoice reads the job's variables. Its error lists everything that is wrong
// with them, for the job's author.
func (e Environment) ReadChoice() (Choice, error) {
	r := choiceReader{environment: e}
	choice := Choice{
		TaskDefinition:      r.text(taskrules.TaskDefinitionVariable, taskrules.TaskDefinition),
		PlatformVersion:     r.text(taskrules.PlatformVersionVariable, taskrules.PlatformVersion),
		TaskClass:           r.text(taskrules.TaskClassVariable, taskrules.TaskClass),
		CPU:                 r.size(taskrules.CPUVariable, "vCPU", taskrules.CheckCPU),
		Memory:              r.size(taskrules.MemoryVariable, "GB", taskrules.CheckMemory),
		EphemeralStorageGiB: r.size(taskrules.EphemeralStorageVariable, "", taskrules.CheckEphemeralStorage),
	}
	return choice, errors.Join(r.problems...)
}

type choiceReader struct {
	environment Environment
	problems    []error
}

func (r *choiceReader) value(name string) string {
	return strings.TrimSpace(r.environment.JobVariable(name))
}

func (r *choiceReader) check(name string, broken error) {
	if broken != nil {
		r.problems = append(r.problems, fmt.Errorf("the CI variable %s %w", name, broken))
	}
}

func (r *choiceReader) text(name string, rule taskrules.Text) string {
	value := r.value(name)
	if value != "" {
		r.check(name, rule.Check(value))
	}
	return value
}

func (r *choiceReader) size(name, largeUnit string, rule func(int) error) int32 {
	text := r.value(name)
	if text == "" {
		return 0
	}
	size, ok := quantity(text, largeUnit)
	if !ok {
		r.check(name, notANumber(text, largeUnit))
		return 0
	}
	r.check(name, rule(int(size)))
	return size
}

func notANumber(text, largeUnit string) error {
	if len(text) > 80 {
		text = text[:80] + "..."
	}
	if largeUnit == "" {
		return fmt.Errorf("must be a whole number such as 50, not %q", text)
	}
	return fmt.Errorf(`must be a whole number such as 1024, or a number of the larger unit such as "1 %s", not %q`, largeUnit, text)
}

// quantity reads a size as AWS writes it: a whole number of the small unit, or a
// number of the large unit, which is 1024 small ones.
func quantity(text, largeUnit string) (size int32, ok bool) {
	if n, err := strconv.ParseInt(text, 10, 32); err == nil {
		return int32(n), true
	}
	unit := len(text) - len(largeUnit)
	if largeUnit == "" || unit < 0 || !strings.EqualFold(text[unit:], largeUnit) {
		return 0, false
	}
	number, err := strconv.ParseFloat(strings.TrimSpace(text[:unit]), 64)
	number *= 1024
	if err != nil || number < 0 || number > math.MaxInt32 || number != math.Trunc(number) {
		return 0, false
	}
	return int32(number), true
}
