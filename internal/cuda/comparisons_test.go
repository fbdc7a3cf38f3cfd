//go:build cuda

package cuda

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// A Comparison is a test of what the device computes, against the host.
type Comparison struct {
	Name string
	Run  func(*testing.T)
}

// Comparisons are all there are for the engine's methods and the accelerator's blocks: TestGPU runs them on a device.
func Comparisons() []Comparison {
	return []Comparison{
		{"TestGemm", TestGemm}, {"TestMaps", TestMaps}, {"TestIndexSpaces", TestIndexSpaces}, {"TestColumnSums", TestColumnSums}, {"TestSumSq", TestSumSq},
		{"TestExtreme", TestExtreme}, {"TestSoftmax", TestSoftmax}, {"TestCrossEntropy", TestCrossEntropy}, {"TestNormRows", TestNormRows},
		{"TestNormColumns", TestNormColumns}, {"TestGather", TestGather}, {"TestRandom", TestRandom}, {"TestAttention", TestAttention}, {"TestConv", TestConv},
		{"TestPools", TestPools}, {"TestCells", TestCells}, {"TestUpdate", TestUpdate}, {"TestNearestOnDevice", TestNearestOnDevice},
		{"TestAssignOnDevice", TestAssignOnDevice}, {"TestKernelOnDevice", TestKernelOnDevice}, {"TestSquaresOnDevice", TestSquaresOnDevice}, {"TestExponentialsOnDevice", TestExponentialsOnDevice},
		{"TestHistogramOnDevice", TestHistogramOnDevice}, {"TestFloats", TestFloats}, {"TestHostsPart", TestHostsPart},
	}
}

// What the engine says of itself, and rows that are the host's to go through.
func TestHostsPart(t *testing.T) {
	e := testEngine(t)
	if e.Double() {
		t.Error("computes in double precision")
	}
	for _, n := range []int{0, 1, 1000} {
		seen := 0
		e.Rows(n, 10, func(lo, hi int) { seen += hi - lo })
		if seen != n {
			t.Errorf("%d of %d rows", seen, n)
		}
	}
	if err := e.Sync(); err != nil {
		t.Error(err)
	}
}

// Nothing is left out of Comparisons: no test of the files that compare, no method of an engine or an accelerator.
func TestComparisonsAreComplete(t *testing.T) {
	listed, called := map[string]bool{}, map[string]bool{}
	for _, c := range Comparisons() {
		listed[c.Name] = true
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	comparing := []string{"agree_test.go", "elementwise_test.go", "blocks_test.go"}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if slices.Contains(comparing, entry.Name()) && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") && !listed[f.Name.Name] {
				t.Errorf("%s: %s is not run on a device", entry.Name(), f.Name.Name)
			}
			if slices.Contains(comparing, entry.Name()) || listed[f.Name.Name] {
				ast.Inspect(f, func(n ast.Node) bool {
					if call, ok := n.(*ast.CallExpr); ok {
						if s, ok := call.Fun.(*ast.SelectorExpr); ok {
							called[s.Sel.Name] = true
						}
					}
					return true
				})
			}
		}
	}
	for _, of := range []reflect.Type{reflect.TypeFor[compute.Engine](), reflect.TypeFor[compute.Accelerator]()} {
		for i := range of.NumMethod() {
			if name := of.Method(i).Name; !called[name] {
				t.Errorf("%s.%s is compared nowhere", of, name)
			}
		}
	}
}
