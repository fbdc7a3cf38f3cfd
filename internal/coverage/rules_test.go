package coverage

import (
	"strings"
	"testing"
)

// The tests in this file make sure that each rule can be broken.

func files(t *testing.T, texts map[string]string) []source {
	t.Helper()
	var all []source
	for path, text := range texts {
		s, err := parseSource(path, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

// expect checks that there is one complaint with each text, and no other.
func expect(t *testing.T, complaints []string, want ...string) {
	t.Helper()
	all := strings.Join(complaints, "\n")
	for _, w := range want {
		if !strings.Contains(all, w) {
			t.Errorf("no complaint %q in:\n%s", w, all)
		}
	}
	if len(complaints) != len(want) {
		t.Errorf("want %d complaints:\n%s", len(want), all)
	}
}

func TestMissingNamesAreFound(t *testing.T) {
	src := files(t, map[string]string{
		"save.go":                "package ml\nfunc Save() {}\nfunc hidden() {}\nvar A, B int\ntype Fitter[D any] interface{ Fit(D) }",
		"save_test.go":           "package ml\nfunc TestSave(t *testing.T) {}\nfunc Testify() {}\nfunc (x y) TestMethod() {}\nfunc ExampleSave() {}",
		"linear/ridge.go":        "package linear\ntype Ridge struct{ Alpha float64 }\nfunc (r Ridge) Fit() {}\nfunc (c *Chain[Y, M]) Predict() {}\ntype inner struct{ X int }",
		"internal/par/for.go":    "package par\nfunc For() {}",
		"linear/ridge_x_test.go": "package linear_test\nfunc FuzzRidge(f *testing.F) {}",
	})
	ok := map[string]Row{"A01": {"t", []string{"ml.Save", "ml.B", "ml.Fitter.Fit", "linear.Ridge", "linear.Ridge.Fit", "linear.Ridge.Alpha", "linear.Chain.Predict", "internal/par.For"},
		[]string{"ml.TestSave", "linear.FuzzRidge", "ml.ExampleSave"}}}
	expect(t, checkRows(ok, src))
	bad := map[string]Row{
		"A01": {"t", []string{"ml.Load", "ml.hidden", "linear.inner.X", "linear.Ridge.Predict"}, []string{"ml.TestLoad", "ml.Testify", "ml.TestMethod", "linear.TestSave"}},
		"A02": {"", []string{"ml.Save"}, nil},
	}
	expect(t, checkRows(bad, src), "A01: there is no exported ml.Load", "ml.hidden", "linear.inner.X", "linear.Ridge.Predict",
		"A01: there is no test ml.TestLoad", "ml.Testify", "ml.TestMethod", "linear.TestSave", "A02: a row needs")
	if _, err := readRows([]byte(`{"A01": {"name": ["x"]}}`)); err == nil {
		t.Error("an unknown key passes")
	}
}

func TestTable(t *testing.T) {
	rows := map[string]Row{
		"L02": {"b|c", []string{"linear.Ridge.Fit"}, []string{"linear.TestRidge"}},
		"L01": {"a", []string{"linear.OLS", "ml.Save"}, []string{"linear.TestOLS", "linear.TestX"}},
		"T01": {"t", []string{"internal/par.For"}, []string{"internal/par.TestFor"}},
		"X01": {"x", []string{"ml.Save"}, []string{"ml.TestSave"}},
	}
	got, err := withTable("# A\n"+beginMark+"stale"+endMark+"\nmore\n", rows)
	if err != nil {
		t.Fatal(err)
	}
	head := "| Row | What | Provided by |\n|---|---|---|\n"
	want := "# A\n" + beginMark + "\n" +
		"\n### ml\n\n" + head + "| X01 | x | `ml.Save` |\n" +
		"\n### linear\n\n" + head + "| L01 | a | `linear.OLS`, `ml.Save` |\n| L02 | b\\|c | `linear.Ridge.Fit` |\n" +
		"\n### internal/par\n\n" + head + "| T01 | t | `internal/par.For` |\n" +
		"\n" + endMark + "\nmore\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, readme := range []string{"", beginMark, endMark + beginMark, beginMark + endMark + beginMark + endMark} {
		if _, err := withTable(readme, rows); err == nil {
			t.Errorf("no complaint about the marks in %q", readme)
		}
	}
}

func TestBadImportsAreFound(t *testing.T) {
	src := files(t, map[string]string{
		"up.go":              `package ml; import _ "github.com/gopherwood-ml/ml/linear"`,
		"up_test.go":         `package ml; import (_ "github.com/gopherwood-ml/ml/linear"; _ "github.com/stretchr/testify/require")`,
		"tensor/up.go":       `package tensor; import _ "github.com/gopherwood-ml/ml"`,
		"linear/up.go":       `package linear; import _ "github.com/gopherwood-ml/ml/selection"`,
		"linear/ok.go":       `package linear; import (_ "github.com/gopherwood-ml/ml/features"; _ "gonum.org/v1/gonum/mat"; _ "fmt"; _ "github.com/gopherwood-ml/ml")`,
		"linear/module.go":   `package linear; import _ "github.com/stretchr/testify/require"`,
		"linear/like.go":     `package linear; import _ "gonum.org/v1/gonumx"`,
		"linear/c.go":        `package linear; import "C"`,
		"linear/gpu.go":      "//go:build !cuda || linux\n\npackage linear\nimport _ \"github.com/gopherwood-ml/ml/internal/cuda\"",
		"linear/gpu_ok.go":   "//go:build linux && cuda\n\npackage linear\nimport _ \"github.com/gopherwood-ml/ml/internal/cuda\"",
		"internal/cuda/a.go": "//go:build !(linux || cuda)\n\npackage cuda",
		"internal/cuda/b.go": "//go:build cuda && linux\n\npackage cuda",
		"internal/cuda/c.go": "package cuda",
		// cgo has its place, and there alone: in the engine and what steers its tests, behind the tag.
		"internal/cuda/d.go":      "//go:build cuda\n\npackage cuda\nimport \"C\"",
		"internal/cuda/fake/f.go": "//go:build cuda\n\npackage fake\nimport \"C\"",
		"internal/cuda/e.go":      "package cuda\nimport \"C\"",
		"internal/compute/c.go":   "//go:build cuda\n\npackage compute\nimport \"C\"",
		"internal/cudax/c.go":     "//go:build cuda\n\npackage cudax\nimport \"C\"",
	})
	expect(t, checkImports(src),
		"up.go imports github.com/gopherwood-ml/ml/linear, which lies above it", "tensor/up.go imports", "linear/up.go imports",
		"linear/module.go imports github.com/stretchr/testify/require, of a module", "linear/like.go imports", "linear/c.go uses cgo",
		"linear/gpu.go imports internal/cuda in the default build", "internal/cuda/a.go is in", "internal/cuda/c.go is in",
		"internal/cuda/e.go is in", "internal/cuda/e.go uses cgo", "internal/compute/c.go uses cgo", "internal/cudax/c.go uses cgo")
	expect(t, checkFolders([]string{"linear", "internal", ".git", "testdata", "utils"}), "utils/ is a new top-level folder")
}

func TestBadLinksAreFound(t *testing.T) {
	const core = "github.com/gopherwood-ml/ml\tgithub.com/gopherwood-ml/ml\t0\tfalse\n"
	expect(t, checkLinked(core+"\tnet\t7\ttrue\ngonum.org/v1/gonum\tgonum.org/v1/gonum/mat\t0\tfalse\n"))
	expect(t, checkLinked(core+
		"github.com/gopherwood-ml/ml\tgithub.com/gopherwood-ml/ml/internal/cuda\t1\tfalse\n"+
		"github.com/gopherwood-ml/ml\tgithub.com/gopherwood-ml/ml/linear\t2\tfalse\n"+
		"github.com/x/y\tgithub.com/x/y/a\t0\tfalse\ngithub.com/x/y\tgithub.com/x/y/b\t0\tfalse\n"+
		"gonum.org/v1/gonum\tgonum.org/v1/gonum/c\t1\tfalse\n"),
		"the default build holds github.com/gopherwood-ml/ml/internal/cuda", "ml/internal/cuda uses cgo", "ml/linear uses cgo", "links module github.com/x/y", "gonum/c uses cgo")
	expect(t, checkLinked(""), "go list does not say anything")
	expect(t, checkLinked("github.com/gopherwood-ml/ml"), "go list says")
}

func TestWaiversAreFound(t *testing.T) {
	src := files(t, map[string]string{
		"linear/a_test.go": `package linear
			import "github.com/gopherwood-ml/ml/mltest"
			func TestA(t *testing.T) { mltest.Regressor(t, A{}, mltest.Waive(mltest.RepeatedRows, "draws " + "rows")) }`,
		"linear/b_test.go": `package linear
			import laws "github.com/gopherwood-ml/ml/mltest"
			var waived = laws.Waive("Sparse", "dense only")`,
		"linear/c_test.go": `package linear
			import "github.com/gopherwood-ml/ml/mltest"
			func TestC(t *testing.T) { why := "x"; mltest.Waive(mltest.Sparse, why) }
			func TestD(t *testing.T) { w := mltest.Waive; w(mltest.Sparse, "hidden") }`,
		"mltest/d_test.go": `package mltest_test
			import "github.com/gopherwood-ml/ml/mltest"
			func TestE(t *testing.T) { mltest.Waive(mltest.Sparse, "tried out") }`,
	})
	lines, complaints := findWaivers(src)
	want := "linear\t-\t\"Sparse\"\tdense only\nlinear\tTestA\tRepeatedRows\tdraws rows"
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	expect(t, complaints, "linear/c_test.go: TestC", "linear/c_test.go: TestD")
}
