package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
)

// section is a section of the file; the one without a name is its top.
type section struct {
	name string
	list bool // there may be several, in double brackets
	doc  string
	keys []key
}

// key is one key of a section.
type key struct {
	name string
	kind string // in Go
	doc  string
	tag  reflect.StructTag
}

// source is the package's structs by their names.
type source map[string]*ast.StructType

// read returns the sections of Config in the package in dir.
func read(dir string) ([]section, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	structs := source{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			if declared, ok := node.(*ast.TypeSpec); ok {
				if fields, ok := declared.Type.(*ast.StructType); ok {
					structs[declared.Name.Name] = fields
				}
			}
			return true
		})
	}
	if structs["Config"] == nil {
		return nil, fmt.Errorf("there is no struct Config in %s", dir)
	}
	return structs.sections(section{}, "Config", "")
}

// sections returns a section with the keys of a struct, and those below it.
// What applies to a list with Kubernetes also applies to its elements.
func (s source) sections(head section, name string, inherited reflect.StructTag) ([]section, error) {
	var below []section
	for _, field := range s[name].Fields.List {
		own, err := newKey(field, inherited)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", name, own.name, err)
		}
		inner := strings.TrimLeft(own.kind, "*[]")
		list := strings.HasPrefix(own.kind, "[]")
		if s[inner] == nil || list {
			head.keys = append(head.keys, own)
		}
		if s[inner] == nil {
			continue
		}
		full := strings.TrimPrefix(head.name+"."+own.name, ".")
		nested, err := s.sections(section{name: full, list: list, doc: own.doc}, inner, own.tag)
		if err != nil {
			return nil, err
		}
		below = append(below, nested...)
	}
	return append([]section{head}, below...), nil
}

func newKey(field *ast.Field, inherited reflect.StructTag) (key, error) {
	k := key{name: field.Names[0].Name, kind: goType(field.Type), doc: field.Doc.Text(), tag: inherited}
	if k.doc == "" {
		return k, fmt.Errorf("it has no comment")
	}
	if field.Tag != nil {
		tag, err := strconv.Unquote(field.Tag.Value)
		if err != nil {
			return k, err
		}
		k.tag = reflect.StructTag(strings.TrimSpace(tag + " " + string(inherited)))
	}
	return k, nil
}

// goType writes a type as it stands in the source, as far as this package's
// structs have such types.
func goType(expression ast.Expr) string {
	switch e := expression.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return "*" + goType(e.X)
	case *ast.ArrayType:
		return "[]" + goType(e.Elt)
	case *ast.MapType:
		return "map[" + goType(e.Key) + "]" + goType(e.Value)
	default:
		return fmt.Sprintf("%T", e)
	}
}
