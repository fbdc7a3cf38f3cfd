package metrics

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// tol: both sides add at most a thousand terms, in other orders and ours compensated: a few hundred ulps at the worst.
const tol = 1e-13

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	golden.Close(t, []float64{got}, []float64{want}, tol, 0, what)
}

func matrix(t *testing.T, rows [][]float64) *tensor.Tensor[float64] {
	t.Helper()
	m, err := tensor.FromRows(rows)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAgainstScikitLearn(t *testing.T) {
	want := golden.Load[struct {
		Regression []struct{ Y, Pred, Weight, R2, MSE, RMSE, MAE []float64 }
		Binary     []struct {
			Y                  []int
			Score, Weight, AUC []float64
		}
		Multi []struct {
			Y, Pred     []int
			Proba       [][]float64
			Weight      []float64
			Accuracy    []float64
			Confusion   [][][]float64
			LogLoss     []float64 `json:"log_loss"`
			LogLoss32   float64   `json:"log_loss32"`
			OvRMacro    []float64 `json:"ovr_macro"`
			OvRWeighted []float64 `json:"ovr_weighted"`
			OvRMicro    []float64 `json:"ovr_micro"`
			OvOMacro    float64   `json:"ovo_macro"`
			OvOWeighted float64   `json:"ovo_weighted"`
		}
		Absent struct {
			Y       []int
			Proba   [][]float64
			LogLoss float64 `json:"log_loss"`
		}
	}](t, "testdata/core.json")
	for i, c := range want.Regression {
		for k, w := range [][]float64{nil, c.Weight} {
			at := fmt.Sprintf("regression %d, weights %v: ", i, k == 1)
			near(t, at+"MSE", MSE(c.Y, c.Pred, w...), c.MSE[k])
			near(t, at+"RMSE", RMSE(c.Y, c.Pred, w...), c.RMSE[k])
			near(t, at+"MAE", MAE(c.Y, c.Pred, w...), c.MAE[k])
			// 1 - ratio: the error is relative to 1, not to R2. y-mean around 1e6 has 1e-10 in absolute error at a spread of 1e-3.
			golden.Close(t, []float64{R2(c.Y, c.Pred, w...)}, []float64{c.R2[k]}, 1e-12, 1e-9, at+"R2")
		}
	}
	for i, c := range want.Binary {
		for k, w := range [][]float64{nil, c.Weight} {
			near(t, fmt.Sprintf("binary %d, weights %v", i, k == 1), ROCAUC(c.Y, c.Score, w...), c.AUC[k])
		}
	}
	for i, c := range want.Multi {
		p := matrix(t, c.Proba)
		for k, w := range [][]float64{nil, c.Weight} {
			at := fmt.Sprintf("multi %d, weights %v: ", i, k == 1)
			near(t, at+"Accuracy", Accuracy(c.Y, c.Pred, w...), c.Accuracy[k])
			near(t, at+"LogLoss", LogLoss(c.Y, p, w...), c.LogLoss[k])
			near(t, at+"OvR macro", ROCAUCOvR(c.Y, p, Macro, w...), c.OvRMacro[k])
			near(t, at+"OvR weighted", ROCAUCOvR(c.Y, p, Weighted, w...), c.OvRWeighted[k])
			near(t, at+"OvR micro", ROCAUCOvR(c.Y, p, Micro, w...), c.OvRMicro[k])
			m, err := ConfusionMatrix(c.Y, c.Pred, 0, w...)
			if err != nil {
				t.Fatal(err)
			}
			golden.Close(t, m.Data(), slices.Concat(c.Confusion[k]...), tol, 0, at+"ConfusionMatrix")
		}
		near(t, "OvO macro", ROCAUCOvO(c.Y, p, Macro), c.OvOMacro)
		near(t, "OvO weighted", ROCAUCOvO(c.Y, p, Weighted), c.OvOWeighted)
		// The reference sums in float32 as well.
		golden.Close(t, []float64{LogLoss(c.Y, tensor.Convert[float32](p))}, []float64{c.LogLoss32}, 1e-5, 0, "LogLoss of float32")
	}
	near(t, "LogLoss with a class that has no rows", LogLoss(want.Absent.Y, matrix(t, want.Absent.Proba)), want.Absent.LogLoss)
}

// The definition: the weighted share of (positive, negative) pairs in the right order.
func pairs(y []int, score, weight []float64) float64 {
	right, all := 0.0, 0.0
	for i := range y {
		for j := range y {
			if y[i] == 1 && y[j] == 0 {
				p := w(weight, i) * w(weight, j)
				all += p
				switch {
				case score[i] > score[j]:
					right += p
				case score[i] == score[j]:
					right += p / 2
				}
			}
		}
	}
	return right / all
}

func TestROCAUCAgainstAllPairs(t *testing.T) {
	for seed := range uint64(200) {
		r := rng.New(seed, 0)
		n := 2 + r.IntN(60)
		y, score, weight := make([]int, n), make([]float64, n), make([]float64, n)
		for i := range n {
			y[i], weight[i] = r.IntN(2), float64(r.IntN(4))
			score[i] = []float64{math.Inf(-1), -1, math.Copysign(0, -1), 0, 0.5, math.Inf(1)}[r.IntN(6)]
		}
		near(t, "unweighted", ROCAUC(y, score), pairs(y, score, nil))
		near(t, "weighted", ROCAUC(y, score, weight...), pairs(y, score, weight))
	}
}

// Integer weights are repetitions, and zero weights are absence, even of rows that make no sense.
func TestWeightLaw(t *testing.T) {
	for seed := range uint64(50) {
		r := rng.New(seed, 1)
		n, k := 6+r.IntN(40), 2+r.IntN(3)
		y, pred, binary := make([]int, n), make([]int, n), make([]int, n)
		a, b, weight := make([]float64, n), make([]float64, n), make([]float64, n)
		proba := tensor.New[float64](n, k)
		var rep []int
		for i := range n {
			y[i], pred[i], a[i], b[i] = r.IntN(k), r.IntN(k), r.NormFloat64(), float64(r.IntN(5))
			binary[i] = y[i] % 2
			weight[i] = float64(r.IntN(4))
			if i < 2*k {
				y[i], binary[i], weight[i] = i%k, i%2, 1
			}
			row, total := proba.Row(i), 0.0
			for j := range row {
				row[j] = float64(1 + r.IntN(4))
				total += row[j]
			}
			for j := range row {
				row[j] /= total
			}
			for range int(weight[i]) {
				rep = append(rep, i)
			}
			if weight[i] == 0 {
				y[i], binary[i], a[i], row[0] = -7, 9, math.NaN(), math.Inf(1)
			}
		}
		ry, rpred, rbinary, ra, rb := take(y, rep), take(pred, rep), take(binary, rep), take(a, rep), take(b, rep)
		rproba := proba.Take(rep)
		near(t, "Accuracy", Accuracy(y, pred, weight...), Accuracy(ry, rpred))
		near(t, "MSE", MSE(a, b, weight...), MSE(ra, rb))
		near(t, "MAE", MAE(a, b, weight...), MAE(ra, rb))
		golden.Close(t, []float64{R2(a, b, weight...)}, []float64{R2(ra, rb)}, tol, tol, "R2")
		near(t, "ROCAUC", ROCAUC(binary, b, weight...), ROCAUC(rbinary, rb))
		near(t, "LogLoss", LogLoss(y, proba, weight...), LogLoss(ry, rproba))
		for _, avg := range []Average{Macro, Weighted, Micro} {
			near(t, "OvR "+avg.String(), ROCAUCOvR(y, proba, avg, weight...), ROCAUCOvR(ry, rproba, avg))
			near(t, "OvO "+avg.String(), ROCAUCOvO(y, proba, avg, weight...), ROCAUCOvO(ry, rproba, avg))
		}
		got, err := ConfusionMatrix(y, pred, k, weight...)
		want, err2 := ConfusionMatrix(ry, rpred, k)
		if err != nil || err2 != nil || !slices.Equal(got.Data(), want.Data()) {
			t.Errorf("confusion %v, %v", err, err2)
		}
	}
}

func take[T any](v []T, idx []int) []T {
	out := make([]T, len(idx))
	for k, i := range idx {
		out[k] = v[i]
	}
	return out
}

func TestStorageOfProbabilities(t *testing.T) {
	p := matrix(t, [][]float64{{1, 0, 0}, {0.5, 0.5, 0}, {0, 0.25, 0.75}, {0, 0, 1}})
	y := []int{0, 1, 2, 1}
	for _, m := range []tensor.Matrix{tensor.SparseFrom[float64](p), p.Clone()} {
		if got, want := LogLoss(y, m), LogLoss(y, p); got != want {
			t.Errorf("%T: %v, want %v", m, got, want)
		}
		if got, want := ROCAUCOvR(y, m, Macro), ROCAUCOvR(y, p, Macro); got != want {
			t.Errorf("%T: %v, want %v", m, got, want)
		}
	}
	if got, want := LogLoss([]int{1}, matrix(t, [][]float64{{1, 0}})), -math.Log(0x1p-52); got != want {
		t.Errorf("a probability of zero: %v, want %v", got, want)
	}
}

func TestUndefinedIsNaNAndSaysWhy(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	p := matrix(t, [][]float64{{0.5, 0.5}, {0.25, 0.75}})
	var missing *tensor.Tensor[float64]
	for name, c := range map[string]struct {
		value float64
		err   error
		kind  error
	}{
		"empty":              {Accuracy(nil, nil), CheckCodes("x", nil, nil, nil), ml.ErrShape},
		"lengths":            {Accuracy([]int{1}, []int{1, 2}), CheckCodes("x", []int{1}, []int{1, 2}, nil), ml.ErrShape},
		"weight length":      {MSE([]float64{1, 2}, []float64{1, 2}, 1), CheckValues("x", []float64{1, 2}, []float64{1, 2}, []float64{1}), ml.ErrShape},
		"negative weight":    {MSE([]float64{1, 2}, []float64{1, 2}, 1, -1), CheckValues("x", []float64{1, 2}, []float64{1, 2}, []float64{1, -1}), ml.ErrWeight},
		"NaN weight":         {MAE([]float64{1, 2}, []float64{1, 2}, 1, nan), CheckValues("x", []float64{1, 2}, []float64{1, 2}, []float64{1, nan}), ml.ErrWeight},
		"infinite weight":    {R2([]float64{1, 2}, []float64{1, 2}, 1, inf), CheckValues("x", []float64{1, 2}, []float64{1, 2}, []float64{1, inf}), ml.ErrWeight},
		"weights all zero":   {Accuracy([]int{1}, []int{1}, 0), CheckCodes("x", []int{1}, []int{1}, []float64{0}), ml.ErrWeight},
		"NaN target":         {RMSE([]float64{nan}, []float64{1}), CheckValues("x", []float64{nan}, []float64{1}, nil), ml.ErrTarget},
		"NaN prediction":     {R2([]float64{1, 2}, []float64{1, nan}), CheckValues("x", []float64{1, 2}, []float64{1, nan}, nil), ml.ErrNotFinite},
		"one class":          {ROCAUC([]int{1, 1}, []float64{1, 2}), CheckScores("x", []int{1, 1}, []float64{1, 2}, nil), ml.ErrTarget},
		"class 1 weightless": {ROCAUC([]int{0, 1}, []float64{1, 2}, 1, 0), CheckScores("x", []int{0, 1}, []float64{1, 2}, []float64{1, 0}), ml.ErrTarget},
		"code 2":             {ROCAUC([]int{0, 2}, []float64{1, 2}), CheckScores("x", []int{0, 2}, []float64{1, 2}, nil), ml.ErrTarget},
		"NaN score":          {ROCAUC([]int{0, 1}, []float64{1, nan}), CheckScores("x", []int{0, 1}, []float64{1, nan}, nil), ml.ErrNotFinite},
		"nil probabilities":  {LogLoss([]int{0}, nil), CheckProba("x", []int{0}, nil, nil), ml.ErrShape},
		"typed nil":          {LogLoss([]int{0}, missing), CheckProba("x", []int{0}, missing, nil), ml.ErrShape},
		"rank 1":             {LogLoss([]int{0}, tensor.New[float64](1)), CheckProba("x", []int{0}, tensor.New[float64](1), nil), ml.ErrShape},
		"rows":               {LogLoss([]int{0}, p), CheckProba("x", []int{0}, p, nil), ml.ErrShape},
		"unlabelled":         {LogLoss([]int{0, -1}, p), CheckProba("x", []int{0, -1}, p, nil), ml.ErrTarget},
		"no such column":     {ROCAUCOvR([]int{0, 2}, p, Macro), CheckProba("x", []int{0, 2}, p, nil), ml.ErrTarget},
		"NaN probability":    {ROCAUCOvO([]int{0}, matrix(t, [][]float64{{nan, 1}}), Macro), CheckProba("x", []int{0}, matrix(t, [][]float64{{nan, 1}}), nil), ml.ErrNotFinite},
		"probability 2":      {LogLoss([]int{0}, matrix(t, [][]float64{{2, -1}})), CheckProba("x", []int{0}, matrix(t, [][]float64{{2, -1}}), nil), ml.ErrData},
	} {
		var e *ml.Error
		if !math.IsNaN(c.value) || !errors.Is(c.err, c.kind) || !errors.As(c.err, &e) || e.Where != "x" {
			t.Errorf("%s: %v, %v", name, c.value, c.err)
		}
	}
	// Undefined though the arguments fit.
	for name, v := range map[string]float64{
		"R2 of one row":      R2([]float64{1}, []float64{1}),
		"R2 of one weighted": R2([]float64{1, 5}, []float64{1, 2}, 3, 0),
		"macro, class away":  ROCAUCOvR([]int{0, 0}, p, Macro),
		"OvO of one class":   ROCAUCOvO([]int{0, 0}, p, Macro),
		"OvO micro":          ROCAUCOvO([]int{0, 1}, p, Micro),
		"unknown average":    ROCAUCOvR([]int{0, 1}, p, Average(9)),
	} {
		if !math.IsNaN(v) {
			t.Errorf("%s: %v", name, v)
		}
	}
}

func TestR2OfConstants(t *testing.T) {
	// The rounded mean of three times 0.1 is not 0.1; the target is constant all the same.
	if got := R2([]float64{0.1, 0.1, 0.1}, []float64{0.1, 0.2, 0.1}); got != 0 {
		t.Errorf("wrong prediction of a constant: %v", got)
	}
	if got := R2([]float64{0.1, 0.1, 0.1}, []float64{0.1, 0.1, 0.1}); got != 1 {
		t.Errorf("right prediction of a constant: %v", got)
	}
}

func TestConfusionMatrixFaults(t *testing.T) {
	for _, c := range []struct {
		y, pred []int
		k       int
		kind    error
	}{{[]int{0}, []int{-1}, 0, ml.ErrTarget}, {[]int{-1}, []int{-1}, 0, ml.ErrTarget}, {[]int{0}, []int{3}, 3, ml.ErrTarget}, {[]int{0}, []int{0}, -1, ml.ErrConfig}, {[]int{math.MaxInt32}, []int{0}, 0, ml.ErrConfig}, {nil, nil, 2, ml.ErrShape}} {
		if m, err := ConfusionMatrix(c.y, c.pred, c.k); m != nil || !errors.Is(err, c.kind) {
			t.Errorf("%+v: %v, %v", c, m, err)
		}
	}
	m, err := ConfusionMatrix([]int{0, 2}, []int{0, 0}, 4)
	if err != nil || !slices.Equal(m.Shape(), []int{4, 4}) || m.At(2, 0) != 1 {
		t.Errorf("%v, %v", m, err)
	}
}

func TestLongSumsStayExact(t *testing.T) {
	var s sum
	for range 1_000_000 {
		s.add(0.1)
	}
	if got := s.value(); got != 100_000 {
		t.Errorf("a million tenths: %v", got)
	}
	s.add(math.MaxFloat64)
	s.add(math.MaxFloat64)
	if !math.IsInf(s.value(), 1) {
		t.Errorf("overflow: %v", s.value())
	}
}

func BenchmarkROCAUC(b *testing.B) {
	r := rng.New(1, 1)
	y, score := make([]int, 100_000), make([]float64, 100_000)
	for i := range y {
		y[i], score[i] = r.IntN(2), r.Float64()
	}
	for b.Loop() {
		ROCAUC(y, score)
	}
}
