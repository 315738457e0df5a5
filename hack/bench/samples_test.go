package main

import (
	"testing"
	"time"
)

func TestMedian_IsTheMiddleOrTheMeanOfTheTwoInTheMiddle(t *testing.T) {
	for _, test := range []struct {
		values []time.Duration
		want   time.Duration
	}{
		{[]time.Duration{7}, 7},
		{[]time.Duration{9, 1, 4}, 4},
		{[]time.Duration{8, 2, 100, 4}, 6},
	} {
		if got := median(test.values); got != test.want {
			t.Errorf("the median of %v is %v, want %v", test.values, got, test.want)
		}
	}
}

func TestPercentile_IsTheNearestRank(t *testing.T) {
	hundred := make([]int, 100)
	for i := range hundred {
		hundred[i] = 100 - i
	}
	for _, test := range []struct {
		values  []int
		percent float64
		want    int
	}{
		{hundred, 95, 95},
		{hundred, 100, 100},
		{[]int{5, 3}, 95, 5},
		{[]int{5, 3}, 50, 3},
		{[]int{5}, 0, 5},
	} {
		if got := percentile(test.values, test.percent); got != test.want {
			t.Errorf("the %v%% percentile of %v is %d, want %d", test.percent, test.values, got, test.want)
		}
	}
}
