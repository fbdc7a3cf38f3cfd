package rows

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/tensor"
	"gonum.org/v1/gonum/mat"
)

// plain is a Matrix of a user: nothing but the two methods.
type plain struct{ tensor.Matrix }

// forms stores the same numbers (exact in float32) in every way there is.
func forms(n, p int) map[string]tensor.Matrix {
	r := rand.New(rand.NewPCG(1, 2))
	wide := tensor.New[float64](n, p+3)
	for i := range n {
		for j := range p + 3 {
			if r.IntN(3) > 0 {
				wide.Row(i)[j] = float64(r.IntN(2001)-1000) / 8
			}
		}
	}
	strided := wide.Cols(2, 2+p)
	compact := strided.Clone()
	out := map[string]tensor.Matrix{
		"strided": strided,
		"float64": compact,
		"float32": tensor.Convert[float32](compact),
		"csr64":   tensor.SparseFrom[float64](compact),
		"csr32":   tensor.SparseFrom[float32](compact),
		"plain":   plain{compact},
	}
	if n > 0 && p > 0 {
		d := mat.NewDense(n+1, p+2, nil)
		for i := range n {
			for j := range p {
				d.Set(i+1, j+1, compact.At(i, j))
			}
		}
		out["gonum"] = d.Slice(1, n+1, 1, p+1)
		out["transposed"] = mat.DenseCopyOf(d.Slice(1, n+1, 1, p+1).T()).T()
	}
	return out
}

func TestEveryFormReadsAlike(t *testing.T) {
	for _, dims := range [][2]int{{0, 3}, {3, 0}, {1, 1}, {7, 5}, {40, 9}} {
		n, p := dims[0], dims[1]
		w := make([]float64, p)
		for j := range w {
			w[j] = float64(j+1) / 4
		}
		for name, m := range forms(n, p) {
			t.Run(fmt.Sprintf("%s/%dx%d", name, n, p), func(t *testing.T) {
				x := Of(m)
				if rows, cols := x.Dims(); rows != n || cols != p || x.Len() != n || x.Cols() != p {
					t.Fatalf("%d x %d", rows, cols)
				}
				buf, buf32, col := make([]float64, p), make([]float32, p), make([]float64, n)
				var nz Entries
				all := x.Block(0, n, make([]float64, n*p))
				for i := range n {
					if part := x.Part(i, p/3, p, buf); !slices.Equal(part, x.Row(i, make([]float64, p))[p/3:]) {
						t.Fatalf("Part %d: %v", i, part)
					}
					row, row32 := x.Row(i, buf), x.Row32(i, buf32)
					one := x.Block(i, i+1, make([]float64, p))
					sum, added := 0.0, slices.Clone(w)
					x.AddTo(added, 2, i)
					for j := range p {
						v := m.At(i, j)
						if row[j] != v || row32[j] != float32(v) || one[j] != v || all[i*p+j] != v {
							t.Fatalf("(%d, %d): %v %v %v %v, want %v", i, j, row[j], row32[j], one[j], all[i*p+j], v)
						}
						if added[j] != w[j]+2*v {
							t.Fatalf("AddTo (%d, %d): %v", i, j, added[j])
						}
						sum += v * w[j] // exact: all numbers are small multiples of 1/32
					}
					if d := x.Dot(i, w); d != sum {
						t.Fatalf("Dot %d: %v, want %v", i, d, sum)
					}
					cols, vals := x.NZ(i, &nz)
					k := 0
					for j := range p {
						if v := m.At(i, j); v != 0 {
							if k >= len(cols) || int(cols[k]) != j || vals[k] != v {
								t.Fatalf("NZ %d: %v %v", i, cols, vals)
							}
							k++
						}
					}
					if k != len(cols) || k != len(vals) {
						t.Fatalf("NZ %d: %d entries too many", i, len(cols)-k)
					}
				}
				for j := range p {
					x.Col(j, col)
					for i := range n {
						if col[i] != m.At(i, j) {
							t.Fatalf("Col %d", j)
						}
					}
				}
				if row, c, v, ok := CheckFinite(m, false); !ok {
					t.Errorf("not finite: %d %d %v", row, c, v)
				}
			})
		}
	}
}

func TestStorageFlags(t *testing.T) {
	want := map[string][3]bool{ // sparse, narrow, direct
		"strided": {false, false, true}, "float64": {false, false, true}, "float32": {false, true, false}, "csr64": {true, false, false},
		"csr32": {true, true, false}, "plain": {}, "gonum": {false, false, true}, "transposed": {},
	}
	for name, m := range forms(4, 3) {
		x := Of(m)
		if got := [3]bool{x.Sparse(), x.Narrow(), x.Direct()}; got != want[name] {
			t.Errorf("%s: sparse, narrow, direct = %v, want %v", name, got, want[name])
		}
	}
}

func TestFaults(t *testing.T) {
	var typed *tensor.Tensor[float32]
	var dense *mat.Dense
	for want, ms := range map[string][]tensor.Matrix{
		"nil":                {nil, typed, dense, (*tensor.CSR[float64])(nil)},
		"a tensor of rank 3": {tensor.New[float64](2, 2, 2)},
		"a tensor of rank 1": {tensor.New[float32](2)},
		"":                   {tensor.New[float64](0, 0), mat.NewDense(1, 1, nil), new(tensor.CSR[float32])},
	} {
		for _, m := range ms {
			if got := Fault(m); got != want {
				t.Errorf("%T: %q, want %q", m, got, want)
			}
			if n, p := Of(m).Dims(); want != "" && (n != 0 || p != 0) {
				t.Errorf("%T: %d x %d", m, n, p)
			}
			if _, _, _, ok := CheckFinite(m, false); !ok {
				t.Errorf("%T: not finite", m)
			}
			if want == "nil" && (!IsNil(m) || Select(m, []int{0}) != nil) {
				t.Errorf("%T is nil", m)
			}
		}
	}
}

func TestCheckFiniteFindsTheFirst(t *testing.T) {
	inf, nan := math.Inf(-1), math.NaN()
	for _, procs := range []int{1, 8} {
		was := runtime.GOMAXPROCS(procs)
		defer runtime.GOMAXPROCS(was)
		const n, p = 4000, 30
		d := tensor.New[float64](n, p)
		set := func(i, j int, v float64) { d.Row(i)[j] = v }
		set(3999, 29, inf)
		set(2100, 7, inf)
		set(2100, 11, inf)
		set(1200, 3, nan)
		for name, m := range map[string]tensor.Matrix{
			"float64": d, "float32": tensor.Convert[float32](d), "csr64": tensor.SparseFrom[float64](d), "csr32": tensor.SparseFrom[float32](d),
			"gonum": mat.NewDense(n, p, d.Data()), "plain": plain{d},
		} {
			if row, col, v, ok := CheckFinite(m, false); ok || row != 1200 || col != 3 || !math.IsNaN(v) {
				t.Errorf("%s: %d %d %v", name, row, col, v)
			}
			if row, col, v, ok := CheckFinite(m, true); ok || row != 2100 || col != 7 || v != inf {
				t.Errorf("%s, missing allowed: %d %d %v", name, row, col, v)
			}
		}
	}
}

func TestSelectKeepsStorage(t *testing.T) {
	idx := []int{4, 0, 4, 2}
	for name, m := range forms(6, 3) {
		got := Select(m, idx)
		want := fmt.Sprintf("%T", m)
		if name == "plain" || name == "gonum" || name == "transposed" {
			want = fmt.Sprintf("%T", tensor.New[float64](1, 1))
		}
		if is := fmt.Sprintf("%T", got); is != want {
			t.Errorf("%s: became %s", name, is)
		}
		for k, i := range idx {
			for j := range 3 {
				if got.At(k, j) != m.At(i, j) {
					t.Errorf("%s: (%d, %d)", name, k, j)
				}
			}
		}
		if n, p := Select(m, nil).Dims(); n != 0 || p != 3 {
			t.Errorf("%s: no rows are %d x %d", name, n, p)
		}
		for _, bad := range []int{-1, 6} {
			func() {
				defer func() {
					var e *tensor.ShapeError
					if err, ok := recover().(error); !ok || !errors.As(err, &e) {
						t.Errorf("%s: row %d: %v", name, bad, err)
					}
				}()
				Select(m, []int{bad})
			}()
		}
	}
}

func TestReadingDoesNotAllocate(t *testing.T) {
	w, buf := make([]float64, 9), make([]float64, 40*9)
	var nz Entries
	for name, m := range forms(40, 9) {
		x := Of(m)
		x.NZ(0, &nz)
		if n := testing.AllocsPerRun(20, func() {
			for i := range x.Len() {
				x.Row(i, buf)
				x.Dot(i, w)
				x.AddTo(w, 1, i)
				x.NZ(i, &nz)
			}
			x.Col(3, buf)
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkCheckFinite(b *testing.B) {
	d := tensor.New[float64](20_000, 50)
	b.SetBytes(8e6)
	for b.Loop() {
		CheckFinite(d, false)
	}
}
