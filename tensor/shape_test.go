package tensor

import (
	"slices"
	"testing"
)

// somewhere is a copy of x that lies inside a larger tensor of NaN, so it is strided.
func somewhere(x *Tensor[float64]) *Tensor[float64] {
	shape := x.Shape()
	last := len(shape) - 1
	n := shape[last]
	shape[last] += 3
	v := Full(nan, shape...).Cols(2, 2+n)
	v.Copy(x)
	return v
}

func TestReshape(t *testing.T) {
	x := counted(4, 6)
	if y := x.Reshape(2, -1, 3); !slices.Equal(y.Shape(), []int{2, 4, 3}) || &y.Data()[0] != &x.Data()[0] {
		t.Error("Reshape of a contiguous tensor", y.Shape())
	}
	v := somewhere(x)
	if y := v.Reshape(8, 3); !y.Equal(x.Reshape(8, 3)) || overlap(y.data, v.data) {
		t.Error("Reshape of a view")
	}
	if y := New[float64](0, 3).Reshape(-1, 3); !slices.Equal(y.Shape(), []int{0, 3}) {
		t.Error(y.Shape())
	}
	if y := counted(1).Reshape(); y.Rank() != 0 {
		t.Error("Reshape to a scalar")
	}
}

func TestTransposeAndPermute(t *testing.T) {
	for _, shape := range [][]int{{1, 1}, {3, 5}, {33, 70}, {64, 32}} {
		x := counted(shape...)
		for _, v := range []*Tensor[float64]{x, somewhere(x)} {
			y, z := v.Transpose(), v.Permute(1, 0)
			each(shape, func(at []int) {
				if y.At(at[1], at[0]) != x.At(at[0], at[1]) {
					t.Fatalf("Transpose of %v at %v", shape, at)
				}
			})
			if !z.Equal(y) {
				t.Fatalf("Permute of %v", shape)
			}
		}
	}
	x := counted(2, 3, 4, 5)
	for _, axes := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 3, 0, 2}, {2, 0, 3, 1}} {
		for _, v := range []*Tensor[float64]{x, somewhere(x)} {
			y := v.Permute(axes...)
			each(y.Shape(), func(at []int) {
				from := make([]int, 4)
				for k, a := range axes {
					from[a] = at[k]
				}
				if y.Get(at...) != x.Get(from...) {
					t.Fatalf("Permute %v at %v", axes, at)
				}
			})
		}
	}
	if y := counted(4).Transpose(); !y.Equal(counted(4)) {
		t.Error("Transpose of a vector")
	}
}

func TestConcatAndStack(t *testing.T) {
	x := counted(2, 3, 4)
	for axis := range 3 {
		shape := x.Shape()
		shape[axis] = 5
		y := Full(-1.0, shape...)
		shape[axis] = 0
		joined := Concat(axis, x, somewhere(y), New[float64](shape...), somewhere(x))
		each(joined.Shape(), func(at []int) {
			from, k, want := slices.Clone(at), at[axis], -1.0
			n := x.Shape()[axis]
			if k < n {
				want = x.Get(from...)
			} else if k >= n+5 {
				from[axis] -= n + 5
				want = x.Get(from...)
			}
			if joined.Get(at...) != want {
				t.Fatalf("Concat along %d at %v: %v, want %v", axis, at, joined.Get(at...), want)
			}
		})
	}
	for axis := range 4 {
		y := Stack(axis, x, somewhere(x).MulScalar(-1))
		if y.Shape()[axis] != 2 || y.Rank() != 4 {
			t.Fatal(y.Shape())
		}
		each(y.Shape(), func(at []int) {
			sign := []float64{1, -1}[at[axis]]
			if y.Get(at...) != sign*x.Get(slices.Delete(slices.Clone(at), axis, axis+1)...) {
				t.Fatalf("Stack along %d at %v", axis, at)
			}
		})
	}
	if y := Stack(0, Scalar(1.0), Scalar(2.0)); !slices.Equal(y.Data(), []float64{1, 2}) {
		t.Error("Stack of scalars", y)
	}
}

func TestTake(t *testing.T) {
	x := counted(4, 2, 3)
	idx := []int{3, 0, 3}
	y, z := somewhere(x).Take(idx), somewhere(x).TakeCols([]int{2, 2, 0, 1})
	each(y.Shape(), func(at []int) {
		if y.Get(at...) != x.Get(idx[at[0]], at[1], at[2]) {
			t.Fatalf("Take at %v", at)
		}
	})
	each(z.Shape(), func(at []int) {
		if z.Get(at...) != x.Get(at[0], at[1], []int{2, 2, 0, 1}[at[2]]) {
			t.Fatalf("TakeCols at %v", at)
		}
	})
	if got := counted(5).Take([]int{4, 1}).Data(); !slices.Equal(got, []float64{4, 1}) {
		t.Error(got)
	}
}
