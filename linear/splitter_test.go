package linear

import (
	"context"
	"errors"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// fixedFolds is a user's splitter that does not look at the data.
type fixedFolds []ml.Fold

func (f fixedFolds) Split(ml.AnyData) ([]ml.Fold, error) { return f, nil }

// Folds that name rows there are not, or leave a side empty, are an error that says which.
func TestSplittersThatMakeNoFolds(t *testing.T) {
	ctx := context.Background()
	x := tensor.New[float64](6, 2)
	y, classes, several := make([]float64, 6), make([]int, 6), make([][]float64, 6)
	for i := range y {
		x.Set(float64(i), i, 0)
		x.Set(float64(i*i), i, 1)
		y[i], classes[i] = float64(i%3), i%2
		several[i] = []float64{y[i], float64(i)}
	}
	for name, folds := range map[string]fixedFolds{
		"none":            nil,
		"test too large":  {{Test: []int{0, 6}}},
		"test negative":   {{Test: []int{0}}, {Test: []int{-1}}},
		"train too large": {{Test: []int{0}, Train: []int{1, 99}}},
		"train negative":  {{Test: []int{0}, Train: []int{-7}}},
		"no test":         {{Test: nil}},
		"no train":        {{Test: []int{0, 1, 2, 3, 4, 5}}},
	} {
		fits := map[string]func() error{
			"RidgeCV":           func() error { return second(RidgeCV{Splitter: folds}.Fit(ctx, ml.Data(x, y))) },
			"RidgeCVMulti":      func() error { return second(RidgeCVMulti{Splitter: folds}.Fit(ctx, ml.Data(x, several))) },
			"RidgeClassifierCV": func() error { return second(RidgeClassifierCV{Splitter: folds}.Fit(ctx, ml.Data(x, classes))) },
			"LassoCV":           func() error { return second(LassoCV{Splitter: folds}.Fit(ctx, ml.Data(x, y))) },
			"ElasticNetCV":      func() error { return second(ElasticNetCV{Splitter: folds}.Fit(ctx, ml.Data(x, y))) },
			"MultiTaskLassoCV":  func() error { return second(MultiTaskLassoCV{Splitter: folds}.Fit(ctx, ml.Data(x, several))) },
		}
		for config, fit := range fits {
			var typed *ml.Error
			if err := fit(); !errors.Is(err, ml.ErrConfig) || !errors.As(err, &typed) || typed.Field != "Splitter" {
				t.Errorf("%s, %s: %v", config, name, err)
			}
		}
	}
}
