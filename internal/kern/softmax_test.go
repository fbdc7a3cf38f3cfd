package kern

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

func testSoftmax[T Float](t *testing.T) {
	bound, least := 1e-15, 0x1p-1022
	if single[T]() {
		bound, least = 4e-7, 0x1p-126
	}
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(15, 16))
		worst := 0.0
		for _, n := range []int{1, 2, 3, 7, 8, 9, 10, 15, 16, 17, 31, 33, 100, 1000, brief + 3} {
			if small() && n > 100 {
				continue
			}
			for _, c := range []struct{ scale, shift float64 }{{1, 0}, {30, 0}, {1, 1e4}, {20, -777}, {300, 0}, {1e-3, 5}} {
				x, _ := guarded[T](t, n, 1)
				dst, check := guarded[T](t, n, 2)
				for i := range x {
					x[i] = T(c.scale*r.NormFloat64() + c.shift)
				}
				m := Max(x)
				exps, total := make([]*big.Float, n), zero()
				for i, v := range x {
					exps[i] = bigExp(zero().Sub(wide(float64(v)), wide(float64(m))))
					total.Add(total, exps[i])
				}
				Softmax(dst, x)
				for i, e := range exps {
					want, _ := zero().Quo(e, total).Float64()
					if want < least {
						if math.Abs(float64(dst[i])-want) > 2*eps[T]()*2*least {
							t.Fatalf("n %d %v: element %d is %v, want %v", n, c, i, dst[i], want)
						}
						continue
					}
					worst = max(worst, math.Abs(float64(dst[i])-want)/want)
				}
				sum, _ := total.Float64()
				want := float64(m) + math.Log(sum)
				tol := 4 * 2 * eps[T]() * max(1, math.Abs(want), math.Abs(float64(m)))
				if got := float64(LogSumExp(x)); math.Abs(got-want) > tol {
					t.Fatalf("n %d %v: LogSumExp %v, want %v +- %v", n, c, got, want, tol)
				}
				copy(dst, x)
				again := append([]T(nil), x...)
				Softmax(dst, dst)
				Softmax(again, x)
				if !equalBits(dst, again) {
					t.Fatalf("n %d: in place differs", n)
				}
				check()
			}
		}
		t.Logf("worst relative error %.3g", worst)
		if worst > bound {
			t.Errorf("relative error %v, bound %v", worst, bound)
		}
	})
}

func TestSoftmaxF32(t *testing.T) { testSoftmax[float32](t) }
func TestSoftmaxF64(t *testing.T) { testSoftmax[float64](t) }

func testSoftmaxSpecial[T Float](t *testing.T) {
	inf, nan := T(math.Inf(1)), T(math.NaN())
	eachLevel(t, func(t *testing.T) {
		Softmax[T](nil, nil)
		if v := LogSumExp[T](nil); v != -inf {
			t.Errorf("LogSumExp of nothing is %v", v)
		}
		for _, c := range []struct {
			x, want []T
			lse     T
		}{
			{[]T{-inf, 0, 0, -inf}, []T{0, 0.5, 0.5, 0}, T(math.Ln2)},
			{[]T{-inf, -inf}, []T{nan, nan}, -inf},
			{[]T{inf, 0}, []T{nan, nan}, inf},
			{[]T{0, nan}, []T{nan, nan}, nan},
			{[]T{inf, nan}, []T{nan, nan}, nan},
			{[]T{1e30, -1e30, 1e30, 0}, []T{0.5, 0, 0.5, 0}, 1e30},
			{[]T{-1e30, 1}, []T{0, 1}, 1},
			{[]T{7}, []T{1}, 7},
		} {
			got := make([]T, len(c.x))
			Softmax(got, c.x)
			if !equalBits(got, c.want) {
				t.Errorf("Softmax(%v) = %v, want %v", c.x, got, c.want)
			}
			if v := LogSumExp(c.x); bits(v) != bits(c.lse) {
				t.Errorf("LogSumExp(%v) = %v, want %v", c.x, v, c.lse)
			}
		}
	})
}

func TestSoftmaxSpecialF32(t *testing.T) { testSoftmaxSpecial[float32](t) }
func TestSoftmaxSpecialF64(t *testing.T) { testSoftmaxSpecial[float64](t) }
