package features_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestLaws(t *testing.T) {
	beyond := mltest.Waive(mltest.Inverse, "ranks end with the training range")
	middle := mltest.Waive(mltest.Inverse, "of a bin only its middle is known")
	t.Run("StandardScaler", func(t *testing.T) { mltest.Transformer(t, features.StandardScaler{}) })
	t.Run("StandardScaler sparse", func(t *testing.T) {
		mltest.Transformer(t, features.StandardScaler{NoMean: true})
	})
	for _, s := range []features.Strategy{features.Mean, features.Median, features.MostFrequent} {
		t.Run("SimpleImputer "+s.String(), func(t *testing.T) {
			mltest.Transformer(t, features.SimpleImputer{Strategy: s, AddIndicator: true})
		})
	}
	for name, c := range map[string]ml.Fitter[ml.Table, *features.RangeModel]{
		"MinMaxScaler": features.MinMaxScaler{}, "MinMaxScaler clip": features.MinMaxScaler{Low: -1, High: 3, Clip: true},
		"MaxAbsScaler": features.MaxAbsScaler{}, "MaxAbsScaler clip": features.MaxAbsScaler{Clip: true},
	} {
		t.Run(name, func(t *testing.T) {
			var opts []mltest.Option
			if strings.HasSuffix(name, "clip") {
				opts = append(opts, mltest.Waive(mltest.Inverse, "Clip cuts off what lies beyond the training range"))
			}
			mltest.Transformer(t, c, opts...)
		})
	}
	t.Run("RobustScaler", func(t *testing.T) { mltest.Transformer(t, features.RobustScaler{}) })
	t.Run("RobustScaler sparse", func(t *testing.T) {
		mltest.Transformer(t, features.RobustScaler{NoMedian: true, Low: 0.1, High: 0.8, UnitVariance: true})
	})
	for _, n := range []features.Norm{features.NormL2, features.NormL1, features.NormMax} {
		t.Run("Normalizer "+n.String(), func(t *testing.T) { mltest.Transformer(t, features.Normalizer{Norm: n}) })
	}
	t.Run("QuantileTransformer", func(t *testing.T) { mltest.Transformer(t, features.QuantileTransformer{Quantiles: 20}, beyond) })
	t.Run("QuantileTransformer normal", func(t *testing.T) {
		mltest.Transformer(t, features.QuantileTransformer{Quantiles: 20, Normal: true}, beyond)
	})
	t.Run("PowerTransformer", func(t *testing.T) { mltest.Transformer(t, features.PowerTransformer{}) })
	t.Run("PowerTransformer sparse", func(t *testing.T) {
		mltest.Transformer(t, features.PowerTransformer{NoStandardize: true})
	})
	for _, b := range []features.Binning{features.QuantileBins, features.UniformBins, features.KMeansBins} {
		t.Run("KBinsDiscretizer "+b.String(), func(t *testing.T) { mltest.Transformer(t, features.KBinsDiscretizer{Strategy: b}, middle) })
	}
	t.Run("KBinsDiscretizer category", func(t *testing.T) {
		mltest.Transformer(t, features.KBinsDiscretizer{Encode: features.BinCategory}, middle, mltest.Data(codes()))
	})
	t.Run("PolynomialFeatures", func(t *testing.T) { mltest.Transformer(t, features.PolynomialFeatures{}) })
	t.Run("PolynomialFeatures range", func(t *testing.T) {
		mltest.Transformer(t, features.PolynomialFeatures{MinDegree: 2, InteractionOnly: true, Bias: true})
	})
	for _, e := range []features.Extrapolation{features.ConstantSplines, features.LinearSplines, features.ContinueSplines, features.PeriodicSplines} {
		t.Run("SplineTransformer "+e.String(), func(t *testing.T) {
			mltest.Transformer(t, features.SplineTransformer{Extrapolation: e, DropLast: e == features.LinearSplines, QuantileKnots: e == features.ContinueSplines})
		})
	}
	t.Run("NaturalSplines", func(t *testing.T) { mltest.Transformer(t, features.NaturalSplines{}) })
	t.Run("NaturalSplines even", func(t *testing.T) {
		mltest.Transformer(t, features.NaturalSplines{Knots: 4, EvenKnots: true, Intercept: true})
	})
	t.Run("FourierFeatures", func(t *testing.T) { mltest.Transformer(t, features.FourierFeatures{}) })
	t.Run("FourierFeatures of a period", func(t *testing.T) { mltest.Transformer(t, features.FourierFeatures{Period: 7, Terms: 2}) })
	t.Run("DateParts", func(t *testing.T) { mltest.Transformer(t, features.DateParts{}) })
	t.Run("DateParts cyclic", func(t *testing.T) {
		mltest.Transformer(t, features.DateParts{Cyclic: true, Parts: []features.DatePart{features.DayOfTime, features.WeekDay, features.Weekend}})
	})
	crossFits := mltest.Waive(mltest.FitTransform, "training rows are encoded without their own targets")
	t.Run("TargetEncoder", func(t *testing.T) {
		mltest.SupervisedTransformer(t, features.TargetEncoder[int]{}, crossFits)
	})
	t.Run("TargetEncoder of numbers", func(t *testing.T) {
		mltest.SupervisedTransformer(t, features.TargetEncoder[float64]{Smooth: 2, All: true}, crossFits)
	})
	t.Run("CountEncoder", func(t *testing.T) { mltest.Transformer(t, features.CountEncoder{}, mltest.Data(codes())) })
	t.Run("CountEncoder of all", func(t *testing.T) {
		mltest.Transformer(t, features.CountEncoder{All: true, Share: true}, mltest.Data(codes()))
	})
	t.Run("HashingEncoder", func(t *testing.T) { mltest.Transformer(t, features.HashingEncoder{}, mltest.Data(codes())) })
	t.Run("KNNImputer", func(t *testing.T) { mltest.Transformer(t, features.KNNImputer{AddIndicator: true}) })
	t.Run("KNNImputer by distance", func(t *testing.T) {
		mltest.Transformer(t, features.KNNImputer{K: 3, ByDistance: true}, mltest.Data(codes()))
	})
	t.Run("IterativeImputer", func(t *testing.T) {
		mltest.Transformer(t, features.IterativeImputer{MaxIter: 3, AddIndicator: true})
	})
	t.Run("MissingIndicator", func(t *testing.T) { mltest.Transformer(t, features.MissingIndicator{All: true}) })
	t.Run("VarianceThreshold", func(t *testing.T) { mltest.Transformer(t, features.VarianceThreshold{}) })
	t.Run("SelectKBest", func(t *testing.T) {
		mltest.SupervisedTransformer(t, features.SelectKBest[int]{Score: features.ANOVA{}, K: 2})
	})
	t.Run("SelectPercentile", func(t *testing.T) {
		mltest.SupervisedTransformer(t, features.SelectPercentile[float64]{Score: features.FRegression{}, Percent: 60})
	})
	once := mltest.Waive(mltest.RepeatedRows, "neighbours are rows, whatever they weigh")
	slow := mltest.Waive(mltest.SparseMemory, "one column at a time, of which 10000 take too long for a test")
	t.Run("SelectKBest by correlation", func(t *testing.T) {
		mltest.SupervisedTransformer(t, features.SelectKBest[float64]{Score: features.Correlation{}, K: 2})
	})
	t.Run("SelectKBest by distance correlation", func(t *testing.T) {
		mltest.SupervisedTransformer(t, features.SelectKBest[int]{Score: features.DistanceCorrelation[int]{}, K: 2}, slow)
	})
	t.Run("SelectKBest by distance correlation with numbers", func(t *testing.T) {
		mltest.SupervisedTransformer(t, features.SelectKBest[float64]{Score: features.DistanceCorrelation[float64]{}, K: 2}, slow)
	})
	t.Run("SelectKBest by HSIC", func(t *testing.T) {
		mltest.SupervisedTransformer(t, features.SelectKBest[float64]{Score: features.HSIC[float64]{}, K: 2}, slow)
	})
	t.Run("SelectKBest by ReliefF", func(t *testing.T) {
		mltest.SupervisedTransformer(t, features.SelectKBest[int]{Score: features.ReliefF[int]{}, K: 2}, once)
	})
	t.Run("SelectKBest by ReliefF of numbers", func(t *testing.T) {
		mltest.SupervisedTransformer(t, features.SelectKBest[float64]{Score: features.ReliefF[float64]{Neighbors: 4}, K: 2}, once)
	})
	t.Run("MRMR", func(t *testing.T) { mltest.SupervisedTransformer(t, features.MRMR[int]{K: 2}) })
	t.Run("MRMR of numbers", func(t *testing.T) {
		mltest.SupervisedTransformer(t, features.MRMR[float64]{K: 2, Relevance: features.Correlation{}})
	})
	t.Run("SelectKBest by information", func(t *testing.T) {
		mltest.SupervisedTransformer(t, features.SelectKBest[int]{Score: features.MutualInfo[int]{}, K: 2}, once, slow)
	})
	t.Run("SelectKBest by information on numbers", func(t *testing.T) {
		mltest.SupervisedTransformer(t, features.SelectKBest[float64]{Score: features.MutualInfo[float64]{}, K: 2}, once, slow)
	})
	t.Run("OneHotEncoder", func(t *testing.T) {
		mltest.Transformer(t, features.OneHotEncoder{Unknown: features.UnknownIgnore})
	})
	t.Run("OneHotEncoder of all", func(t *testing.T) {
		mltest.Transformer(t, features.OneHotEncoder{All: true, Unknown: features.UnknownIgnore}, mltest.Data(codes()))
	})
	t.Run("OrdinalEncoder", func(t *testing.T) {
		mltest.Transformer(t, features.OrdinalEncoder{}, mltest.Data(codes()))
	})
	t.Run("OrdinalEncoder of what is seen", func(t *testing.T) {
		mltest.Transformer(t, features.OrdinalEncoder{MinFrequency: 5, Unknown: features.UnknownInfrequent, MissingRank: new(-1.0), UnknownRank: new(-2.0)}, mltest.Data(codes()))
	})
	for _, f := range []features.Func{features.Log1p{}, features.Sqrt{}, features.Since{Unit: 1e9}} {
		t.Run("Map "+f.Name(), func(t *testing.T) {
			mltest.Transformer(t, features.Map{Func: f}, mltest.Data(positive()))
		})
	}
	t.Run("Map clip", func(t *testing.T) { mltest.Transformer(t, features.Map{Func: features.Clip{Low: -1, High: 1}}) })
	t.Run("Columns", func(t *testing.T) {
		mltest.Transformer(t, features.Columns{
			Parts: []features.Part{
				{Name: "z", Columns: features.ByKind(ml.Numeric), Do: ml.Stages{ml.Step(features.SimpleImputer{}), ml.Step(features.StandardScaler{NoMean: true})}},
				{Columns: features.ByIndex{0}, Name: "again"},
			},
			Rest: features.PassRest,
		}, mltest.Missing(), mltest.Categorical(), mltest.Data(codes()))
	})
}

// codes are rows of two categorical columns and two numeric ones.
func codes() ml.Table {
	const n = 40
	x := tensor.New[float64](n, 4)
	for i := range n {
		copy(x.Row(i), []float64{float64(i * 7 % 3), float64(i * i % 5 % 4), math.Sqrt(float64(i)), float64(i%4) - 1})
	}
	return ml.Table{X: x, Columns: []ml.Column{
		{Name: "a", Kind: ml.Categorical, Levels: []string{"x", "y", "z"}},
		{Name: "b", Kind: ml.Categorical, Levels: []string{"0", "1", "2", "3"}},
		{Name: "c"}, {Name: "d"},
	}}
}

// positive are rows of three columns of numbers >= 0.
func positive() ml.Table {
	x := tensor.New[float64](30, 3)
	for i := range x.Data() {
		x.Data()[i] = float64(i * i % 17)
	}
	return ml.Table{X: x}
}
