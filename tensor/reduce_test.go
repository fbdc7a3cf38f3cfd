package tensor

import (
	"math"
	"math/big"
	"slices"
	"testing"
)

func exactSum(x *Tensor[float64], f func(v *big.Float) *big.Float) float64 {
	sum := new(big.Float).SetPrec(400)
	for _, v := range x.Data() {
		sum.Add(sum, f(new(big.Float).SetPrec(400).SetFloat64(v)))
	}
	out, _ := sum.Float64()
	return out
}

func TestSumIsAccurate(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 4, 5, 127, 128, 129, 255, 256, 257, 1000, 100_001} {
		x := Uniform[float64](uint64(n), 0.1, 1, n)
		want := exactSum(x, func(v *big.Float) *big.Float { return v })
		// Blocks of 128 in four sums, then log2(n/128) levels: under 64 roundings on any path, each of half an ulp of a
		// partial sum of positive terms.
		if got := x.Sum(); math.Abs(got-want) > 64*0x1p-53*want {
			t.Errorf("%d elements: %v, want %v", n, got, want)
		}
	}
	// Adding one by one in float32 would stop at 2^24.
	if got := Ones[float32](1 << 25).Sum(); got != 1<<25 {
		t.Errorf("2^25 ones give %v", got)
	}
}

func TestVarianceIsStable(t *testing.T) {
	// NIST StRD NumAcc3 and NumAcc4 in spirit: a large mean and a small, known deviation.
	for _, offset := range []float64{0, 1e6, 1e9} {
		x := New[float64](1001)
		for i := range x.Len() {
			x.Set(offset+[]float64{0.25, -0.25}[i%2], i)
		}
		x.Set(offset, 0)
		if got := x.Var(1); math.Abs(got-0.0625) > 1e-15 {
			t.Errorf("offset %g: variance %v, want 0.0625", offset, got)
		}
		if got := x.Reshape(1001, 1).VarAxis(0, 1).Get(0); math.Abs(got-0.0625) > 1e-15 {
			t.Errorf("offset %g: column variance %v", offset, got)
		}
	}
	x := FromSlice([]float64{1, 2, 3, 4}, 4)
	if x.Var(0) != 1.25 || math.Abs(x.Var(1)-5.0/3) > 1e-16 || x.Std(0) != math.Sqrt(1.25) {
		t.Error(x.Var(0), x.Var(1))
	}
	if !math.IsNaN(Scalar(1.0).Var(1)) || Scalar(1.0).Var(0) != 0 || Full(0.1, 1000).Var(0) > 1e-30 {
		t.Error("variance of one value or of constants")
	}
}

func TestReductionOfViewsEqualsThatOfCopies(t *testing.T) {
	x := Normal[float64](3, 5, 2, 97, 301)
	v := somewhere(x)
	if v.Sum() != x.Sum() || v.Var(1) != x.Var(1) || v.ArgMax() != x.ArgMax() || v.Min() != x.Min() {
		t.Error("a view reduces to other bytes than its copy")
	}
	narrow := Normal[float64](4, 5, 2, 5000, 3)
	if somewhere(narrow).Sum() != narrow.Sum() {
		t.Error("blocks that span rows of a view")
	}
	for a := range 2 {
		if !v.SumAxis(a).Equal(x.SumAxis(a)) || !v.VarAxis(a, 0).Equal(x.VarAxis(a, 0)) {
			t.Errorf("along axis %d", a)
		}
	}
}

func TestAxisReductions(t *testing.T) {
	for _, shape := range [][]int{{7}, {1, 1}, {5, 4}, {300, 2}, {2, 300}, {3, 4, 5}, {2, 3, 1, 4}} {
		whole := Normal[float64](9, 0, 1, shape...)
		for _, x := range []*Tensor[float64]{whole, somewhere(whole)} {
			for axis := range shape {
				rest := slices.Delete(slices.Clone(shape), axis, axis+1)
				sum, mean, vari := x.SumAxis(axis), x.MeanAxis(axis), x.VarAxis(axis, 0)
				std, lo, hi := x.StdAxis(axis, 0), x.MinAxis(axis), x.MaxAxis(axis)
				argLo, argHi := x.ArgMinAxis(axis), x.ArgMaxAxis(axis)
				place := 0
				each(rest, func(at []int) {
					line := New[float64](shape[axis])
					for k := range shape[axis] {
						line.Set(whole.Get(slices.Insert(slices.Clone(at), axis, k)...), k)
					}
					tol := 1e-13
					if math.Abs(sum.Get(at...)-line.Sum()) > tol || math.Abs(mean.Get(at...)-line.Mean()) > tol ||
						math.Abs(vari.Get(at...)-line.Var(0)) > tol || math.Abs(std.Get(at...)-line.Std(0)) > tol {
						t.Fatalf("%v along %d at %v", shape, axis, at)
					}
					if lo.Get(at...) != line.Min() || hi.Get(at...) != line.Max() || argLo[place] != line.ArgMin() || argHi[place] != line.ArgMax() {
						t.Fatalf("extremes of %v along %d at %v", shape, axis, at)
					}
					place++
				})
				if place != len(argHi) {
					t.Fatalf("%d places, %d indices", place, len(argHi))
				}
			}
		}
	}
}

func TestExtremesWithTiesAndNaN(t *testing.T) {
	x := FromSlice([]float64{2, 5, 5, -1, -1}, 5)
	if x.ArgMax() != 1 || x.ArgMin() != 3 || x.Max() != 5 || x.Min() != -1 {
		t.Error("ties do not go to the first")
	}
	y := FromSlice([]float64{2, nan, 5, nan}, 4)
	if y.ArgMax() != 1 || y.ArgMin() != 1 || !math.IsNaN(y.Max()) || !math.IsNaN(y.Min()) {
		t.Error("NaN does not win")
	}
	if got := y.Reshape(2, 2).ArgMaxAxis(0); !slices.Equal(got, []int{1, 0}) {
		t.Error(got)
	}
}

func TestNorms(t *testing.T) {
	x := Normal[float64](1, 0, 1, 6, 4)
	x.Set(0, 2, 2)
	sp := SparseFrom[float64](x)
	for _, n := range []Norm{L1, L2, MaxAbs} {
		rows, cols := make([]float64, 6), make([]float64, 4)
		each([]int{6, 4}, func(at []int) {
			v := math.Abs(x.At(at[0], at[1]))
			for _, to := range []*float64{&rows[at[0]], &cols[at[1]]} {
				switch n {
				case L1:
					*to += v
				case L2:
					*to = math.Hypot(*to, v)
				case MaxAbs:
					*to = max(*to, v)
				}
			}
		})
		check := func(what string, got, want []float64) {
			if !FromSlice(got, len(got)).AllClose(FromSlice(want, len(want)), 1e-14, 0) {
				t.Errorf("%s %v: %v, want %v", n, what, got, want)
			}
		}
		check("rows", x.RowNorms(n), rows)
		check("columns", x.ColNorms(n), cols)
		check("sparse rows", sp.RowNorms(n), rows)
		check("sparse columns", sp.ColNorms(n), cols)
	}
	// Squares would overflow, underflow or be NaN.
	extreme := FromSlice([]float64{3e300, 4e300, 3e-300, 4e-300, math.Inf(1), math.Inf(-1), nan, 1, 0, 0}, 5, 2)
	want := FromSlice([]float64{5e300, 5e-300, math.Inf(1), nan, 0}, 5)
	if got := extreme.RowNorms(L2); !FromSlice(got, 5).AllClose(want, 1e-15, 0) {
		t.Errorf("extreme rows: %v", got)
	}
	if L1.String() != "L1" || Norm(7).String() != "Norm(7)" {
		t.Error("names of norms")
	}
}
