package coverage

import (
	"fmt"
	"go/build/constraint"
	"slices"
	"strings"
)

// layers are the top-level folders, lowest first; an import may stay in its layer or go down. "." is the root package.
var layers = [][]string{
	{"internal", "tensor"},
	{"."},
	{"metrics", "datasets", "linear", "bayes", "tree", "neighbors", "kernel", "cluster", "decomp", "nn", "features"},
	{"ensemble", "selection", "semi", "rl", "explain", "mltest"},
	{"examples", "bench", "plot"},
}

// linkable are the modules that the core may link; tests may use more.
var linkable = []string{"gonum.org/v1/gonum", "github.com/klauspost/cpuid/v2", "golang.org/x/sys"}

const cudaPath = modulePath + "/internal/cuda"

// layerOf is the layer of a folder, -1 for an unknown one.
func layerOf(dir string) int {
	top, _, _ := strings.Cut(dir, "/")
	return slices.IndexFunc(layers, func(folders []string) bool { return slices.Contains(folders, top) })
}

// checkFolders returns the folders at the top that were not decided on.
func checkFolders(dirs []string) []string {
	var complaints []string
	for _, dir := range dirs {
		if layerOf(dir) < 0 && dir != "testdata" && dir != "bin" && !strings.HasPrefix(dir, ".") {
			complaints = append(complaints, fmt.Sprintf("%s/ is a new top-level folder: decide on it in an issue, then add it to the layers", dir))
		}
	}
	return complaints
}

// checkImports returns a complaint for each import that breaks a rule.
func checkImports(files []source) []string {
	var complaints []string
	complain := func(f source, format string, args ...any) {
		complaints = append(complaints, f.path()+" "+fmt.Sprintf(format, args...))
	}
	for _, f := range files {
		if strings.HasPrefix(f.dir+"/", "internal/cuda/") && inDefaultBuild(f) {
			complain(f, "is in the default build: it needs //go:build cuda")
		}
		for _, p := range f.imports {
			dir, own := ownFolder(p)
			switch {
			case p == "C" && (inDefaultBuild(f) || f.dir != "internal/cuda" && f.dir != "internal/cuda/fake"):
				complain(f, "uses cgo")
			case strings.HasPrefix(p+"/", cudaPath+"/") && inDefaultBuild(f):
				complain(f, "imports internal/cuda in the default build")
			case f.isTest():
			case own && layerOf(dir) > layerOf(f.dir):
				complain(f, "imports %s, which lies above it", p)
			case !own && !f.nested && isModule(p) && !isLinkable(p):
				complain(f, "imports %s, of a module the core may not link", p)
			}
		}
	}
	return complaints
}

// ownFolder is the folder of a package of this repository.
func ownFolder(importPath string) (dir string, ok bool) {
	if importPath == modulePath {
		return ".", true
	}
	return strings.CutPrefix(importPath, modulePath+"/")
}

// isModule tells packages of other modules from the standard library's, whose first element has no dot.
func isModule(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return strings.Contains(first, ".")
}

func isLinkable(importPath string) bool {
	return slices.ContainsFunc(linkable, func(module string) bool {
		return importPath == module || strings.HasPrefix(importPath, module+"/")
	})
}

// inDefaultBuild tells whether the file can be part of a build without the cuda tag, on whatever platform.
func inDefaultBuild(f source) bool {
	return f.build == nil || possible(f.build, true)
}

// possible tells whether some setting of all tags but cuda, which is off, gives the expression the value want.
func possible(e constraint.Expr, want bool) bool {
	switch e := e.(type) {
	case *constraint.TagExpr:
		return e.Tag != "cuda" || !want
	case *constraint.NotExpr:
		return possible(e.X, !want)
	case *constraint.AndExpr:
		if want {
			return possible(e.X, true) && possible(e.Y, true)
		}
		return possible(e.X, false) || possible(e.Y, false)
	case *constraint.OrExpr:
		if want {
			return possible(e.X, true) || possible(e.Y, true)
		}
		return possible(e.X, false) && possible(e.Y, false)
	}
	return true
}
