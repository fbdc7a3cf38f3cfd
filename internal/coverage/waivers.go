package coverage

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"slices"
	"strconv"
	"strings"
)

const mltestPath = modulePath + "/mltest"

// findWaivers lists the waivers of conformance laws in the files, sorted, one a line: package, test, law and reason,
// separated by tabs. mltest's own tests, which try waivers out, do not count. A waiver whose reason is not a literal is
// a complaint, since no list can show it.
func findWaivers(files []source) (lines, complaints []string) {
	for _, f := range files {
		local := localName(f, mltestPath)
		if local == "" || f.dir == "mltest" {
			continue
		}
		for _, decl := range f.syntax.Decls {
			name := "-"
			if fn, ok := decl.(*ast.FuncDecl); ok {
				name = fn.Name.Name
			}
			listed := map[ast.Node]bool{}
			ast.Inspect(decl, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok && isWaive(call.Fun, local) && len(call.Args) == 2 {
					if reason, ok := literal(call.Args[1]); ok {
						listed[call.Fun] = true
						law := strings.TrimPrefix(types.ExprString(call.Args[0]), local+".")
						lines = append(lines, strings.Join([]string{f.pkg(), name, law, reason}, "\t"))
					}
				}
				if e, ok := n.(ast.Expr); ok && isWaive(e, local) && !listed[e] {
					complaints = append(complaints, fmt.Sprintf("%s: %s waives a law without a literal reason in the call", f.path(), name))
				}
				return true
			})
		}
	}
	slices.Sort(lines)
	return lines, complaints
}

// localName is what a file calls a package it imports, "" if it does not.
func localName(f source, importPath string) string {
	for i, p := range f.imports {
		if p == importPath {
			if name := f.syntax.Imports[i].Name; name != nil {
				return name.Name
			}
			return path.Base(p)
		}
	}
	return ""
}

func isWaive(e ast.Expr, local string) bool {
	s, ok := e.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != "Waive" {
		return false
	}
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == local
}

// literal is the value of a string literal, or of several joined by +.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, e.Kind == token.STRING && err == nil
	case *ast.BinaryExpr:
		x, okX := literal(e.X)
		y, okY := literal(e.Y)
		return x + y, okX && okY && e.Op == token.ADD
	}
	return "", false
}
