package coverage

import (
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// modulePath is what the repository's packages are imported by.
const modulePath = "github.com/gopherwood-ml/ml"

// A source is one Go file of the repository.
type source struct {
	dir     string // from the root, "." for the root itself
	name    string
	nested  bool // in a module of its own
	syntax  *ast.File
	imports []string
	build   constraint.Expr // its //go:build line, or nil
}

func (s source) path() string { return path.Join(s.dir, s.name) }

func (s source) isTest() bool { return strings.HasSuffix(s.name, "_test.go") }

// pkg is how the package is called in coverage.json.
func (s source) pkg() string {
	if s.dir == "." {
		return "ml"
	}
	return s.dir
}

// readSource parses all Go files under root but those that the go tool does not see: in testdata and in folders that
// begin with a dot or an underscore.
func readSource(root string) ([]source, error) {
	var all []source
	nested := map[string]bool{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if entry.IsDir() {
			if rel == "." {
				return nil
			}
			if name := entry.Name(); name == "testdata" || name[0] == '.' || name[0] == '_' {
				return filepath.SkipDir
			}
			_, err := os.Stat(filepath.Join(file, "go.mod"))
			nested[rel] = err == nil || nested[path.Dir(rel)]
			return nil
		}
		if !strings.HasSuffix(rel, ".go") {
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		s, err := parseSource(rel, text)
		s.nested = nested[s.dir]
		all = append(all, s)
		return err
	})
	return all, err
}

func parseSource(rel string, text []byte) (source, error) {
	s := source{dir: path.Dir(rel), name: path.Base(rel)}
	var err error
	if s.syntax, err = parser.ParseFile(token.NewFileSet(), rel, text, parser.SkipObjectResolution|parser.ParseComments); err != nil {
		return s, err
	}
	for _, i := range s.syntax.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return s, err
		}
		s.imports = append(s.imports, p)
	}
	for _, group := range s.syntax.Comments {
		for _, c := range group.List {
			if c.Pos() < s.syntax.Package && constraint.IsGoBuild(c.Text) {
				if s.build, err = constraint.Parse(c.Text); err != nil {
					return s, err
				}
			}
		}
	}
	return s, nil
}
