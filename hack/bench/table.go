package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// line is a line of the table. Empty fields are printed as a dash.
type line struct {
	what, ours, openssh, compared, budget string
	// met is meaningless without a budget.
	met bool
}

// plain is a line without a budget, for the reader's information.
func plain(what, ours string) line { return line{what: what, ours: ours} }

// atMost is a line whose value must not exceed a limit.
func atMost[T int | float64 | time.Duration](what string, value, limit T, format func(T) string) line {
	return line{what: what, ours: format(value), budget: "≤ " + format(limit), met: value <= limit}
}

func printTable(out io.Writer, lines []line) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(cells ...any) { fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", cells...) }
	row("FIGURE", "OURS", "OPENSSH", "OURS/OPENSSH", "BUDGET", "RESULT")
	for _, l := range lines {
		row(l.what, dash(l.ours), dash(l.openssh), dash(l.compared), dash(l.budget), l.result())
	}
	return table.Flush()
}

func (l line) result() string {
	switch {
	case l.budget == "":
		return "-"
	case l.met:
		return "met"
	default:
		return "not met"
	}
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

func mebibytes(kib int) string { return fmt.Sprintf("%.1f MiB", float64(kib)/1024) }

func number(n float64) string { return fmt.Sprintf("%.2f", n) }
