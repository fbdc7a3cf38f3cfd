package coverage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Row says what provides a row of the feature catalogue and what proves it.
type Row struct {
	Title string   `json:"title"`
	Names []string `json:"names"`
	Tests []string `json:"tests"`
}

// readRows reads coverage.json; an unknown key in it is an error.
func readRows(text []byte) (map[string]Row, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	rows := map[string]Row{}
	if err := d.Decode(&rows); err != nil {
		return nil, err
	}
	return rows, nil
}

// checkRows returns a complaint for each thing that a row names and the source does not have.
func checkRows(rows map[string]Row, files []source) []string {
	names, tests := declared(files)
	var complaints []string
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		row := rows[id]
		if row.Title == "" || len(row.Names) == 0 || len(row.Tests) == 0 {
			complaints = append(complaints, id+": a row needs a title, names and tests")
		}
		for _, name := range row.Names {
			if !names[name] {
				complaints = append(complaints, fmt.Sprintf("%s: there is no exported %s", id, name))
			}
		}
		for _, test := range row.Tests {
			if !tests[test] {
				complaints = append(complaints, fmt.Sprintf("%s: there is no test %s", id, test))
			}
		}
	}
	return complaints
}

// declared returns what the files export, methods and fields included, and their tests.
func declared(files []source) (names, tests map[string]bool) {
	names, tests = map[string]bool{}, map[string]bool{}
	for _, f := range files {
		for _, decl := range f.syntax.Decls {
			if !f.isTest() {
				addExported(names, f.pkg(), decl)
			} else if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && isTestName(fn.Name.Name) {
				tests[f.pkg()+"."+fn.Name.Name] = true
			}
		}
	}
	return names, tests
}

// isTestName knows what go test runs: TestX, not Testify.
func isTestName(name string) bool {
	for _, prefix := range []string{"Test", "Fuzz", "Benchmark", "Example"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			first, _ := utf8.DecodeRuneInString(rest)
			return !unicode.IsLower(first)
		}
	}
	return false
}

func addExported(names map[string]bool, pkg string, decl ast.Decl) {
	add := func(parts ...string) {
		for _, p := range parts {
			if !token.IsExported(p) {
				return
			}
		}
		names[pkg+"."+strings.Join(parts, ".")] = true
	}
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Recv == nil {
			add(decl.Name.Name)
		} else if base := baseName(decl.Recv.List[0].Type); base != "" {
			add(base, decl.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				for _, n := range spec.Names {
					add(n.Name)
				}
			case *ast.TypeSpec:
				add(spec.Name.Name)
				for _, member := range members(spec.Type) {
					add(spec.Name.Name, member)
				}
			}
		}
	}
}

// members are the fields of a struct and the methods of an interface, as far as they are written there.
func members(t ast.Expr) []string {
	var list *ast.FieldList
	switch t := t.(type) {
	case *ast.StructType:
		list = t.Fields
	case *ast.InterfaceType:
		list = t.Methods
	default:
		return nil
	}
	var out []string
	for _, f := range list.List {
		for _, n := range f.Names {
			out = append(out, n.Name)
		}
	}
	return out
}

// baseName is the type of a receiver without pointer and type parameters.
func baseName(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return baseName(t.X)
	case *ast.ParenExpr:
		return baseName(t.X)
	case *ast.IndexExpr:
		return baseName(t.X)
	case *ast.IndexListExpr:
		return baseName(t.X)
	case *ast.Ident:
		return t.Name
	}
	return ""
}
