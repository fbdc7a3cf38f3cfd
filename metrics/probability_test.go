package metrics

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestCalibrationIsTheReferences(t *testing.T) {
	type result struct {
		Share, Mean, QShare, QMean, Spiegelhalter, Hosmer, Line, Murphy []float64
		ECE, MCE, ACE                                                   float64
		Wilson                                                          [][]float64
	}
	want := golden.Load[struct {
		Calibration []struct {
			Y               []int
			P, Weight       []float64
			Plain, Weighted result
		}
	}](t, "testdata/probability.json")
	for i, c := range want.Calibration {
		for v, want := range []result{c.Plain, c.Weighted} {
			at, weight := fmt.Sprint("calibration ", i, v, ": "), c.Weight
			if v == 0 {
				weight = nil
			}
			r, err := NewReliability(c.Y, c.P, Bins{}, weight...)
			q, err2 := NewReliability(c.Y, c.P, Bins{Count: 7, Quantile: true}, weight...)
			if err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
			each(t, at+"share", r.Share, want.Share)
			each(t, at+"mean", r.Proba, want.Mean)
			each(t, at+"share of quantiles", q.Share, want.QShare)
			each(t, at+"mean of quantiles", q.Proba, want.QMean)
			close1(t, at+"ECE", ECE(c.Y, c.P, Bins{}, weight...), want.ECE)
			close1(t, at+"MCE", MCE(c.Y, c.P, Bins{}, weight...), want.MCE)
			close1(t, at+"ACE", ACE(c.Y, c.P, 7, weight...), want.ACE)
			low, high := r.Band(0.9)
			for k, b := range want.Wilson {
				each(t, at+"band", []float64{low[k], high[k]}, b)
			}
			s, err := Spiegelhalter(c.Y, c.P, weight...)
			if err != nil {
				t.Fatal(err)
			}
			each(t, at+"Spiegelhalter", []float64{s.Statistic, s.P}, want.Spiegelhalter)
			h, err := HosmerLemeshow(c.Y, c.P, 10, weight...)
			if err != nil {
				t.Fatal(err)
			}
			golden.Close(t, []float64{h.Statistic, h.P, h.DF}, want.Hosmer, 1e-11, 0, at+"Hosmer-Lemeshow") // the P-value magnifies the statistic's rounding
			l, err := NewCalibrationLine(c.Y, c.P, weight...)
			if err != nil {
				t.Fatal(err)
			}
			// The reference stops when its deviance stops changing: at the root of the rounding of that.
			golden.Close(t, []float64{l.Slope, l.SlopeSE, l.Intercept, l.InterceptSE, l.InTheLarge, l.InTheLargeSE}, want.Line, 1e-9, 1e-9, at+"line")
			rel, res, unc, within := r.Murphy()
			close1(t, at+"Brier from its parts", rel-res+unc+within, BrierBinary(c.Y, c.P, weight...))
			if i == 0 { // probabilities of two digits: bins that hold one each
				fine, err := NewReliability(c.Y, c.P, Bins{Count: 100_000}, weight...)
				if err != nil {
					t.Fatal(err)
				}
				rel, res, unc, within = fine.Murphy()
				each(t, at+"Murphy", []float64{rel, res, unc, within}, append(want.Murphy, 0))
			}
		}
	}
}

func TestScoresOfPredictedDistributions(t *testing.T) {
	want := golden.Load[struct {
		Spread struct {
			Y, Mu, Sigma, Weight, CRPS, Ensemble []float64
			Members, Y2                          [][]float64
			M2                                   [][][]float64
			Logs, DSS, Energy                    float64
		}
	}](t, "testdata/probability.json").Spread
	close1(t, "CRPS", CRPSNormal(want.Y, want.Mu, want.Sigma), want.CRPS[0])
	close1(t, "CRPS, weights", CRPSNormal(want.Y, want.Mu, want.Sigma, want.Weight...), want.CRPS[1])
	close1(t, "log score", LogScoreNormal(want.Y, want.Mu, want.Sigma), want.Logs)
	close1(t, "Dawid-Sebastiani", DawidSebastiani(want.Y, want.Mu, want.Sigma), want.DSS)
	m := matrix(t, want.Members)
	close1(t, "CRPS of an ensemble", CRPSEnsemble(want.Y, m), want.Ensemble[0])
	close1(t, "CRPS of an ensemble, weights", CRPSEnsemble(want.Y, m, want.Weight...), want.Ensemble[1])
	close1(t, "energy score", EnergyScore(want.Y2, want.M2), want.Energy)
	one := tensor.FromSlice(append([]float64{}, want.Mu...), len(want.Mu), 1)
	close1(t, "CRPS of one member", CRPSEnsemble(want.Y, one), MAE(want.Y, want.Mu))
	pit, err := PIT([]float64{1, 5}, tensor.FromSlice([]float64{0, 1, 2, 3, 9, 9, 9, 9}, 2, 4))
	if err != nil {
		t.Fatal(err)
	}
	each(t, "PIT", pit, []float64{0.375, 0})
	close1(t, "spherical", SphericalScore([]int{0, 1}, tensor.FromSlice([]float64{0.6, 0.4, 0, 1}, 2, 2)), (0.6/math.Sqrt(0.52)+1)/2)
	right, confidence, err := TopLabel([]int{1, 0}, tensor.FromSlice([]float64{0.1, 0.7, 0.2, 0.3, 0.3, 0.4}, 2, 3))
	if err != nil || right[0] != 1 || right[1] != 0 {
		t.Fatal(right, err)
	}
	each(t, "confidence", confidence, []float64{0.7, 0.4})
}

func TestCalibrationSaysWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		err  func() error
		kind error
	}{
		"code":       {func() error { _, err := NewReliability([]int{2}, []float64{1}, Bins{}); return err }, ml.ErrTarget},
		"score":      {func() error { _, err := NewReliability([]int{1}, []float64{1.5}, Bins{}); return err }, ml.ErrData},
		"NaN":        {func() error { _, err := NewReliability([]int{1}, []float64{math.NaN()}, Bins{}); return err }, ml.ErrNotFinite},
		"bins":       {func() error { _, err := NewReliability([]int{1}, []float64{1}, Bins{Count: -1}); return err }, ml.ErrConfig},
		"many bins":  {func() error { _, err := NewReliability([]int{1}, []float64{1}, Bins{Count: math.MaxInt32}); return err }, ml.ErrConfig},
		"nothing":    {func() error { _, err := Spiegelhalter([]int{1, 0}, []float64{1, 0.5}); return err }, ml.ErrData},
		"two bins":   {func() error { _, err := HosmerLemeshow([]int{1, 0}, []float64{0.3, 0.5}, 0); return err }, ml.ErrData},
		"separation": {func() error { _, err := NewCalibrationLine([]int{1, 0, 1}, []float64{0.7, 0.5, 0.6}); return err }, ml.ErrData},
		"ties": {func() error {
			_, err := NewCalibrationLine([]int{1, 0, 1, 0}, []float64{0.7, 0.5, 0.5, 0.5})
			return err
		}, ml.ErrData},
		"constant":    {func() error { _, err := NewCalibrationLine([]int{1, 0, 1}, []float64{0.7, 0.7, 0.7}); return err }, ml.ErrData},
		"one class":   {func() error { _, err := NewCalibrationLine([]int{1, 1}, []float64{0.7, 0.6}); return err }, ml.ErrTarget},
		"top label":   {func() error { _, _, err := TopLabel([]int{3}, tensor.New[float64](1, 2)); return err }, ml.ErrTarget},
		"PIT of none": {func() error { _, err := PIT([]float64{1}, tensor.New[float64](1, 0)); return err }, ml.ErrShape},
		"PIT of NaN":  {func() error { _, err := PIT([]float64{math.NaN()}, tensor.New[float64](1, 1)); return err }, ml.ErrNotFinite},
	} {
		var e *ml.Error
		if err := c.err(); !errors.Is(err, c.kind) || !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, v := range map[string]float64{
		"sigma 0":    CRPSNormal([]float64{1}, []float64{1}, []float64{0}),
		"no members": CRPSEnsemble([]float64{1}, tensor.New[float64](1, 0)),
		"NaN member": CRPSEnsemble([]float64{1}, tensor.FromSlice([]float64{math.NaN()}, 1, 1)),
		"Inf member": CRPSEnsemble([]float64{1}, tensor.FromSlice([]float64{math.Inf(1), math.Inf(1)}, 1, 2)),
		"energy":     EnergyScore([][]float64{{1}}, [][][]float64{{{1, 2}}}),
		"ECE":        ECE([]int{3}, []float64{1}, Bins{}),
	} {
		if !math.IsNaN(v) {
			t.Errorf("%s: %v", name, v)
		}
	}
}
