package docs

import (
	"regexp"
	"strings"
	"text/tabwriter"
)

// column finds the titles in the head of a table. They contain single spaces at
// most, and have more than one between them.
var column = regexp.MustCompile(`\S+( \S+)*`)

// table is a kubectl table that is being read. Its head shows where the columns
// begin, since cells can be empty.
type table struct {
	titles []string
	starts []int
	rows   [][]string
}

// head is true for the first line of a table: kubectl's tables have an age column,
// in capitals with kubectl get.
func head(line string) bool {
	titles := column.FindAllString(line, -1)
	for _, title := range titles {
		if strings.EqualFold(title, "age") {
			return len(titles) > 1
		}
	}
	return false
}

// newTable begins a table with its head.
func newTable(head string) table {
	t := table{titles: column.FindAllString(head, -1)}
	for _, at := range column.FindAllStringIndex(head, -1) {
		t.starts = append(t.starts, at[0])
	}
	t.add(head)
	return t
}

func (t *table) begun() bool { return len(t.rows) > 0 }

func (t *table) add(line string) {
	cells := make([]string, len(t.starts))
	for i, start := range t.starts {
		stop := len(line)
		if i+1 < len(t.starts) {
			stop = min(stop, t.starts[i+1])
		}
		if start < stop {
			cells[i] = t.cell(i, strings.TrimSpace(line[start:stop]))
		}
	}
	t.rows = append(t.rows, cells)
}

func (t *table) cell(column int, text string) string {
	if strings.EqualFold(t.titles[column], "age") {
		return age.ReplaceAllString(text, "5s")
	}
	return normal(text)
}

// flush writes the table, with its columns as wide as they now need to be.
func (t *table) flush(b *strings.Builder) {
	if !t.begun() {
		return
	}
	const gap = 3
	var laid strings.Builder
	w := tabwriter.NewWriter(&laid, 0, 0, gap, ' ', 0)
	indent := strings.Repeat(" ", t.starts[0])
	for _, row := range t.rows {
		_, _ = w.Write([]byte(indent + strings.Join(row, "\t") + "\n")) // to memory
	}
	_ = w.Flush()
	for line := range strings.Lines(laid.String()) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	*t = table{}
}
