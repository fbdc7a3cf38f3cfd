package metrics_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

type densityGolden struct {
	Clusters []struct {
		X         [][]float64
		Code      []int
		DBCV, Two float64
		Log       []float64
	}
	Calibration []struct {
		Y               []int
		P, Weight       []float64
		Plain, Weighted struct{ Debiased, Kernel float64 }
	}
}

// Sums in another order: 1e-12 of numbers near 1, but for the powers of DBCV's densities, which hdbscan sums plainly.
func TestDensityMeasuresAreTheReferences(t *testing.T) {
	want := golden.Load[densityGolden](t, "testdata/density.json")
	for i, c := range want.Clusters {
		x, err := tensor.FromRows(c.X)
		if err != nil {
			t.Fatal(err)
		}
		two := make([]int, len(c.Code)) // as Python's remainder: -1 is 1
		for j, code := range c.Code {
			two[j] = (code + 2) % 2
		}
		golden.Close(t, []float64{metrics.DBCV(x, c.Code, nil), metrics.DBCV(x, two, nil)}, []float64{c.DBCV, c.Two}, 0, 1e-12, "DBCV")
		g, err := metrics.GapStatistic(x, []int{4}, 1, 1, func(tensor.Matrix, int) ([]int, error) { return c.Code, nil })
		if err != nil {
			t.Fatal(err)
		}
		golden.Close(t, g.Log, c.Log[:1], 1e-12, 0, "log dispersion")
		_ = i
	}
	for _, c := range want.Calibration {
		for name, w := range map[string]struct {
			weight []float64
			want   struct{ Debiased, Kernel float64 }
		}{"plain": {nil, c.Plain}, "weighted": {c.Weight, c.Weighted}} {
			r, err := metrics.NewReliability(c.Y, c.P, metrics.Bins{}, w.weight...)
			if err != nil {
				t.Fatal(err)
			}
			got := []float64{r.DebiasedSquaredECE(), metrics.KernelCalibration(c.Y, c.P, 0.2, w.weight...)}
			golden.Close(t, got, []float64{w.want.Debiased, w.want.Kernel}, 0, 1e-12, name)
			if v := metrics.DebiasedECE(c.Y, c.P, metrics.Bins{}, w.weight...); math.Abs(v*v-max(w.want.Debiased, 0)) > 1e-12 {
				t.Errorf("%s: the root is %v", name, v)
			}
		}
	}
}

// Of a calibrated model both errors are 0 on average: within four standard errors over 300 sets.
func TestCalibrationErrorsAreUnbiased(t *testing.T) {
	const sets, n = 300, 200
	var sums, squares [2]float64
	for s := range sets {
		r := rand.New(rand.NewPCG(uint64(s), 4))
		y, p := make([]int, n), make([]float64, n)
		for i := range y {
			p[i] = r.Float64()
			if r.Float64() < p[i] {
				y[i] = 1
			}
		}
		rel, err := metrics.NewReliability(y, p, metrics.Bins{Count: 5})
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range [2]float64{rel.DebiasedSquaredECE(), metrics.KernelCalibration(y, p, 0)} {
			sums[k] += v / sets
			squares[k] += v * v / sets
		}
	}
	for k, m := range sums {
		if se := math.Sqrt((squares[k] - m*m) / sets); math.Abs(m) > 4*se {
			t.Errorf("error %d: the mean is %v, its standard error %v", k, m, se)
		}
	}
}

// lloyd is k-means from rows far apart.
func lloyd(x tensor.Matrix, k int) ([]int, error) {
	n, p := x.Dims()
	far := func(i int, c []float64) (s float64) {
		for j := range p {
			s += (x.At(i, j) - c[j]) * (x.At(i, j) - c[j])
		}
		return s
	}
	row := func(i int) []float64 {
		out := make([]float64, p)
		for j := range p {
			out[j] = x.At(i, j)
		}
		return out
	}
	centers := [][]float64{row(0)}
	for len(centers) < k {
		best, most := 0, -1.0
		for i := range n {
			least := math.Inf(1)
			for _, c := range centers {
				least = min(least, far(i, c))
			}
			if least > most {
				best, most = i, least
			}
		}
		centers = append(centers, row(best))
	}
	code := make([]int, n)
	for range 25 {
		for i := range code {
			for c := range centers {
				if far(i, centers[c]) < far(i, centers[code[i]]) {
					code[i] = c
				}
			}
		}
		for c := range centers {
			count := 0.0
			sum := make([]float64, p)
			for i, own := range code {
				if own == c {
					count++
					for j := range p {
						sum[j] += x.At(i, j)
					}
				}
			}
			for j := range p {
				if count > 0 {
					centers[c][j] = sum[j] / count
				}
			}
		}
	}
	return code, nil
}

func TestGapFindsTheNumberOfClusters(t *testing.T) {
	ks := []int{1, 2, 3, 4, 5}
	for _, clusters := range []int{1, 3} {
		r := rand.New(rand.NewPCG(1, 2))
		x := tensor.New[float64](90, 2)
		for i := range 90 {
			for j := range 2 {
				x.Row(i)[j] = r.Float64() + 5*float64((i%clusters)*(j+1)%clusters)
			}
		}
		g, err := metrics.GapStatistic(x, ks, 20, 7, lloyd)
		if err != nil {
			t.Fatal(err)
		}
		if g.Best() != clusters {
			t.Errorf("%d clusters, found %d: gaps %v +- %v", clusters, g.Best(), g.Gap, g.Error)
		}
	}
}

func TestDensitySaysWhatIsWrong(t *testing.T) {
	x := tensor.FromSlice([]float64{0, 1, 2, 3, 4, 5}, 6, 1)
	for name, v := range map[string]float64{
		"one cluster": metrics.DBCV(x, []int{0, 0, 0, 0, 0, 0}, nil), "a row alone": metrics.DBCV(x, []int{0, 0, 0, 0, 0, 1}, nil), "noise": metrics.DBCV(x, []int{-1, -1, -1, -1, -1, -1}, nil),
		"length": metrics.DBCV(x, []int{0, 1}, nil), "nil": metrics.DBCV(nil, nil, nil), "width": metrics.KernelCalibration([]int{0, 1}, []float64{0, 1}, -1), "one row": metrics.KernelCalibration([]int{0, 1}, []float64{0, 1}, 0, 1, 0),
		"no probability": metrics.DebiasedECE([]int{0, 1}, []float64{0, 2}, metrics.Bins{}),
	} {
		if !math.IsNaN(v) {
			t.Errorf("%s: %v, want NaN", name, v)
		}
	}
	if v := metrics.DBCV(x, []int{0, 0, 0, 1, 1, 1}, nil); !(v >= -1 && v <= 1) {
		t.Errorf("of a line: %v", v)
	}
	same := tensor.New[float64](6, 2)
	if v := metrics.DBCV(same, []int{0, 0, 0, 1, 1, 1}, nil); v != 0 {
		t.Errorf("of equal rows: %v, want 0", v)
	}
	if _, err := metrics.GapStatistic(x, []int{7}, 1, 1, lloyd); !errors.Is(err, ml.ErrConfig) {
		t.Errorf("more clusters than rows: %v", err)
	}
	if _, err := metrics.GapStatistic(x, []int{1}, 1, 1, func(tensor.Matrix, int) ([]int, error) { return []int{0, 1, 0, 1, 0, 1}, nil }); !errors.Is(err, ml.ErrData) {
		t.Errorf("more clusters than asked: %v", err)
	}
}
