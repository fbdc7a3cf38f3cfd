package bayes

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// whole is a set of small whole numbers, which every config of this package can learn from.
func whole(n, p int) ml.Dataset[int] {
	r := rand.New(rand.NewPCG(3, 4))
	x := tensor.New[float64](n, p)
	d := ml.Data(x, make([]int, n))
	d.Weight = make([]float64, n)
	for i := range n {
		d.Y[i] = r.IntN(3)
		d.Weight[i] = float64(r.IntN(4))
		for j := range p {
			x.Set(float64((r.IntN(4)*r.IntN(2)+d.Y[i]*j)%4), i, j)
		}
	}
	return d
}

// updating fits the first rows and updates with the others.
func updating[M answering](f ml.Fitter[ml.Dataset[int], M]) func(a, b ml.Dataset[int]) (answering, error) {
	return func(a, b ml.Dataset[int]) (answering, error) {
		m, err := f.Fit(ctx, a)
		if err != nil {
			return nil, err
		}
		return any(m).(ml.Updater[ml.Dataset[int], M]).Update(ctx, b)
	}
}

// Sums of small whole numbers are exact, so all but the variances agree to the bit.
func TestUpdateEndsWhereOneFitOfAllRowsDoes(t *testing.T) {
	d := whole(300, 5)
	d.Classes = []string{"a", "b", "c"}
	var first, second []int
	for i := range d.Y {
		if i < 100 {
			first = append(first, i)
		} else {
			second = append(second, i)
		}
	}
	for name, c := range map[string]struct {
		at   func(ml.Dataset[int]) (answering, error)
		by   func(a, b ml.Dataset[int]) (answering, error)
		want float64
	}{
		"gaussian":    {fitter(GaussianNB{}), updating(GaussianNB{}), 1e-12},
		"multinomial": {fitter(MultinomialNB{}), updating(MultinomialNB{}), 0},
		"complement":  {fitter(ComplementNB{Norm: true}), updating(ComplementNB{Norm: true}), 0},
		"poisson":     {fitter(PoissonNB{}), updating(PoissonNB{}), 0},
		"bernoulli":   {fitter(BernoulliNB{}), updating(BernoulliNB{}), 0},
		"categorical": {fitter(CategoricalNB{}), updating(CategoricalNB{}), 0},
	} {
		whole, err := c.at(d)
		require.NoError(t, err, name)
		parts, err := c.by(d.Select(first), d.Select(second))
		require.NoError(t, err, name)
		want, err := whole.JointLogProba(d.X)
		require.NoError(t, err, name)
		got, err := parts.JointLogProba(d.X)
		require.NoError(t, err, name)
		golden.Close(t, got.Data(), want.Data(), c.want, c.want, name)
	}
}

// A row whose entry is missing must score like the same row in a model that has never seen that column.
func TestMissingEntriesCountForNoClass(t *testing.T) {
	d := whole(200, 5)
	test := tensor.New[float64](20, 5)
	narrow := tensor.New[float64](20, 4)
	for i := range 20 {
		for j := range 4 {
			test.Set(float64((i+j)%4), i, j)
			narrow.Set(float64((i+j)%4), i, j)
		}
		test.Set(math.NaN(), i, 4)
	}
	less := d
	less.X = d.X.(*tensor.Tensor[float64]).Cols(0, 4)
	for name, f := range map[string]func(ml.Dataset[int]) (answering, error){
		"gaussian": fitter(GaussianNB{}), "bernoulli": fitter(BernoulliNB{}), "categorical": fitter(CategoricalNB{}),
	} {
		all, err := f(d)
		require.NoError(t, err, name)
		without, err := f(less)
		require.NoError(t, err, name)
		want, err := without.PredictProba(narrow)
		require.NoError(t, err, name)
		for storage, x := range map[string]tensor.Matrix{"dense": test, "sparse": tensor.SparseFrom[float64](test)} {
			got, err := all.PredictProba(x)
			require.NoError(t, err, name)
			golden.Close(t, got.Data(), want.Data(), 1e-9, 1e-9, name+" "+storage) // the smoothing of the variances is of all columns
		}
	}
}

// Missing entries of training rows leave the parameters of the other entries.
func TestMissingTrainingEntriesAreNotLearnedFrom(t *testing.T) {
	nan := math.NaN()
	x, err := tensor.FromRows([][]float64{{1, nan}, {3, 2}, {nan, 4}, {1, 0}, {0, nan}, {5, 1}})
	require.NoError(t, err)
	d := ml.Data(x, []int{0, 0, 0, 1, 1, 1})
	for storage, x := range map[string]tensor.Matrix{"dense": x, "sparse": tensor.SparseFrom[float64](x)} {
		d.X = x
		g, err := GaussianNB{}.Fit(ctx, d)
		require.NoError(t, err)
		golden.Close(t, g.Mean.Data(), []float64{2, 3, 2, 0.5}, 1e-15, 1e-15, storage)
		assert.Equal(t, []float64{2, 2, 3, 2}, g.Seen.Data(), storage)
		b, err := BernoulliNB{}.Fit(ctx, d)
		require.NoError(t, err)
		assert.Equal(t, []float64{2, 2, 2, 1}, b.FeatureCount.Data(), storage)
		assert.Equal(t, []float64{1, 1, 0, 1}, b.Missing, storage)
		// (2 yeses + 1)/(2 seen + 2), (1+1)/(2+2) for class 1's second column
		golden.Close(t, []float64{b.Coef.At(0, 0), b.Coef.At(1, 1)}, []float64{math.Log(3), 0}, 1e-15, 1e-15, storage)
		c, err := CategoricalNB{}.Fit(ctx, d)
		require.NoError(t, err)
		assert.Equal(t, []int{6, 5}, c.Levels, storage)
		assert.Equal(t, []float64{0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0}, c.LevelCount, storage)
	}
}

// Large offsets must cost no digits: the variance of 1e9 + x is that of x.
func TestGaussianVarianceKeepsItsDigits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	n := 5000
	x, shifted := tensor.New[float64](n, 2), tensor.New[float64](n, 2)
	y := make([]int, n)
	for i := range n {
		y[i] = i % 2
		for j := range 2 {
			v := math.Round(r.NormFloat64()*1024) / 1024 // exact beside 1e9
			x.Set(v, i, j)
			shifted.Set(v+1e9, i, j)
		}
	}
	a, err := GaussianNB{}.Fit(ctx, ml.Data[int](x, y))
	require.NoError(t, err)
	b, err := GaussianNB{}.Fit(ctx, ml.Data[int](shifted, y))
	require.NoError(t, err)
	golden.Close(t, b.Var.Data(), a.Var.Data(), 1e-9, 0, "variances") // the mean of numbers of 1e9 is good to 1e-7
}

func TestBadCountsAndConfigsAreNamed(t *testing.T) {
	x, err := tensor.FromRows([][]float64{{1, 0.5}, {2, 1}, {0, -1}})
	require.NoError(t, err)
	d := ml.Data(x, []int{0, 1, 1})
	sparse := d
	sparse.X = tensor.SparseFrom[float64](x)
	for message, fit := range map[string]func() error{
		"bayes.MultinomialNB.Fit: X[2, 1] is -1: want a count >= 0 (wrong kind of data)": func() error { _, err := MultinomialNB{}.Fit(ctx, d); return err },
		"bayes.ComplementNB.Fit: X[2, 1] is -1: want a count >= 0 (wrong kind of data)":  func() error { _, err := ComplementNB{}.Fit(ctx, sparse); return err },
		"bayes.CategoricalNB.Fit: X[0, 1] is 0.5: want a category code: a whole number from 0 to 1048575 (wrong kind of data)": func() error {
			_, err := CategoricalNB{}.Fit(ctx, d)
			return err
		},
		"bayes.BernoulliNB.Fit: Threshold is -1: want >= 0 and finite (bad configuration)":            func() error { _, err := BernoulliNB{Threshold: -1}.Fit(ctx, d); return err },
		"bayes.MultinomialNB.Fit: Smoothing is -1: want > 0; 0 means 1 (bad configuration)":           func() error { _, err := MultinomialNB{Smoothing: -1}.Fit(ctx, d); return err },
		"bayes.GaussianNB.Fit: Priors is with sum 2: want 1 (bad configuration)":                      func() error { _, err := GaussianNB{Priors: []float64{1, 1}}.Fit(ctx, d); return err },
		"bayes.GaussianNB.Fit: Priors is a list of 1: want 2, one for each class (bad configuration)": func() error { _, err := GaussianNB{Priors: []float64{1}}.Fit(ctx, d); return err },
		"bayes.BernoulliNB.Fit: Priors is set: want nil with UniformPrior: only one of them (bad configuration)": func() error {
			_, err := BernoulliNB{UniformPrior: true, Priors: []float64{0.5, 0.5}}.Fit(ctx, d)
			return err
		},
		"bayes.GaussianNB.Fit: VarSmoothing is NaN: want >= 0; 0 means 1e-9 (bad configuration)": func() error { _, err := GaussianNB{VarSmoothing: math.NaN()}.Fit(ctx, d); return err },
		"bayes.GaussianModel.Update: Y[0] is 5: want a class code < 2: the model knows no others; name the Classes in the first fit (bad target)": func() error {
			m, err := GaussianNB{}.Fit(ctx, d)
			require.NoError(t, err)
			_, err = m.Update(ctx, ml.Data(x, []int{5, 0, 1}))
			return err
		},
	} {
		err := fit()
		var typed *ml.Error
		if !errors.As(err, &typed) || err.Error() != message {
			t.Errorf("got  %v\nwant %s", err, message)
		}
	}
}

// Priors cannot make a class without rows possible, and a category never seen says nothing.
func TestWhatTrainingHasNotSeen(t *testing.T) {
	d := whole(90, 3)
	d.Weight = nil
	for i, c := range d.Y {
		if c == 1 {
			d.Y[i] = 3
		}
	}
	d.Classes = []string{"a", "absent", "c", "d"}
	m, err := CategoricalNB{Priors: []float64{0.1, 0.6, 0.2, 0.1}}.Fit(ctx, d)
	require.NoError(t, err)
	golden.Close(t, m.Prior, []float64{0.25, 0, 0.5, 0.25}, 1e-15, 0, "priors")
	p := make([]float64, 4)
	require.NoError(t, m.ProbaRow(p, []float64{99, math.NaN(), 1e18}))
	golden.Close(t, p, m.Prior, 1e-15, 0, "a row of unseen categories")
}

func TestParallelPassesAreSerialOnes(t *testing.T) {
	d := whole(20000, 8)
	m, err := GaussianNB{}.Fit(ctx, d)
	require.NoError(t, err)
	batch, err := m.Predict(d.X)
	require.NoError(t, err)
	one := make([]int, len(batch))
	for i := range one {
		one[i], err = m.PredictRow(d.X.(*tensor.Tensor[float64]).Row(i))
		require.NoError(t, err)
	}
	if !slices.Equal(batch, one) {
		t.Error("a batch differs from its rows")
	}
}

// The score is the logarithm of the Poisson probabilities, up to what all classes share: log x!.
func TestPoissonScoresArePoisson(t *testing.T) {
	d := whole(100, 4)
	m, err := PoissonNB{Smoothing: 2}.Fit(ctx, d)
	require.NoError(t, err)
	got, err := m.JointLogProba(d.X)
	require.NoError(t, err)
	events, rows, all := make([][]float64, 3), make([]float64, 3), make([]float64, 4)
	total := 0.0
	for c := range events {
		events[c] = make([]float64, 4)
	}
	for i, c := range d.Y {
		rows[c] += d.Weight[i]
		total += d.Weight[i]
		for j := range all {
			events[c][j] += d.Weight[i] * d.X.At(i, j)
			all[j] += d.Weight[i] * d.X.At(i, j)
		}
	}
	var want []float64
	for i := range d.Y {
		for c := range rows {
			s := math.Log(rows[c] / total)
			for j := range all {
				rate := (events[c][j] + 2*all[j]/total) / (rows[c] + 2)
				s += d.X.At(i, j)*math.Log(rate) - rate
			}
			want = append(want, s)
		}
	}
	golden.Close(t, got.Data(), want, 1e-12, 1e-12, "scores")
}

// The score of a mixed row is the sum of its parts' scores, the prior counted once.
func TestMixedScoresAreThoseOfTheParts(t *testing.T) {
	d := whole(200, 5)
	d.Columns = make([]ml.Column, 5)
	for _, j := range []int{1, 2} {
		d.Columns[j].Kind, d.Columns[j].Levels = ml.Categorical, []string{"a", "b", "c", "d"}
	}
	priors := []float64{0.2, 0.3, 0.5}
	m, err := MixedNB{Priors: priors, Smoothing: 0.5, VarSmoothing: 1e-3}.Fit(ctx, d)
	require.NoError(t, err)
	numbers, categories := part(d, []int{0, 3, 4}), part(d, []int{1, 2})
	g, err := GaussianNB{Priors: priors, VarSmoothing: 1e-3}.Fit(ctx, numbers)
	require.NoError(t, err)
	c, err := CategoricalNB{Priors: priors, Smoothing: 0.5}.Fit(ctx, categories)
	require.NoError(t, err)
	a, err := g.JointLogProba(numbers.X)
	require.NoError(t, err)
	b, err := c.JointLogProba(categories.X)
	require.NoError(t, err)
	want := make([]float64, len(a.Data()))
	for i := range want {
		want[i] = a.Data()[i] + b.Data()[i] - math.Log(priors[i%3])
	}
	for storage, x := range map[string]tensor.Matrix{"dense": d.X, "sparse": tensor.SparseFrom[float64](d.X)} {
		got, err := m.JointLogProba(x)
		require.NoError(t, err)
		golden.Close(t, got.Data(), want, 1e-12, 1e-12, storage)
	}
	first, second := d.Select([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}), d.Select([]int{12, 13, 14, 15, 16, 17})
	both := d.Select([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17})
	first.Classes, both.Classes = []string{"x", "y", "z"}, []string{"x", "y", "z"}
	start, err := MixedNB{}.Fit(ctx, first)
	require.NoError(t, err)
	on, err := start.Update(ctx, second)
	require.NoError(t, err)
	at, err := MixedNB{}.Fit(ctx, both)
	require.NoError(t, err)
	u, err := on.JointLogProba(d.X)
	require.NoError(t, err)
	v, err := at.JointLogProba(d.X)
	require.NoError(t, err)
	golden.Close(t, u.Data(), v.Data(), 1e-10, 1e-10, "updated")
}

// TestGaussianMomentsKeepTheirDigits holds the pass of one reading against that of two: with columns far from zero or constant within a class, and where
// it must say that it is of no use.
func TestGaussianMomentsKeepTheirDigits(t *testing.T) {
	const n, p, k = 3000, 5, 3
	for _, c := range []struct {
		name string
		far  float64 // of the columns
		odd  float64 // a number in the first row
		can  bool
	}{{"plain", 0, 0, true}, {"far", 1e9, 1e9, true}, {"outlier first", 1, 1e6, false}, {"missing", 0, math.NaN(), false}, {"infinite", 0, math.Inf(1), false}} {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(5, 6))
			x, d := tensor.New[float64](n, p), ml.Data[int](nil, make([]int, n))
			for i := range n {
				d.Y[i] = r.IntN(k)
				for j := range p {
					x.Set(c.far*float64(1+j+d.Y[i])+r.NormFloat64(), i, j)
				}
				x.Set(c.far+float64(d.Y[i]), i, 3)
			}
			x.Set(c.odd, 0, 0)
			one, two := newMoments(k, p), newMoments(k, p)
			require.Equal(t, c.can, one.addBlocks(rows.Of(x), d, 0, n))
			if !c.can {
				require.Equal(t, newMoments(k, p), one)
				return
			}
			two.addDense(rows.Of(x), d, 0, n)
			require.Equal(t, two.count, one.count)
			require.Equal(t, two.seen, one.seen)
			for at := range two.mean {
				require.InDelta(t, two.mean[at], one.mean[at], 1e-13*(1+c.far))
				require.InDelta(t, two.scatter[at], one.scatter[at], 1e-12*n*(1+c.far/1e6))
			}
		})
	}
}
