package driverconfig

import (
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// lineIndex has the line on which each key or section first occurs, by its
// lower-case dotted path. The decoder itself reports lines only of what it cannot
// decode.
type lineIndex map[string]int

// of returns the line of a key, or that of the list for an element without its
// own key.
func (l lineIndex) of(key []string) int {
	if line, ok := l[indexName(key)]; ok {
		return line
	}
	list, _, _ := strings.Cut(indexName(key), "[")
	return l[list]
}

func indexName(key []string) string { return strings.ToLower(strings.Join(key, ".")) }

// indexLines reads a valid TOML document.
func indexLines(text []byte) lineIndex {
	index := make(lineIndex)
	elements := make(map[string]int) // of each list of tables so far
	var parser unstable.Parser
	parser.Reset(text)
	var section []string
	for parser.NextExpression() {
		expression := parser.Expression()
		switch expression.Kind {
		case unstable.Table:
			section = index.record(&parser, nil, expression)
		case unstable.ArrayTable:
			list := index.record(&parser, nil, expression)
			section = element(list, elements[indexName(list)])
			elements[indexName(list)]++
			index[indexName(section)] = index.lineOf(&parser, expression)
		case unstable.KeyValue:
			index.recordValue(&parser, section, expression)
		}
	}
	return index
}

// lineOf is the line of a key.
func (lineIndex) lineOf(parser *unstable.Parser, node *unstable.Node) int {
	parts := node.Key()
	parts.Next()
	return parser.Shape(parts.Node().Raw).Start.Line
}

// recordValue records a key and, below it, the keys of inline tables.
func (l lineIndex) recordValue(parser *unstable.Parser, parent []string, keyValue *unstable.Node) {
	key := l.record(parser, parent, keyValue)
	value := keyValue.Value()
	switch value.Kind {
	case unstable.InlineTable:
		l.recordMembers(parser, key, value)
	case unstable.Array:
		elements := value.Children()
		for i := 0; elements.Next(); i++ {
			if table := elements.Node(); table.Kind == unstable.InlineTable {
				l.recordMembers(parser, element(key, i), table)
			}
		}
	}
}

func (l lineIndex) recordMembers(parser *unstable.Parser, key []string, table *unstable.Node) {
	members := table.Children()
	for members.Next() {
		l.recordValue(parser, key, members.Node())
	}
}

// record records the line of a possibly dotted key and of each of its parts,
// and returns its path.
func (l lineIndex) record(parser *unstable.Parser, parent []string, node *unstable.Node) []string {
	path := slices.Clone(parent)
	parts := node.Key()
	for parts.Next() {
		part := parts.Node()
		path = append(path, string(part.Data))
		name := indexName(path)
		if _, known := l[name]; !known {
			l[name] = parser.Shape(part.Raw).Start.Line
		}
	}
	return path
}
