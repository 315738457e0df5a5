package driverconfig

import (
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// lineIndex tells on which line a key or section first occurs, by its lower-case
// dotted path. The decoder itself tells lines only of what it cannot decode.
type lineIndex map[string]int

func (l lineIndex) of(key []string) int { return l[strings.ToLower(strings.Join(key, "."))] }

// indexLines reads a valid TOML document.
func indexLines(text []byte) lineIndex {
	index := make(lineIndex)
	var parser unstable.Parser
	parser.Reset(text)
	var section []string
	for parser.NextExpression() {
		expression := parser.Expression()
		switch expression.Kind {
		case unstable.Table, unstable.ArrayTable:
			section = index.record(&parser, nil, expression)
		case unstable.KeyValue:
			index.recordValue(&parser, section, expression)
		}
	}
	return index
}

// recordValue records a key and, below it, the keys of inline tables.
func (l lineIndex) recordValue(parser *unstable.Parser, parent []string, keyValue *unstable.Node) {
	key := l.record(parser, parent, keyValue)
	if value := keyValue.Value(); value.Kind == unstable.InlineTable {
		members := value.Children()
		for members.Next() {
			l.recordValue(parser, key, members.Node())
		}
	}
}

// record records the line of a possibly dotted key and of each of its parts,
// and returns its path.
func (l lineIndex) record(parser *unstable.Parser, parent []string, node *unstable.Node) []string {
	path := append([]string(nil), parent...)
	parts := node.Key()
	for parts.Next() {
		part := parts.Node()
		path = append(path, string(part.Data))
		name := strings.ToLower(strings.Join(path, "."))
		if _, known := l[name]; !known {
			l[name] = parser.Shape(part.Raw).Start.Line
		}
	}
	return path
}
