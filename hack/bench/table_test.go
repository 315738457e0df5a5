package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPrintTable_SaysWhetherABudgetIsMet(t *testing.T) {
	var out strings.Builder
	err := printTable(&out, []line{
		atMost("memory", 40<<10, 40<<10, mebibytes),
		atMost("calls", 3.51, 3.5, number),
		plain("of these", "1.00"),
	})
	if err != nil {
		t.Fatal(err)
	}
	var got [][]string
	for _, row := range strings.Split(strings.TrimSpace(out.String()), "\n")[1:] {
		got = append(got, strings.Fields(row))
	}
	want := [][]string{
		{"memory", "40.0", "MiB", "-", "-", "≤", "40.0", "MiB", "met"},
		{"calls", "3.51", "-", "-", "≤", "3.50", "not", "met"},
		{"of", "these", "1.00", "-", "-", "-", "-"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the table differs (-want +got):\n%s", diff)
	}
}
