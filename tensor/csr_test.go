package tensor

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// sparse is a random matrix of about the given density, some of whose rows and columns are empty, in both forms.
func sparse[T Float](seed uint64, rows, cols int, density float64) (*CSR[T], *Tensor[T]) {
	r := rand.New(rand.NewPCG(seed, 1))
	d := New[T](rows, cols)
	each([]int{rows, cols}, func(at []int) {
		if r.Float64() < density && at[0]%5 != 3 && at[1]%7 != 4 {
			d.Set(T(r.NormFloat64()), at...)
		}
	})
	return SparseFrom[T](d), d
}

// checkCanonical checks what every CSR promises.
func checkCanonical[T Float](t *testing.T, what string, a *CSR[T]) {
	t.Helper()
	rows, cols := a.Dims()
	indptr, indices, values := a.Arrays()
	if _, err := NewCSR(rows, cols, indptr, indices, values); err != nil {
		t.Errorf("%s is not canonical: %v", what, err)
	}
}

// tooWide is one column more than a CSR can have (on 32-bit machines, where no int is, a negative number of them).
var tooWide = math.MaxInt32

func init() { tooWide++ }

var sparseShapes = [][2]int{{0, 0}, {0, 3}, {3, 0}, {1, 1}, {1, 9}, {9, 1}, {7, 5}, {40, 33}}

func TestCSRMatchesDense(t *testing.T) {
	for _, s := range sparseShapes {
		a, d := sparse[float64](3, s[0], s[1], 0.3)
		rows, cols := a.Dims()
		if rows != s[0] || cols != s[1] || !a.Dense().Equal(d) {
			t.Fatalf("%v", s)
		}
		nnz := 0
		each(s[:], func(at []int) {
			if a.At(at[0], at[1]) != d.At(at[0], at[1]) {
				t.Fatalf("%v at %v", s, at)
			}
			if d.At(at[0], at[1]) != 0 {
				nnz++
			}
		})
		if a.NNZ() != nnz || a.Density() != float64(nnz)/math.Max(float64(rows*cols), 1) {
			t.Errorf("%v: %d stored of %d", s, a.NNZ(), nnz)
		}
		tr := a.Transpose()
		checkCanonical(t, "transpose", tr)
		if !tr.Dense().Equal(d.Transpose()) {
			t.Errorf("transpose of %v", s)
		}
		p, i, v := a.CSC()
		back, err := FromCSC(rows, cols, p, i, v)
		if err != nil || !back.Equal(a) {
			t.Errorf("CSC of %v and back: %v", s, err)
		}
		checkCanonical(t, "FromCSC", back)
		if c := a.Clone(); !c.Equal(a) || overlap(c.values, a.values) {
			t.Errorf("clone of %v", s)
		}
	}
}

func TestFromCOO(t *testing.T) {
	// Unordered, with duplicates; 1e16 + 1 - 1e16 tells the order of addition.
	row := []int{2, 0, 2, 0, 2, 2}
	col := []int{1, 3, 0, 0, 1, 1}
	val := []float64{1e16, 5, 7, 4, 1, -1e16}
	a, err := FromCOO(4, 4, row, col, val)
	if err != nil {
		t.Fatal(err)
	}
	checkCanonical(t, "FromCOO", a)
	want := New[float64](4, 4)
	want.Set(5, 0, 3)
	want.Set(4, 0, 0)
	want.Set(7, 2, 0)
	if a.NNZ() != 4 || !a.Dense().Equal(want) { // (2, 1) sums to 0, and stays stored
		t.Errorf("%v", a)
	}
	if b := a.Prune(); b.NNZ() != 3 || !b.Equal(a) {
		t.Errorf("Prune: %v", b)
	}
	if row[0] != 2 || val[0] != 1e16 {
		t.Error("FromCOO wrote to its input")
	}
	// Any order of entries without duplicates gives the same matrix.
	_, d := sparse[float64](1, 20, 15, 0.4)
	var is, js []int
	var vs []float64
	each([]int{20, 15}, func(at []int) {
		if v := d.Get(at...); v != 0 {
			is, js, vs = append(is, at[0]), append(js, at[1]), append(vs, v)
		}
	})
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(is), func(a, b int) {
		is[a], is[b] = is[b], is[a]
		js[a], js[b] = js[b], js[a]
		vs[a], vs[b] = vs[b], vs[a]
	})
	if a, err := FromCOO(20, 15, is, js, vs); err != nil || !a.Dense().Equal(d) {
		t.Errorf("shuffled entries: %v", err)
	}
}

func TestCSRRefusesBadArrays(t *testing.T) {
	type f = float64
	check := func(what, where string, err error) {
		t.Helper()
		var e *FormatError
		if !errors.As(err, &e) || !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v is not a *FormatError", what, err)
		} else if e.Where != where || e.Found == "" || e.Want == "" {
			t.Errorf("%s: %v, want it at %s", what, err, where)
		}
	}
	cases := []struct {
		what, where string
		rows, cols  int
		indptr      []int
		indices     []int32
		values      []f
	}{
		{"negative rows", "shape", -1, 2, []int{0}, nil, nil},
		{"too many columns", "shape", 0, tooWide, []int{0}, nil, nil},
		{"no indptr", "indptr", 0, 2, nil, nil, nil},
		{"short indptr", "indptr", 2, 2, []int{0, 0}, nil, nil},
		{"huge rows", "indptr", math.MaxInt, 2, []int{0, 0}, nil, nil},
		{"bad start", "indptr[0]", 1, 2, []int{1, 1}, []int32{0}, []f{1}},
		{"bad end", "indptr[1]", 1, 2, []int{0, 2}, []int32{0}, []f{1}},
		{"falling indptr", "indptr[2]", 3, 2, []int{0, 1, 0, 1}, []int32{0}, []f{1}},
		{"overshooting indptr", "indptr[1]", 2, 2, []int{0, 9, 1}, []int32{0}, []f{1}},
		{"values missing", "values", 1, 2, []int{0, 1}, []int32{0}, nil},
		{"column out of range", "indices[0] (row 0)", 1, 2, []int{0, 1}, []int32{2}, []f{1}},
		{"negative column", "indices[0] (row 0)", 1, 2, []int{0, 1}, []int32{-1}, []f{1}},
		{"unsorted", "indices[2] (row 1)", 2, 2, []int{0, 1, 3}, []int32{0, 1, 0}, []f{1, 2, 3}},
		{"duplicate", "indices[1] (row 0)", 1, 2, []int{0, 2}, []int32{1, 1}, []f{1, 2}},
	}
	for _, c := range cases {
		_, err := NewCSR(c.rows, c.cols, c.indptr, c.indices, c.values)
		check(c.what, c.where, err)
	}
	_, err := FromCSC(2, 2, []int{0, 2, 2}, []int32{1, 0}, []f{1, 2})
	check("unsorted CSC", "indices[1] (row 0)", err)
	_, err = FromCOO(2, 2, []int{0, 2}, []int{0, 0}, []f{1, 2})
	check("row out of range", "entry 1", err)
	_, err = FromCOO(2, 2, []int{0}, []int{-1}, []f{1})
	check("column out of range", "entry 0", err)
	_, err = FromCOO(2, 2, []int{0}, []int{0, 1}, []f{1})
	check("unequal lengths", "entries", err)
	_, err = FromCOO[f](-2, 2, nil, nil, nil)
	check("negative shape", "shape", err)
}

func TestCSRSlicing(t *testing.T) {
	a, d := sparse[float64](5, 20, 15, 0.3)
	for _, r := range [][2]int{{0, 20}, {0, 0}, {20, 20}, {3, 17}, {7, 8}} {
		v := a.Rows(r[0], r[1])
		if !v.Dense().Equal(d.Rows(r[0], r[1])) {
			t.Errorf("rows %v", r)
		}
		checkCanonical(t, "row view", v)
		if !v.Transpose().Dense().Equal(d.Rows(r[0], r[1]).Transpose()) {
			t.Errorf("transpose of rows %v", r)
		}
	}
	v := a.Rows(2, 18).Rows(3, 12) // rows 5..13
	if !v.Dense().Equal(d.Rows(5, 14)) {
		t.Error("rows of rows")
	}
	for _, c := range [][2]int{{0, 15}, {0, 0}, {15, 15}, {4, 9}} {
		got := v.Cols(c[0], c[1])
		if !got.Dense().Equal(d.Rows(5, 14).Cols(c[0], c[1])) {
			t.Errorf("columns %v", c)
		}
		checkCanonical(t, "columns", got)
	}
	idx := []int{8, 0, 0, 3}
	if !v.Take(idx).Dense().Equal(d.Rows(5, 14).Take(idx)) || !v.TakeCols(idx).Dense().Equal(d.Rows(5, 14).TakeCols(idx)) {
		t.Error("gathers")
	}
	checkCanonical(t, "TakeCols", v.TakeCols(idx))
	if got := VStack(v, a.Rows(0, 2), v); !got.Dense().Equal(Concat(0, v.Dense(), d.Rows(0, 2), v.Dense())) {
		t.Error("VStack")
	}
	if got := HStack(v, v.Cols(3, 5), v); !got.Dense().Equal(Concat(1, v.Dense(), v.Dense().Cols(3, 5), v.Dense())) {
		t.Error("HStack")
	}
	// Writes through a view reach its parent, and only the rows of the view.
	v.ScaleRows(slices.Repeat([]float64{2}, 9))
	d.Rows(5, 14).MulInPlace(Scalar(2.0))
	if !a.Dense().Equal(d) {
		t.Error("scaling a view")
	}
	// A row cannot grow into the next one.
	js, vs := a.RowNZ(5)
	_, _ = append(js, 0), append(vs, 99)
	if !a.Dense().Equal(d) {
		t.Error("append to a row wrote into the next one")
	}
}

func TestCSRScaling(t *testing.T) {
	a, d := sparse[float32](6, 12, 9, 0.4)
	w, u := Normal[float32](1, 0, 1, 9), Normal[float32](2, 0, 1, 12)
	a.ScaleCols(w.Data())
	a.ScaleRows(u.Data())
	if want := d.Mul(w).Mul(u.Reshape(12, 1)); !a.Dense().Equal(want) {
		t.Error("scaled values differ")
	}
}

func testCSRProducts[T Float](t *testing.T, tol float64) {
	for _, s := range sparseShapes {
		a, d := sparse[T](uint64(s[0]), s[0], s[1], 0.3)
		for _, k := range []int{0, 1, 3, 50} {
			name := fmt.Sprintf("%dx%d times %d", s[0], s[1], k)
			x, y := Normal[T](1, 0, 1, s[1], k), Normal[T](2, 0, 1, s[0], k+2).Cols(1, k+1)
			if !a.MulDense(x).To64().AllClose(naive(d, x), tol, tol) {
				t.Errorf("%s: MulDense", name)
			}
			if !a.TMulDense(y).To64().AllClose(naive(d.Transpose(), y), tol, tol) {
				t.Errorf("%s: TMulDense", name)
			}
			if k == 1 {
				if got := FromSlice(a.MulVec(x.Data()), s[0], 1); !got.Equal(a.MulDense(x)) {
					t.Errorf("%s: MulVec", name)
				}
				if got := FromSlice(a.TMulVec(y.Data()), s[1], 1); !got.Equal(a.TMulDense(y)) {
					t.Errorf("%s: TMulVec", name)
				}
			}
			b, e := sparse[T](uint64(k), s[1], k, 0.4)
			got := a.Mul(b)
			checkCanonical(t, name, got)
			if !got.Dense().To64().AllClose(naive(d, e), tol, tol) {
				t.Errorf("%s: Mul", name)
			}
		}
	}
	// A view takes part like its copy.
	a, _ := sparse[T](9, 30, 20, 0.3)
	v, x := a.Rows(4, 21), Normal[T](3, 0, 1, 20, 4)
	if !v.MulDense(x).Equal(v.Clone().MulDense(x)) || !v.Mul(a.Transpose()).Equal(v.Clone().Mul(a.Transpose())) {
		t.Error("products of a row view")
	}
	for j, want := range a.Dense().To64().SumAxis(0).Data() {
		if math.Abs(a.ColSums()[j]-want) > tol {
			t.Error("ColSums")
		}
	}
	for i, want := range v.Dense().To64().SumAxis(1).Data() {
		if math.Abs(v.RowSums()[i]-want) > tol {
			t.Error("RowSums")
		}
	}
}

func TestCSRProducts(t *testing.T) {
	t.Run("float64", func(t *testing.T) { testCSRProducts[float64](t, 1e-13) })
	t.Run("float32", func(t *testing.T) { testCSRProducts[float32](t, 1e-5) })
}

func TestCSRProductDeterminism(t *testing.T) {
	a, _ := sparse[float32](11, 3000, 200, 0.2)
	b := a.Transpose()
	x, y := Normal[float32](1, 0, 1, 200, 70), Normal[float32](2, 0, 1, 3000, 70)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	p, q, r, s := a.MulDense(x), a.TMulDense(y), b.Mul(a), a.MulVec(x.Transpose().Row(0))
	for _, procs := range []int{2, 8} {
		runtime.GOMAXPROCS(procs)
		if !a.MulDense(x).Equal(p) || !a.TMulDense(y).Equal(q) || !b.Mul(a).Equal(r) || !slices.Equal(a.MulVec(x.Transpose().Row(0)), s) {
			t.Errorf("GOMAXPROCS %d changes a product", procs)
		}
	}
	checkCanonical(t, "large product", r)
	if !r.Dense().AllClose(MatMul(b.Dense(), a.Dense()), 1e-4, 1e-3) {
		t.Error("large sparse product")
	}
}

func TestCSREqual(t *testing.T) {
	a, _ := FromCOO(2, 3, []int{0, 1}, []int{1, 2}, []float64{1, nan})
	b, _ := FromCOO(2, 3, []int{0, 0, 1}, []int{0, 1, 2}, []float64{0, 1, nan})
	c, _ := FromCOO(2, 3, []int{0, 1}, []int{2, 2}, []float64{1, nan})
	if !a.Equal(b) || !b.Equal(a) || a.Equal(c) || a.Equal(a.Rows(0, 1)) {
		t.Error("Equal")
	}
	if !c.AllClose(a, 0, 1) || c.AllClose(a, 0, 0.5) {
		t.Error("AllClose")
	}
	var zero CSR[float64]
	if r, c := zero.Dims(); r != 0 || c != 0 || zero.NNZ() != 0 || zero.Dense().Len() != 0 || !zero.Equal(NewCSRZeros[float64](0, 0)) || zero.Transpose().NNZ() != 0 {
		t.Error("the zero CSR is not an empty matrix")
	}
	mustPanic(t, "CSR.RowNZ", [][]int{{0, 0}}, func() { zero.RowNZ(0) })
	mustPanic(t, "CSR.At", [][]int{{0, 0}}, func() { zero.At(0, 0) })
}

func TestRowNZDoesNotAllocate(t *testing.T) {
	a, _ := sparse[float64](1, 10, 10, 0.5)
	sum := 0.0
	if n := testing.AllocsPerRun(10, func() {
		_, vs := a.RowNZ(1)
		sum += vs[0] + a.At(2, 3)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func benchSparse() *CSR[float64] {
	const rows, cols, perRow = 10_000, 5_000, 50
	indptr, indices := make([]int, rows+1), make([]int32, 0, rows*perRow)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range rows {
		for k := range perRow { // one in each hundredth of the columns
			indices = append(indices, int32(k*cols/perRow+r.IntN(cols/perRow)))
		}
		indptr[i+1] = len(indices)
	}
	a, err := NewCSR(rows, cols, indptr, indices, Normal[float64](1, 0, 1, len(indices)).Data())
	if err != nil {
		panic(err)
	}
	return a
}

func BenchmarkCSR(b *testing.B) {
	a := benchSparse()
	_, cols := a.Dims()
	x := Normal[float64](1, 0, 1, cols, 16)
	y := Normal[float64](2, 0, 1, 10_000, 16)
	v := make([]float64, cols)
	run := func(name string, work int, f func()) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f()
			}
			b.ReportMetric(float64(work)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mmul/s")
		})
	}
	run("MulVec", a.NNZ(), func() { a.MulVec(v) })
	run("TMulVec", a.NNZ(), func() { a.TMulVec(y.Data()[:10_000]) })
	run("MulDense16", 16*a.NNZ(), func() { a.MulDense(x) })
	run("TMulDense16", 16*a.NNZ(), func() { a.TMulDense(y) })
	run("Transpose", a.NNZ(), func() { a.Transpose() })
}
