package localecs

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// size is a task's size: CPU units, 1024 to a vCPU, and memory in MiB.
type size struct {
	cpu, memory int
}

// fargateMemory lists what Fargate offers for each number of CPU units: memory
// in MiB from min to max in steps. From the RegisterTaskDefinition API reference.
var fargateMemory = map[int]struct{ min, max, step int }{
	256:   {512, 2048, 0}, // 512, 1024 and 2048: doubling
	512:   {1024, 4096, 1024},
	1024:  {2048, 8192, 1024},
	2048:  {4096, 16384, 1024},
	4096:  {8192, 30720, 1024},
	8192:  {16384, 61440, 4096},
	16384: {32768, 122880, 8192},
}

// Ephemeral storage in GiB, from the API reference of EphemeralStorage.
const (
	minEphemeralStorage = 21
	maxEphemeralStorage = 200
)

// fargateSize reads and checks a size. cpu is a number of units or, as in
// "1 vCPU", of vCPUs; memory is in MiB or, as in "2 GB", in GB.
func fargateSize(cpu, memory string) (size, error) {
	units, cpuOK := quantity(cpu, "vcpu")
	mebibytes, memoryOK := quantity(memory, "gb")
	offer, offered := fargateMemory[units]
	if !cpuOK || !memoryOK || !offered || mebibytes < offer.min || mebibytes > offer.max {
		return size{}, noSuchSize()
	}
	fits := offer.step > 0 && (mebibytes-offer.min)%offer.step == 0 ||
		offer.step == 0 && mebibytes%offer.min == 0 && mebibytes&(mebibytes-1) == 0
	if !fits {
		return size{}, noSuchSize()
	}
	return size{cpu: units, memory: mebibytes}, nil
}

func noSuchSize() *APIError {
	return clientException("No Fargate configuration exists for given values.")
}

var quantityPattern = regexp.MustCompile(`^([0-9]*\.?[0-9]+) ?([a-z]*)$`)

// quantity reads a whole number, or a number of larger units of 1024 each.
func quantity(text, unit string) (value int, ok bool) {
	parts := quantityPattern.FindStringSubmatch(strings.ToLower(text))
	if parts == nil || parts[2] != "" && parts[2] != unit {
		return 0, false
	}
	if parts[2] == "" {
		value, err := strconv.Atoi(parts[1])
		return value, err == nil
	}
	number, err := strconv.ParseFloat(parts[1], 64)
	return int(number * 1024), err == nil
}

func checkEphemeralStorage(storage *types.EphemeralStorage) error {
	if storage == nil {
		return nil
	}
	if gib := storage.SizeInGiB; gib < minEphemeralStorage || gib > maxEphemeralStorage {
		return invalidParameter("Ephemeral storage must be between %d and %d GiB.", minEphemeralStorage, maxEphemeralStorage)
	}
	return nil
}
