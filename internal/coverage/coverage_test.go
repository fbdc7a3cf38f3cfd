package coverage

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gopherwood-ml/ml/internal/golden"
)

var update = flag.Bool("update", false, "write the README's feature table")

var repository = sync.OnceValues(func() ([]source, error) { return readSource("../..") })

func sources(t *testing.T) []source {
	t.Helper()
	files, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func rows(t *testing.T) map[string]Row {
	t.Helper()
	text, err := os.ReadFile("coverage.json")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := readRows(text)
	if err != nil {
		t.Fatal("coverage.json:", err)
	}
	return rows
}

func report(t *testing.T, complaints []string) {
	t.Helper()
	for _, c := range complaints {
		t.Error(c)
	}
}

func TestNamesExist(t *testing.T) { report(t, checkRows(rows(t), sources(t))) }

func TestReadmeTable(t *testing.T) {
	path := filepath.Join(golden.Root(t), "README.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := withTable(string(text), rows(t))
	if err != nil {
		t.Fatal(err)
	}
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatal("the README's feature table is not that of coverage.json: run go test ./internal/coverage -update")
	}
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestImportDirection(t *testing.T) { report(t, checkImports(sources(t))) }

func TestTopFolders(t *testing.T) {
	entries, err := os.ReadDir(golden.Root(t))
	if err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for _, e := range entries {
		if e.IsDir() {
			dirs = append(dirs, e.Name())
		}
	}
	report(t, checkFolders(dirs))
}

// TestLinked asks the go tool, since a module that may be linked could bring others.
func TestLinked(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the go tool")
	}
	// With cgo on, so that files that need it are seen where there are any.
	list := exec.Command("go", "list", "-deps", "-f", listFormat, "./...")
	list.Dir, list.Env = golden.Root(t), append(os.Environ(), "CGO_ENABLED=1", "GOFLAGS=-mod=readonly")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err, string(err.(*exec.ExitError).Stderr))
	}
	report(t, checkLinked(string(out)))
}

func TestWaivers(t *testing.T) {
	text, err := os.ReadFile("waivers.txt")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimRight(line, "\n"); line != "" && !strings.HasPrefix(line, "#") {
			listed = append(listed, line)
		}
	}
	found, complaints := findWaivers(sources(t))
	report(t, complaints)
	for _, line := range found {
		if !slices.Contains(listed, line) {
			t.Errorf("a waiver is not in waivers.txt. If it is justified, add the line:\n%s", line)
		}
	}
	for _, line := range listed {
		if !slices.Contains(found, line) {
			t.Errorf("waivers.txt lists a waiver that is gone: %s", line)
		}
	}
	if !slices.IsSorted(listed) {
		t.Error("waivers.txt is not sorted")
	}
}
