package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// section is what CHANGELOG.md says about one version.
type section struct {
	text    string
	changes []change
}

// change is an entry, in the form that Artifact Hub reads.
type change struct {
	Kind        string `json:"kind"`
	Description string `json:"description"`
}

// kinds are the headings of https://keepachangelog.com/en/1.1.0/, which are Artifact Hub's kinds too.
var kinds = []string{"added", "changed", "deprecated", "removed", "fixed", "security"}

// readSection finds a version's section, whose heading is like "## 0.1.0 - 2026-12-31".
func readSection(dir, version string) (section, error) {
	content, err := os.ReadFile(filepath.Join(dir, "CHANGELOG.md"))
	if err != nil {
		return section{}, err
	}
	number := strings.TrimPrefix(version, "v")
	heading := regexp.MustCompile(`(?m)^## ` + regexp.QuoteMeta(number) + ` - \d{4}-\d{2}-\d{2}\n`)
	at := heading.FindIndex(content)
	if at == nil {
		return section{}, fmt.Errorf("CHANGELOG.md has no section %q: give the heading Unreleased this version and its date", "## "+number+" - YYYY-MM-DD")
	}
	text, _, _ := strings.Cut(string(content[at[1]:]), "\n## ")
	changes, err := readChanges(text)
	if err != nil {
		return section{}, fmt.Errorf("reading the section of %s in CHANGELOG.md: %w", number, err)
	}
	return section{text: strings.TrimSpace(text), changes: changes}, nil
}

// readChanges reads lists below headings. An entry goes on in lines that are indented.
func readChanges(text string) ([]change, error) {
	var changes []change
	kind := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		heading, isHeading := strings.CutPrefix(line, "### ")
		entry, isEntry := strings.CutPrefix(line, "- ")
		switch {
		case isHeading:
			kind = strings.ToLower(heading)
			if !slices.Contains(kinds, kind) {
				return nil, fmt.Errorf("heading %q: use one of %s", heading, strings.Join(kinds, ", "))
			}
		case isEntry && kind == "":
			return nil, fmt.Errorf("entry %q is below no heading such as \"### Added\"", entry)
		case isEntry:
			changes = append(changes, change{Kind: kind, Description: entry})
		case strings.HasPrefix(line, "  ") && len(changes) > 0:
			changes[len(changes)-1].Description += " " + strings.TrimSpace(line)
		}
	}
	if len(changes) == 0 {
		return nil, fmt.Errorf("it has no entry")
	}
	return changes, nil
}
