package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// sdkServices precedes the name of a service in the import paths of the SDK.
const sdkServices = "github.com/aws/aws-sdk-go-v2/service/"

// calls are the AWS calls in the interfaces of a package, sorted, as IAM writes
// actions: "ecs:RunTask". A call is a method whose second parameter is a pointer
// to the SDK's input of that name.
func calls(dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	var found []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("reading the calls in %s: %w", dir, err)
		}
		found = append(found, callsOf(file)...)
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

func callsOf(file *ast.File) []string {
	services := servicesOf(file)
	var found []string
	ast.Inspect(file, func(node ast.Node) bool {
		declared, ok := node.(*ast.InterfaceType)
		if !ok {
			return true
		}
		for _, method := range declared.Methods.List {
			service, input, ok := inputOf(method)
			if ok && services[service] != "" && input == method.Names[0].Name+"Input" {
				found = append(found, services[service]+":"+method.Names[0].Name)
			}
		}
		return true
	})
	return found
}

// servicesOf are the services that a file imports, by the name that it uses.
func servicesOf(file *ast.File) map[string]string {
	services := map[string]string{}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		service, ok := strings.CutPrefix(imported, sdkServices)
		if err != nil || !ok {
			continue
		}
		name := path.Base(service)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		services[name] = service
	}
	return services
}

// inputOf is the second parameter of a method, if it is a pointer to a type of
// another package.
func inputOf(method *ast.Field) (pkg, name string, ok bool) {
	signature, ok := method.Type.(*ast.FuncType)
	if !ok || len(method.Names) != 1 || len(signature.Params.List) < 2 {
		return "", "", false
	}
	pointer, ok := signature.Params.List[1].Type.(*ast.StarExpr)
	if !ok {
		return "", "", false
	}
	selector, ok := pointer.X.(*ast.SelectorExpr)
	if !ok {
		return "", "", false
	}
	from, ok := selector.X.(*ast.Ident)
	if !ok {
		return "", "", false
	}
	return from.Name, selector.Sel.Name, true
}
