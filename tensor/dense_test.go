package tensor

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// mustPanic runs f and checks that it panics with a *ShapeError that names the operation and the shapes.
func mustPanic(t *testing.T, op string, shapes [][]int, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		e, ok := recover().(*ShapeError)
		if !ok {
			t.Errorf("%s did not panic with a *ShapeError", op)
			return
		}
		if e.Op != op || !slices.EqualFunc(e.Shapes, shapes, slices.Equal) || e.Detail == "" {
			t.Errorf("panic of %s with shapes %v (%q), want %s with %v", e.Op, e.Shapes, e.Detail, op, shapes)
		}
		if !strings.Contains(e.Error(), op) {
			t.Errorf("the message %q does not name %s", e, op)
		}
	}()
	f()
}

func TestShapeErrorsNameOperationAndShapes(t *testing.T) {
	m, v, s := New[float64](2, 3), New[float64](3), Scalar(1.0)
	w := New[float64](4, 5)
	sp := SparseFrom[float64](m)
	cases := []struct {
		op     string
		shapes [][]int
		f      func()
	}{
		{"New", [][]int{{2, -1}}, func() { New[float64](2, -1) }},
		{"New", [][]int{{math.MaxInt, 2}}, func() { New[float64](math.MaxInt, 2) }},
		{"New", [][]int{{math.MaxInt, 2, 0}}, func() { New[float64](math.MaxInt, 2, 0) }},
		{"FromSlice", [][]int{{2, 2}}, func() { FromSlice([]float64{1, 2, 3}, 2, 2) }},
		{"Dims", [][]int{{3}}, func() { v.Dims() }},
		{"At", [][]int{{2, 3}}, func() { m.At(2, 0) }},
		{"At", [][]int{{2, 3}}, func() { m.At(0, -1) }},
		{"At", [][]int{{3}}, func() { v.At(0, 0) }},
		{"Get", [][]int{{2, 3}}, func() { m.Get(0, 3) }},
		{"Get", [][]int{{2, 3}}, func() { m.Get(0) }},
		{"Get", [][]int{{}}, func() { s.Get(0) }},
		{"Set", [][]int{{2, 3}}, func() { m.Set(1, -1, 0) }},
		{"Row", [][]int{{2, 3}}, func() { m.Row(2) }},
		{"Rows", [][]int{{2, 3}}, func() { m.Rows(1, 3) }},
		{"Rows", [][]int{{2, 3}}, func() { m.Rows(2, 1) }},
		{"Rows", [][]int{{}}, func() { s.Rows(0, 1) }},
		{"Cols", [][]int{{2, 3}}, func() { m.Cols(-1, 1) }},
		{"Cols", [][]int{{}}, func() { s.Cols(0, 1) }},
		{"Slab", [][]int{{3}}, func() { v.Slab(0) }},
		{"Slab", [][]int{{2, 3}}, func() { m.Slab(2) }},
		{"Reshape", [][]int{{2, 3}, {4, 2}}, func() { m.Reshape(4, 2) }},
		{"Reshape", [][]int{{2, 3}, {4, -1}}, func() { m.Reshape(4, -1) }},
		{"Reshape", [][]int{{2, 3}, {-1, -1}}, func() { m.Reshape(-1, -1) }},
		{"Permute", [][]int{{2, 3}}, func() { m.Permute(0, 0) }},
		{"Permute", [][]int{{2, 3}}, func() { m.Permute(0) }},
		{"Permute", [][]int{{2, 3}}, func() { m.Permute() }},
		{"Concat", nil, func() { Concat[float64](0) }},
		{"Concat", [][]int{{2, 3}, {4, 5}}, func() { Concat(0, m, w) }},
		{"Concat", [][]int{{2, 3}}, func() { Concat(2, m) }},
		{"Stack", nil, func() { Stack[float64](0) }},
		{"Stack", [][]int{{2, 3}, {4, 5}}, func() { Stack(0, m, w) }},
		{"Stack", [][]int{{2, 3}}, func() { Stack(3, m, m) }},
		{"Take", [][]int{{2, 3}}, func() { m.Take([]int{2}) }},
		{"Take", [][]int{{}}, func() { s.Take([]int{0}) }},
		{"TakeCols", [][]int{{2, 3}}, func() { m.TakeCols([]int{3}) }},
		{"Add", [][]int{{2, 3}, {4, 5}}, func() { m.Add(w) }},
		{"AddInPlace", [][]int{{3}, {2, 3}}, func() { v.AddInPlace(m) }},
		{"Copy", [][]int{{2, 3}, {4, 5}}, func() { m.Copy(w) }},
		{"Min", [][]int{{0, 3}}, func() { New[float64](0, 3).Min() }},
		{"ArgMax", [][]int{{0, 3}}, func() { New[float64](0, 3).ArgMax() }},
		{"SumAxis", [][]int{{2, 3}}, func() { m.SumAxis(2) }},
		{"MaxAxis", [][]int{{0, 3}}, func() { New[float64](0, 3).MaxAxis(0) }},
		{"MatMul", [][]int{{2, 3}, {4, 5}}, func() { MatMul(m, w) }},
		{"MatMul", [][]int{{3}, {2, 3}}, func() { MatMul(v, m) }},
		{"Gemm", [][]int{{2, 3}, {2, 3}, {2, 3}}, func() { Gemm(true, false, 1, m, New[float64](2, 3), 0, New[float64](2, 3)) }},
		{"Gemm", [][]int{{4, 4}, {4, 4}, {4, 4}}, func() { e := Eye[float64](4); Gemm(false, false, 1, e, Eye[float64](4), 0, e) }},
		{"Dot", [][]int{{1}, {2}}, func() { Dot([]float64{1}, []float64{1, 2}) }},
		{"MatVec", [][]int{{2, 3}, {2}}, func() { MatVec(m, []float64{1, 2}) }},
		{"RowNorms", [][]int{{2, 3}}, func() { m.RowNorms(9) }},
		{"Arange", nil, func() { Arange[float64](0, 1, 0) }},
		{"Arange", nil, func() { Arange(0, math.Inf(1), 1) }},
		{"NewCSRZeros", [][]int{{1, tooWide}}, func() { NewCSRZeros[float64](1, tooWide) }},
		{"CSR.At", [][]int{{2, 3}}, func() { sp.At(0, 3) }},
		{"CSR.RowNZ", [][]int{{2, 3}}, func() { sp.RowNZ(2) }},
		{"CSR.Rows", [][]int{{2, 3}}, func() { sp.Rows(0, 3) }},
		{"CSR.Cols", [][]int{{2, 3}}, func() { sp.Cols(0, 4) }},
		{"CSR.Take", [][]int{{2, 3}}, func() { sp.Take([]int{-1}) }},
		{"CSR.TakeCols", [][]int{{2, 3}}, func() { sp.TakeCols([]int{3}) }},
		{"CSR.MulVec", [][]int{{2, 3}, {2}}, func() { sp.MulVec([]float64{1, 2}) }},
		{"CSR.TMulVec", [][]int{{2, 3}, {3}}, func() { sp.TMulVec([]float64{1, 2, 3}) }},
		{"CSR.MulDense", [][]int{{2, 3}, {2, 3}}, func() { sp.MulDense(m) }},
		{"CSR.TMulDense", [][]int{{2, 3}, {4, 5}}, func() { sp.TMulDense(w) }},
		{"CSR.Mul", [][]int{{2, 3}, {2, 3}}, func() { sp.Mul(sp) }},
		{"CSR.ScaleCols", [][]int{{2, 3}, {2}}, func() { sp.ScaleCols([]float64{1, 2}) }},
		{"CSR.ScaleRows", [][]int{{2, 3}, {3}}, func() { sp.ScaleRows([]float64{1, 2, 3}) }},
		{"CSR.ColNorms", [][]int{{2, 3}}, func() { sp.ColNorms(-1) }},
		{"VStack", [][]int{{2, 3}, {3, 2}}, func() { VStack(sp, sp.Transpose()) }},
		{"HStack", [][]int{{2, 3}, {3, 2}}, func() { HStack(sp, sp.Transpose()) }},
	}
	for _, c := range cases {
		mustPanic(t, c.op, c.shapes, c.f)
	}
}

func TestConstructors(t *testing.T) {
	data := []float64{1, 2, 3, 4, 5, 6}
	x := FromSlice(data, 2, 3)
	data[5] = 60
	if x.At(1, 2) != 60 {
		t.Error("FromSlice does not keep the slice")
	}
	rows := [][]float64{{1, 2}, {3, 4}, {5, 6}}
	y, err := FromRows(rows)
	if err != nil || !y.Equal(FromSlice([]float64{1, 2, 3, 4, 5, 6}, 3, 2)) {
		t.Errorf("FromRows: %v %v", y, err)
	}
	rows[0][0] = 9
	if y.At(0, 0) != 1 {
		t.Error("FromRows does not copy")
	}
	_, err = FromRows([][]float64{{1, 2}, {3}})
	if e := new(ShapeError); !errors.As(err, &e) || !strings.Contains(e.Detail, "row 1") {
		t.Errorf("ragged rows: %v", err)
	}
	if y, err := FromRows[float32](nil); err != nil || !slices.Equal(y.Shape(), []int{0, 0}) {
		t.Errorf("no rows: %v %v", y, err)
	}
	shape := y.Shape()
	shape[0] = 100
	if y.Shape()[0] != 3 {
		t.Error("Shape shares memory")
	}
	s := New[float64]()
	s.Set(4)
	if s.Get() != 4 || s.Rank() != 0 || s.Len() != 1 || len(s.Data()) != 1 || s.Row(0)[0] != 4 {
		t.Error("a scalar is not one element")
	}
	if got := Arange(1.0, 2, 0.25).Data(); !slices.Equal(got, []float64{1, 1.25, 1.5, 1.75}) {
		t.Errorf("Arange %v", got)
	}
	if got := Arange[float32](3, 0, -2).Data(); !slices.Equal(got, []float32{3, 1}) {
		t.Errorf("Arange down %v", got)
	}
	if got := Arange(3.0, 0, 1).Len(); got != 0 {
		t.Errorf("Arange away from stop has %d elements", got)
	}
	if got := Linspace(0.0, 0.3, 4).Data(); got[3] != 0.3 || math.Abs(got[1]-0.1) > 1e-16 {
		t.Errorf("Linspace %v", got)
	}
	if got := Linspace(2.0, 3, 1).Data(); !slices.Equal(got, []float64{2}) {
		t.Errorf("Linspace of one %v", got)
	}
	if got := Eye[float64](2).Data(); !slices.Equal(got, []float64{1, 0, 0, 1}) {
		t.Errorf("Eye %v", got)
	}
}

func TestRandomFills(t *testing.T) {
	const n = 20_000
	u, g := Uniform[float64](1, -1, 3, n), Normal[float64](1, 2, 3, n)
	// Six standard errors: a chance of 2e-9 per check, and the seed is fixed.
	if m := u.Mean(); math.Abs(m-1) > 6*(4/math.Sqrt(12))/math.Sqrt(n) || u.Min() < -1 || u.Max() >= 3 {
		t.Errorf("uniform: mean %v in %v..%v", m, u.Min(), u.Max())
	}
	if m := g.Mean(); math.Abs(m-2) > 6*3/math.Sqrt(n) {
		t.Errorf("normal: mean %v", m)
	}
	if s := g.Std(1); math.Abs(s-3) > 6*3/math.Sqrt(2*n) {
		t.Errorf("normal: standard deviation %v", s)
	}
	if !u.Equal(Uniform[float64](1, -1, 3, n)) || u.Equal(Uniform[float64](2, -1, 3, n)) {
		t.Error("the seed does not decide the values")
	}
	if !g.To32().Equal(Normal[float32](1, 2, 3, n)) {
		t.Error("float32 values are not the float64 ones, rounded")
	}
}

func TestEmptyAxes(t *testing.T) {
	for _, shape := range [][]int{{0}, {0, 3}, {3, 0}, {0, 0}, {2, 0, 3}, {2, 3, 0}, {0, 2, 3}} {
		x := New[float64](shape...)
		if x.Len() != 0 || len(x.Data()) != 0 || !x.Clone().Equal(x) || !x.Add(x).Equal(x) || x.Sum() != 0 || !math.IsNaN(x.Mean()) || !math.IsNaN(x.Var(0)) {
			t.Errorf("shape %v", shape)
		}
		for a := range shape {
			want := slices.Delete(slices.Clone(shape), a, a+1)
			if got := x.SumAxis(a).Shape(); !slices.Equal(got, want) {
				t.Errorf("sum of %v along %d has shape %v", shape, a, got)
			}
			if got := x.VarAxis(a, 1).Shape(); !slices.Equal(got, want) {
				t.Errorf("variance of %v along %d has shape %v", shape, a, got)
			}
			if got := Concat(a, x, x).Shape()[a]; got != 2*shape[a] {
				t.Errorf("%v joined along %d: %d", shape, a, got)
			}
		}
		if got := x.Transpose().Transpose(); !got.Equal(x) {
			t.Errorf("transpose of %v", shape)
		}
		if got := Stack(0, x, x).Len(); got != 0 {
			t.Errorf("stack of %v", shape)
		}
		x.Fill(1)
		if x.Rows(0, 0).Len() != 0 || x.Cols(0, 0).Len() != 0 || x.Take(nil).Len() != 0 {
			t.Errorf("views of %v", shape)
		}
		_ = x.String()
	}
	x := New[float64](3, 4).Cols(2, 2)
	for i := range 3 {
		if len(x.Row(i)) != 0 {
			t.Error("a row without columns has elements")
		}
	}
	if got := MatMul(New[float64](2, 0), New[float64](0, 3)); !got.Equal(New[float64](2, 3)) {
		t.Errorf("product without inner axis: %v", got)
	}
}

// Zero-copy bridges to gonum and back.
func TestGonumShares(t *testing.T) {
	x := FromSlice([]float64{1, 2, 3, 4, 5, 6}, 3, 2)
	d := mat.NewDense(3, 2, x.Data())
	d.Set(2, 1, -6)
	if x.At(2, 1) != -6 {
		t.Error("gonum does not see the tensor's memory")
	}
	back := FromSlice(d.RawMatrix().Data, 3, 2)
	back.Set(10, 0, 0)
	if d.At(0, 0) != 10 || x.At(0, 0) != 10 {
		t.Error("the tensor does not see gonum's memory")
	}
	var m Matrix = d
	if got := FromMatrix[float64](m); !got.Equal(x) || overlap(got.data, x.data) {
		t.Error("FromMatrix of a *mat.Dense is not a copy of it")
	}
	// Anything gonum has that is not stored by rows goes through At.
	if got := FromMatrix[float64](d.T()); !got.Equal(x.Transpose()) {
		t.Error("FromMatrix of a transposed view")
	}
	if got := FromMatrix[float32](d.Slice(1, 3, 1, 2)); !got.Equal(x.Rows(1, 3).Cols(1, 2).To32()) {
		t.Error("FromMatrix of a sliced matrix")
	}
	if got := SparseFrom[float64](mat.NewDiagDense(2, []float64{1, 2})); got.NNZ() != 2 {
		t.Error("SparseFrom of a diagonal matrix")
	}
	if got := FromMatrix[float64](&mat.Dense{}); got.Len() != 0 {
		t.Error("FromMatrix of gonum's empty matrix")
	}
	var product mat.Dense
	product.Mul(d, d.T())
	if !MatMul(x, x.Transpose()).AllClose(FromMatrix[float64](&product), 1e-15, 0) {
		t.Error("gonum multiplies otherwise")
	}
}

func TestFromMatrixOfEverything(t *testing.T) {
	x := Normal[float64](5, 0, 1, 7, 5)
	x.Set(0, 3, 2)
	for name, m := range map[string]Matrix{"tensor": x, "view": Concat(1, x, x).Cols(5, 10), "CSR": SparseFrom[float64](x)} {
		if !FromMatrix[float64](m).Equal(x) || !FromMatrix[float32](m).Equal(x.To32()) {
			t.Errorf("FromMatrix of %s", name)
		}
		if !SparseFrom[float32](m).Dense().Equal(x.To32()) {
			t.Errorf("SparseFrom of %s", name)
		}
	}
	y := x.To32()
	for name, m := range map[string]Matrix{"tensor": y, "CSR": SparseFrom[float32](y)} {
		if !FromMatrix[float64](m).Equal(y.To64()) {
			t.Errorf("FromMatrix of a float32 %s", name)
		}
	}
	if !ConvertCSR[float32](SparseFrom[float64](x)).Dense().Equal(y) {
		t.Error("ConvertCSR")
	}
	if !x.To64().Equal(x) || overlap(x.To64().data, x.data) {
		t.Error("To64 of float64 is not a copy")
	}
}

func TestElementAccessDoesNotAllocate(t *testing.T) {
	x := New[float64](2, 3, 4)
	m := x.Reshape(6, 4)
	sum := 0.0
	if n := testing.AllocsPerRun(10, func() {
		x.Set(1, 1, 2, 3)
		sum += x.Get(1, 2, 3) + m.At(5, 3) + m.Row(2)[0]
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
