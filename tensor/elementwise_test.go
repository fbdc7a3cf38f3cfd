package tensor

import (
	"math"
	"slices"
	"testing"
)

var nan = math.NaN()

// The definition of broadcasting, one element at a time.
func broadcastNaive(a, b *Tensor[float64], f func(x, y float64) float64, shape []int) *Tensor[float64] {
	out := New[float64](shape...)
	pick := func(t *Tensor[float64], at []int) float64 {
		at = slices.Clone(at[len(at)-t.Rank():])
		for k, d := range t.Shape() {
			if d == 1 {
				at[k] = 0
			}
		}
		return t.Get(at...)
	}
	each(shape, func(at []int) { out.Set(f(pick(a, at), pick(b, at)), at...) })
	return out
}

func TestBroadcasting(t *testing.T) {
	cases := [][3][]int{ // a, b, result
		{{}, {}, {}},
		{{3}, {}, {3}},
		{{2, 3}, {2, 3}, {2, 3}},
		{{2, 3}, {3}, {2, 3}},
		{{2, 3}, {1, 3}, {2, 3}},
		{{2, 3}, {2, 1}, {2, 3}},
		{{2, 3}, {1, 1}, {2, 3}},
		{{2, 1}, {1, 3}, {2, 3}},
		{{2, 1}, {3}, {2, 3}},
		{{4, 2, 3}, {2, 3}, {4, 2, 3}},
		{{4, 2, 3}, {2, 1}, {4, 2, 3}},
		{{4, 1, 3}, {2, 1}, {4, 2, 3}},
		{{4, 2, 3}, {4, 1, 1}, {4, 2, 3}},
		{{4, 1, 3, 1}, {2, 1, 5}, {4, 2, 3, 5}},
		{{0, 3}, {3}, {0, 3}},
		{{0, 3}, {1, 1}, {0, 3}},
		{{2, 0}, {2, 1}, {2, 0}},
		{{1}, {0}, {0}},
	}
	ops := map[string]struct {
		fast  func(a, b *Tensor[float64]) *Tensor[float64]
		place func(a, b *Tensor[float64])
		slow  func(x, y float64) float64
	}{
		"Add": {(*Tensor[float64]).Add, (*Tensor[float64]).AddInPlace, func(x, y float64) float64 { return x + y }},
		"Sub": {(*Tensor[float64]).Sub, (*Tensor[float64]).SubInPlace, func(x, y float64) float64 { return x - y }},
		"Mul": {(*Tensor[float64]).Mul, (*Tensor[float64]).MulInPlace, func(x, y float64) float64 { return x * y }},
		"Div": {(*Tensor[float64]).Div, (*Tensor[float64]).DivInPlace, func(x, y float64) float64 { return x / y }},
		"Zip": {func(a, b *Tensor[float64]) *Tensor[float64] { return a.Zip(b, math.Hypot) }, nil, math.Hypot},
	}
	for _, c := range cases {
		a, b := Normal[float64](1, 0, 1, c[0]...), Normal[float64](2, 0, 1, c[1]...)
		for name, op := range ops {
			want := broadcastNaive(a, b, op.slow, c[2])
			forms := [][2]*Tensor[float64]{{a, b}}
			if a.Rank() > 0 && b.Rank() > 0 {
				forms = append(forms, [2]*Tensor[float64]{somewhere(a), b}, [2]*Tensor[float64]{a, somewhere(b)}, [2]*Tensor[float64]{somewhere(a), somewhere(b)})
			}
			for k, f := range forms {
				if got := op.fast(f[0], f[1]); !got.Equal(want) {
					t.Errorf("%s of %v and %v (form %d): %v, want %v", name, c[0], c[1], k, got, want)
				}
				if op.place != nil && slices.Equal(c[0], c[2]) {
					got := f[0]
					if got.Rank() > 0 {
						got = somewhere(got)
					} else {
						got = got.Clone()
					}
					op.place(got, f[1])
					if !got.Equal(want) {
						t.Errorf("%sInPlace of %v and %v (form %d): %v, want %v", name, c[0], c[1], k, got, want)
					}
				}
			}
		}
	}
}

func TestInPlaceKeepsToItsView(t *testing.T) {
	x := Full(1.0, 5, 6)
	v := x.Rows(1, 4).Cols(2, 5)
	v.AddInPlace(counted(3))
	v.MulScalar(100) // a copy
	want := Full(1.0, 5, 6)
	for i := 1; i < 4; i++ {
		for j := 2; j < 5; j++ {
			want.Set(float64(j-1), i, j)
		}
	}
	if !x.Equal(want) {
		t.Errorf("got %v", x)
	}
}

// An operand that overlaps the target in another place is read as it was before.
func TestInPlaceAliasing(t *testing.T) {
	x := counted(4, 3)
	x.Rows(1, 4).AddInPlace(x.Rows(0, 3))
	if want := counted(4, 3).Rows(1, 4).Add(counted(4, 3).Rows(0, 3)); !x.Rows(1, 4).Equal(want) {
		t.Errorf("shifted rows: %v", x)
	}
	y := counted(3, 4)
	y.SubInPlace(y.Slab(0))
	if want := counted(3, 4).Sub(counted(3, 4).Slab(0)); !y.Equal(want) {
		t.Errorf("own first row: %v", y)
	}
	z := counted(3, 4)
	z.MulInPlace(z)
	if want := counted(3, 4).Map(func(v float64) float64 { return v * v }); !z.Equal(want) {
		t.Errorf("itself: %v", z)
	}
	w := counted(3, 3)
	w.DivInPlace(w.Reshape(9).Rows(4, 5)) // one of its own elements
	if want := counted(3, 3).DivScalar(4); !w.Equal(want) {
		t.Errorf("own element: %v", w)
	}
}

func TestScalarsAndMaps(t *testing.T) {
	x := somewhere(counted(2, 3))
	for name, got := range map[string]*Tensor[float64]{
		"AddScalar": x.AddScalar(2), "SubScalar": x.SubScalar(-2), "Map": x.Map(func(v float64) float64 { return v + 2 }),
	} {
		if !got.Equal(FromSlice([]float64{2, 3, 4, 5, 6, 7}, 2, 3)) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := x.MulScalar(2).DivScalar(2); !got.Equal(x) {
		t.Error(got)
	}
	if x.At(1, 2) != 5 {
		t.Error("a scalar form wrote to its input")
	}
}

func TestEqualAndAllClose(t *testing.T) {
	a := FromSlice([]float64{1, nan, math.Inf(1), 0}, 4)
	b := FromSlice([]float64{1 + 1e-9, nan, math.Inf(1), math.Copysign(0, -1)}, 4)
	if !a.Equal(a) || a.Equal(b) || !a.AllClose(b, 1e-8, 0) || a.AllClose(b, 1e-10, 0) {
		t.Error("Equal or AllClose")
	}
	if a.AllClose(a.Reshape(2, 2), 1, 1) {
		t.Error("different shapes are close")
	}
	inf, one := Scalar(math.Inf(1)), Scalar(1.0)
	if inf.AllClose(one, 1, 1) || one.AllClose(inf, 1, 1) || one.AllClose(Scalar(nan), 1, 1) || inf.AllClose(Scalar(math.Inf(-1)), 1, 1) {
		t.Error("infinities and NaN are close to others")
	}
}
