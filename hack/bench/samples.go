package main

import (
	"cmp"
	"math"
	"slices"
)

// median returns the middle of values, of two the mean. There must be one.
func median[T ~int | ~int64 | ~float64](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// ratios divides values by those of the runs next to them. What the machine does
// for a while affects both, so their median is steadier than the ratio of medians.
func ratios(values, others []float64) []float64 {
	quotients := make([]float64, len(values))
	for i := range values {
		quotients[i] = values[i] / others[i]
	}
	return quotients
}

// percentile returns the smallest value that p percent of values do not exceed
// (nearest rank). There must be one.
func percentile[T cmp.Ordered](values []T, p float64) T {
	sorted := slices.Sorted(slices.Values(values))
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[max(rank, 1)-1]
}

// each collects a field of all elements.
func each[E, T any](elements []E, field func(E) T) []T {
	values := make([]T, len(elements))
	for i, element := range elements {
		values[i] = field(element)
	}
	return values
}
