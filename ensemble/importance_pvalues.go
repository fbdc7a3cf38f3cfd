package ensemble

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// JanitzaPValues returns for each column the share of importances as large as its own among those of columns that say nothing, whose distribution is taken from the importances that are negative, zero, and
// the negative ones with their sign turned (Janitza, Celik and Boulesteix, Advances in Data Analysis and Classification 2018). They need importances that can be negative, such as
// PermutationImportances, of many columns, most of which say nothing. ErrConfig if none is negative.
func JanitzaPValues(importances []float64) ([]float64, error) {
	const where = "ensemble.JanitzaPValues"
	var null []float64
	negative := false
	for _, v := range importances {
		if math.IsNaN(v) {
			return nil, ml.BadConfig(where, "importances", v, "numbers")
		}
		if v <= 0 {
			null = append(null, v)
			if v < 0 {
				null, negative = append(null, -v), true
			}
		}
	}
	if !negative {
		return nil, ml.BadConfig(where, "importances", "none below 0", "some; with few columns use AltmannPValues")
	}
	p := make([]float64, len(importances))
	for j, v := range importances {
		p[j] = shareFrom(null, v)
	}
	return p, nil
}

// shareFrom is the share of numbers that are at least v.
func shareFrom(numbers []float64, v float64) float64 {
	n := 0.0
	for _, a := range numbers {
		if a >= v {
			n++
		}
	}
	return n / float64(len(numbers))
}

// AltmannPValues compares the importances of columns with those after the targets are dealt out anew among the rows, so that no column says anything (Altmann, Toloşi, Sander and Lengauer, Bioinformatics
// 2010): (1 + how many of the repeats are as large) / (1 + repeats). importances fits a model and weighs its columns; it is called 1 + repeats times, one after the other, so 99 repeats cost 100 fits.
// Weights and groups stay with their rows. repeats 0 means 99.
//
//	_, p, err := ensemble.AltmannPValues(ctx, d, 0, 1, func(ctx context.Context, d ml.Dataset[int]) ([]float64, error) {
//		m, err := ensemble.RandomForestClassifier{}.Fit(ctx, d)
//		...
//	})
func AltmannPValues[Y any](ctx context.Context, d ml.Dataset[Y], repeats int, seed uint64, importances func(context.Context, ml.Dataset[Y]) ([]float64, error)) (observed, p []float64, err error) {
	const where = "ensemble.AltmannPValues"
	if repeats < 0 {
		return nil, nil, ml.BadConfig(where, "repeats", repeats, ">= 1; 0 means 99")
	}
	if repeats == 0 {
		repeats = 99
	}
	if observed, err = importances(ctx, d); err != nil {
		return nil, nil, err
	}
	p = slices.Repeat([]float64{1}, len(observed))
	for k := range repeats {
		if err := ml.Done(ctx); err != nil {
			return nil, nil, err
		}
		mixed := d
		mixed.Y = make([]Y, len(d.Y))
		for i, from := range rng.Sample(rng.New(rng.Key(seed, forestShuffle), uint64(k)), len(d.Y), len(d.Y)) {
			mixed.Y[i] = d.Y[from]
		}
		null, err := importances(ctx, mixed)
		if err != nil {
			return nil, nil, err
		}
		if len(null) != len(observed) {
			return nil, nil, ml.BadShape(where, "importances", "of different lengths", "one of each column")
		}
		for j, v := range null {
			if v >= observed[j] {
				p[j]++
			}
		}
	}
	for j := range p {
		p[j] /= float64(repeats + 1)
	}
	return observed, p, nil
}
