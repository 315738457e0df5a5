// Package docs runs the commands that the documentation shows, so that it stays
// true. CONTRIBUTING.md says how a page gets its commands run, or opts out with a
// reason.
package docs

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// The languages of blocks with commands.
const (
	// Script is a block of shell commands.
	Script = "sh"
	// Transcript is a block of commands that begin with "$ ", each followed by
	// what it prints.
	Transcript = "console"
)

// setupComment begins an HTML comment with commands that run without being
// shown, for what a page assumes to be there.
const setupComment = "setup:"

// Page is a Markdown file.
type Page struct {
	// Name is the page's name, for people.
	Name   string
	Source []byte
	// Blocks are its fenced blocks, and its setup comments as blocks in the
	// language Script, in the page's order.
	Blocks []Block
	// Links are the destinations of its links and images.
	Links []string
	// Anchors are what a link to the page can have after the #.
	Anchors []string
	// Items counts the items of its lists, and Rows the rows of its tables.
	Items, Rows int
}

// Block is a fenced block.
type Block struct {
	// Line is the line on which its text begins.
	Line     int
	Language string
	Text     string
	// Comment is the text of the HTML comment right before it.
	Comment string

	start, stop int // the bytes of Text in the page
}

// Parse reads a page.
func Parse(name string, source []byte) *Page {
	p := &Page{Name: name, Source: source}
	tree := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))
	slugs := map[string]int{}
	// The walker returns no errors.
	_ = ast.Walk(tree, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch node := node.(type) {
		case *ast.FencedCodeBlock:
			block := p.block(node)
			block.Language = string(node.Language(source))
			block.Comment = p.comment(node.PreviousSibling())
			p.Blocks = append(p.Blocks, block)
		case *ast.HTMLBlock:
			if commands, ok := strings.CutPrefix(p.comment(node), setupComment); ok {
				block := p.block(node)
				block.Language, block.Text = Script, commands+"\n"
				p.Blocks = append(p.Blocks, block)
			}
		case *ast.Heading:
			p.Anchors = append(p.Anchors, unique(slug(p.plain(node)), slugs))
		case *ast.Link:
			p.Links = append(p.Links, string(node.Destination))
		case *ast.Image:
			p.Links = append(p.Links, string(node.Destination))
		case *ast.ListItem:
			p.Items++
		case *extast.TableRow:
			p.Rows++
		}
		return ast.WalkContinue, nil
	})
	return p
}

// block returns the text of a node and its place.
func (p *Page) block(node ast.Node) Block {
	lines := node.Lines()
	if lines.Len() == 0 {
		return Block{}
	}
	start, stop := lines.At(0).Start, lines.At(lines.Len()-1).Stop
	return Block{
		Line:  1 + bytes.Count(p.Source[:start], []byte("\n")),
		Text:  string(lines.Value(p.Source)),
		start: start,
		stop:  stop,
	}
}

// comment is the text of a node that is an HTML comment.
func (p *Page) comment(node ast.Node) string {
	html, ok := node.(*ast.HTMLBlock)
	if !ok {
		return ""
	}
	all := string(html.Lines().Value(p.Source))
	if html.HasClosure() {
		all += string(html.ClosureLine.Value(p.Source))
	}
	inner, opened := strings.CutPrefix(strings.TrimSpace(all), "<!--")
	inner, closed := strings.CutSuffix(inner, "-->")
	if !opened || !closed {
		return ""
	}
	return strings.TrimSpace(inner)
}

// plain is the text of a node without its markup.
func (p *Page) plain(node ast.Node) string {
	var b strings.Builder
	_ = ast.Walk(node, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if leaf, ok := node.(*ast.Text); ok && entering {
			b.Write(leaf.Value(p.Source))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}
