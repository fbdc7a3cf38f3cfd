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

func TestDriftIsTheReferences(t *testing.T) {
	type result struct {
		KS                               []float64
		Wasserstein, Energy, Cramer, PSI float64
	}
	want := golden.Load[struct {
		Samples []struct {
			X, Y, WX, WY    []float64
			Plain, Weighted result
		}
		Shares []float64
		Codes  []struct {
			X, Y []int
			Chi2 []float64
		}
		Distributions []struct {
			P, Q                                    []float64
			KL, Back, JS, Hellinger, TV, LInf, Chi2 float64
		}
		MMD struct {
			X, Y            [][]float64
			WX              []float64
			Plain, Weighted float64
		}
	}](t, "testdata/drift.json")
	for i, c := range want.Samples {
		for v, want := range []result{c.Plain, c.Weighted} {
			at, wx, wy := fmt.Sprint("samples ", i, v, ": "), c.WX, c.WY
			if v == 0 {
				wx, wy = nil, nil
			}
			ks, err := KolmogorovSmirnov(c.X, c.Y, wx, wy)
			if err != nil {
				t.Fatal(err)
			}
			each(t, at+"KS", []float64{ks.Statistic, ks.P}, want.KS)
			close1(t, at+"Wasserstein", Wasserstein(c.X, c.Y, wx, wy), want.Wasserstein)
			close1(t, at+"energy", EnergyDistance(c.X, c.Y, wx, wy), want.Energy)
			close1(t, at+"Cramér-von Mises", CramerVonMises(c.X, c.Y, wx, wy), want.Cramer)
			close1(t, at+"PSI", PSI(c.X, c.Y, wx, wy, 0), want.PSI)
		}
		if i == len(want.Samples)-1 {
			close1(t, "Wasserstein of shares", Wasserstein(c.X, c.Y, c.WX, c.WY), want.Shares[0])
			close1(t, "energy of shares", EnergyDistance(c.X, c.Y, c.WX, c.WY), want.Shares[1])
		}
	}
	for _, c := range want.Codes {
		r, err := CategoryDrift(c.X, c.Y, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		each(t, "chi-squared", []float64{r.Statistic, r.P, r.DF}, c.Chi2)
	}
	for _, c := range want.Distributions {
		each(t, "distributions", []float64{KLDivergence(c.P, c.Q), KLDivergence(c.Q, c.P), JensenShannon(c.P, c.Q), Hellinger(c.P, c.Q), TotalVariation(c.P, c.Q), LInfinity(c.P, c.Q), ChiSquareDistance(c.P, c.Q)},
			[]float64{c.KL, c.Back, c.JS, c.Hellinger, c.TV, c.LInf, c.Chi2})
	}
	x, y := matrix(t, want.MMD.X), matrix(t, want.MMD.Y)
	plain, err := MMD(x, y, nil, nil, nil)
	weighted, err2 := MMD(x, y, nil, want.MMD.WX, nil)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	each(t, "MMD", []float64{plain, weighted}, []float64{want.MMD.Plain, want.MMD.Weighted})
}

func TestDriftSaysWhatIsWrong(t *testing.T) {
	one := tensor.New[float64](1, 2)
	for name, c := range map[string]struct {
		err  func() error
		kind error
	}{
		"empty":        {func() error { _, err := KolmogorovSmirnov(nil, []float64{1}, nil, nil); return err }, ml.ErrShape},
		"NaN":          {func() error { _, err := KolmogorovSmirnov([]float64{math.NaN()}, []float64{1}, nil, nil); return err }, ml.ErrNotFinite},
		"weight":       {func() error { _, err := KolmogorovSmirnov([]float64{1}, []float64{1}, []float64{-1}, nil); return err }, ml.ErrWeight},
		"one code":     {func() error { _, err := CategoryDrift([]int{1}, []int{1}, nil, nil); return err }, ml.ErrData},
		"no codes":     {func() error { _, err := CategoryDrift(nil, []int{1}, nil, nil); return err }, ml.ErrShape},
		"lengths":      {func() error { return CheckShares("x", []float64{1}, []float64{1, 2}) }, ml.ErrShape},
		"negative":     {func() error { return CheckShares("x", []float64{1}, []float64{-1}) }, ml.ErrData},
		"nothing":      {func() error { return CheckShares("x", []float64{1}, []float64{0}) }, ml.ErrData},
		"MMD of a row": {func() error { _, err := MMD(one, one, nil, nil, nil); return err }, ml.ErrShape},
		"MMD of nil":   {func() error { _, err := MMD(nil, one, nil, nil, nil); return err }, ml.ErrShape},
	} {
		var e *ml.Error
		if err := c.err(); !errors.Is(err, c.kind) || !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, v := range map[string]float64{
		"Wasserstein": Wasserstein(nil, []float64{1}, nil, nil), "KL": KLDivergence([]float64{1}, []float64{-1}), "JS": JensenShannon(nil, nil), "L∞": LInfinity([]float64{1}, []float64{math.NaN()}),
		"PSI": PSI([]float64{1}, []float64{1}, nil, nil, -1),
	} {
		if !math.IsNaN(v) {
			t.Errorf("%s: %v", name, v)
		}
	}
	close1(t, "an absent NaN", Wasserstein([]float64{0, math.NaN()}, []float64{2}, []float64{1, 0}, nil), 2)
}
