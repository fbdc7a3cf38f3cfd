package tensor

import (
	"slices"
	"testing"
)

// each visits every index of a shape.
func each(shape []int, visit func(at []int)) {
	n, _ := product(shape)
	at := make([]int, len(shape))
	for range n {
		visit(at)
		advance(at, shape)
	}
}

// counted is a tensor whose elements are their own row-major index.
func counted(shape ...int) *Tensor[float64] {
	n, _ := product(shape)
	return Arange(0, float64(n), 1).Reshape(shape...)
}

func TestViewsOfViews(t *testing.T) {
	x := counted(8, 10)
	v := x.Rows(1, 7).Cols(2, 9).Rows(2, 5).Cols(1, 4) // rows 3..5, columns 3..5
	for i := range 3 {
		for j := range 3 {
			want := float64((3+i)*10 + 3 + j)
			if v.At(i, j) != want || v.Get(i, j) != want || v.Row(i)[j] != want {
				t.Fatalf("(%d, %d) = %v, want %v", i, j, v.At(i, j), want)
			}
		}
	}
	if v.Stride() != 10 || v.Contiguous() {
		t.Error("a column range of a column range is not strided")
	}
	v.Fill(-1)
	for i := range 8 {
		for j := range 10 {
			inside := i >= 3 && i < 6 && j >= 3 && j < 6
			if got := x.At(i, j); (got == -1) != inside {
				t.Fatalf("Fill of a view: (%d, %d) = %v", i, j, got)
			}
		}
	}
	mustPanic(t, "Row", [][]int{{3, 3}}, func() { v.Row(3) })
	mustPanic(t, "Cols", [][]int{{3, 3}}, func() { v.Cols(0, 4) })
}

func TestViewsOfHigherRank(t *testing.T) {
	x := counted(3, 4, 5)
	v := x.Rows(1, 3).Cols(2, 4) // shape 2, 4, 2
	if !slices.Equal(v.Shape(), []int{2, 4, 2}) {
		t.Fatal(v.Shape())
	}
	each(v.Shape(), func(at []int) {
		if got, want := v.Get(at...), x.Get(at[0]+1, at[1], at[2]+2); got != want {
			t.Fatalf("%v: %v, want %v", at, got, want)
		}
	})
	s := v.Slab(1)
	if !slices.Equal(s.Shape(), []int{4, 2}) || s.At(3, 1) != x.Get(2, 3, 3) {
		t.Error("Slab", s)
	}
	s.Set(-1, 3, 1)
	if x.Get(2, 3, 3) != -1 {
		t.Error("Slab does not share memory")
	}
	if got := x.Row(7); &got[0] != &x.Data()[35] || len(got) != 5 {
		t.Error("Row of rank 3 counts leading axes as one")
	}
	vec := counted(6).Rows(2, 5)
	if !slices.Equal(vec.Data(), []float64{2, 3, 4}) || vec.Get(1) != 3 {
		t.Error("Rows of a vector", vec)
	}
}

func TestRowCannotGrowIntoItsNeighbour(t *testing.T) {
	x := counted(2, 3)
	_ = append(x.Row(0), 99)
	_ = append(x.Rows(0, 1).Data(), 99)
	if x.At(1, 0) != 3 {
		t.Error("append to a row wrote into the next one")
	}
}

func TestDataSharesUnlessStrided(t *testing.T) {
	x := counted(4, 6)
	x.Rows(1, 3).Data()[0] = -5
	if x.At(1, 0) != -5 {
		t.Error("Data of a row range is a copy")
	}
	x.Cols(1, 3).Data()[0] = -7
	if x.At(0, 1) != 1 {
		t.Error("Data of a column range writes through")
	}
	if got := x.Cols(1, 3).Data(); !slices.Equal(got, []float64{1, 2, 7, 8, 13, 14, 19, 20}) {
		t.Error(got)
	}
	one := x.Rows(2, 3).Cols(1, 4) // one row: nothing to stride over
	one.Data()[0] = -9
	if !one.Contiguous() || x.At(2, 1) != -9 {
		t.Error("a part of one row is not contiguous")
	}
	c := x.Cols(1, 3).Clone()
	if !c.Contiguous() || c.Stride() != 2 || overlap(c.data, x.data) {
		t.Error("Clone of a view is not compact")
	}
}
