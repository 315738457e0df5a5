package taskrules

import (
	"fmt"
	"slices"
	"strings"
)

// The bounds of a task's size: memory in MiB and ephemeral storage in GiB.
const (
	minMemory, maxMemory                     = 512, 122880
	minEphemeralStorage, maxEphemeralStorage = 21, 200
)

// fargateSize is the memory, in MiB, that Fargate offers with a number of CPU
// units.
type fargateSize struct{ cpu, least, most, step int }

// fargateSizes come from "Task size" in the ECS developer guide, in the form of
// the CRD's rule.
var fargateSizes = []fargateSize{
	{256, 512, 512, 1},
	{256, 1024, 2048, 1024},
	{512, 1024, 4096, 1024},
	{1024, 2048, 8192, 1024},
	{2048, 4096, 16384, 1024},
	{4096, 8192, 30720, 1024},
	{8192, 16384, 61440, 4096},
	{16384, 32768, 122880, 8192},
}

// CheckCPU returns an error if no task can have that many CPU units.
func CheckCPU(units int) error {
	if slices.ContainsFunc(fargateSizes, func(s fargateSize) bool { return s.cpu == units }) {
		return nil
	}
	return fmt.Errorf("must be one of 256, 512, 1024, 2048, 4096, 8192 and 16384 CPU units, 1024 to a vCPU, not %d", units)
}

// CheckMemory returns an error if no task can have that much memory, in MiB.
func CheckMemory(mebibytes int) error {
	return between("MiB", mebibytes, minMemory, maxMemory)
}

// CheckEphemeralStorage returns an error if no task can have a disk of that
// size, in GiB. A task that sets none has 20 GiB.
func CheckEphemeralStorage(gibibytes int) error {
	return between("GiB", gibibytes, minEphemeralStorage, maxEphemeralStorage)
}

func between(unit string, value, least, most int) error {
	if value < least || value > most {
		return fmt.Errorf("must be from %d to %d %s, not %d", least, most, unit, value)
	}
	return nil
}

// CheckFargateSize returns an error if Fargate does not offer the memory, in
// MiB, with the CPU units. 0 CPU units means any number of them.
func CheckFargateSize(cpu, memory int) error {
	var offers []string
	for _, s := range fargateSizes {
		if cpu != 0 && cpu != s.cpu {
			continue
		}
		if memory >= s.least && memory <= s.most && (memory-s.least)%s.step == 0 {
			return nil
		}
		offers = append(offers, s.String())
	}
	return fmt.Errorf("must be what Fargate offers: %s, not %d MiB", strings.Join(offers, ", "), memory)
}

func (s fargateSize) String() string {
	if s.least == s.most {
		return fmt.Sprintf("%d MiB with %d CPU units", s.least, s.cpu)
	}
	return fmt.Sprintf("%d to %d MiB in steps of %d with %d CPU units", s.least, s.most, s.step, s.cpu)
}
