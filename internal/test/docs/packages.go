package docs

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Package is a Go package of the repository, in whatever module it is.
type Package struct {
	// Path is its directory in the repository.
	Path string
	// Does is the first sentence of its comment, without the words "Package
	// name" that it begins with. It is empty if the comment begins otherwise.
	Does string
}

// noPackages are directories without packages of this project.
var noPackages = []string{"bin", "dist", "testdata"}

// Packages returns all packages of a repository, in the order of their paths.
func Packages(repository fs.FS) ([]Package, error) {
	found := map[string]string{}
	err := fs.WalkDir(repository, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (slices.Contains(noPackages, entry.Name()) || strings.HasPrefix(entry.Name(), ".")):
			return fs.SkipDir
		case entry.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		does, err := firstSentence(repository, name)
		if dir := path.Dir(name); found[dir] == "" {
			found[dir] = does
		}
		return err
	})
	var packages []Package
	for dir, does := range found {
		packages = append(packages, Package{Path: dir, Does: does})
	}
	slices.SortFunc(packages, func(a, b Package) int { return strings.Compare(a.Path, b.Path) })
	return packages, err
}

// packageName is how a package's comment begins.
var packageName = regexp.MustCompile(`^(Package|Command) [a-z0-9_]+ `)

func firstSentence(repository fs.FS, name string) (string, error) {
	source, err := fs.ReadFile(repository, name)
	if err != nil {
		return "", err
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.PackageClauseOnly|parser.ParseComments)
	if err != nil || file.Doc == nil {
		return "", err
	}
	return sentence(file.Doc), nil
}

func sentence(comment *ast.CommentGroup) string {
	synopsis := new(doc.Package).Synopsis(comment.Text())
	begin := packageName.FindString(synopsis)
	if begin == "" {
		return ""
	}
	return strings.TrimPrefix(synopsis, begin)
}

// packageList is a list of packages in a page. The directories that are named
// before it say of which.
var packageList = regexp.MustCompile(`(?s)<!-- packages in: ([^\n]+) -->\n(.*?)<!-- end of packages -->`)

// FillPackages returns a page with its lists of packages written from their
// comments. A package is in the list that names the nearest directory above it.
func FillPackages(page []byte, packages []Package) []byte {
	lists := packageList.FindAllSubmatch(page, -1)
	filled := page
	for _, list := range lists {
		var lines bytes.Buffer
		for _, p := range packages {
			if string(listOf(lists, p.Path)) == string(list[1]) {
				_, _ = fmt.Fprintf(&lines, "%s%s\n", LineOf(p.Path), p.Does) // to memory
			}
		}
		text := fmt.Sprintf("<!-- packages in: %s -->\n%s<!-- end of packages -->", list[1], &lines)
		filled = bytes.Replace(filled, list[0], []byte(text), 1)
	}
	return filled
}

// LineOf is how the line of a package begins.
func LineOf(dir string) string { return "- `" + dir + "` " }

// listOf returns the directories of the list that a package belongs to.
func listOf(lists [][][]byte, dir string) []byte {
	var directories []byte
	nearest := -1
	for _, list := range lists {
		for _, above := range strings.Fields(string(list[1])) {
			if isIn(dir, above) && len(above) > nearest {
				directories, nearest = list[1], len(above)
			}
		}
	}
	return directories
}

func isIn(dir, above string) bool {
	return above == "." || dir == above || strings.HasPrefix(dir, above+"/")
}
