package datasets

import (
	"math/rand/v2"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// Regression draws a linear model: y = X w + Bias + noise, where Informative of the coefficients w are uniform in [0, 100) and
// the others are 0, as scikit-learn's make_regression. X is standard normal, or with EffectiveRank a LowRank matrix of
// correlated columns.
//
// Columns are named informative0.. and noise0.., wherever shuffling puts them; Coef returns w.
type Regression struct {
	Rows          int     // 0 means 100
	Features      int     // all columns; 0 means 100
	Informative   int     // columns with a coefficient; 0 means 10, or Features if that is less
	Bias          float64 // intercept; 0: none
	EffectiveRank int     // see LowRank; 0: independent standard normal columns
	TailStrength  float64 // see LowRank; 0: none, and it must be 0 without EffectiveRank
	Noise         float64 // standard deviation of the noise of y; 0: none
	NoShuffle     bool    // informative columns first
	Seed          uint64
}

// Make draws the set.
func (g Regression) Make() (ml.Dataset[float64], error) {
	m, err := g.model("datasets.Regression.Make", 1)
	if err != nil {
		return ml.Dataset[float64]{}, err
	}
	d := m.draw()
	y := make([]float64, len(d.Y))
	for i, v := range d.Y {
		y[i] = v[0]
	}
	return ml.Dataset[float64]{Table: d.Table, Y: y}, nil
}

// Coef returns the true coefficients of the set that Make draws, one for each column of X.
func (g Regression) Coef() ([]float64, error) {
	m, err := g.model("datasets.Regression.Coef", 1)
	if err != nil {
		return nil, err
	}
	return m.coef[0], nil
}

// RegressionMulti is Regression with several targets, each with coefficients of its own on the same informative columns.
type RegressionMulti struct {
	Rows          int     // 0 means 100
	Features      int     // all columns; 0 means 100
	Informative   int     // columns with coefficients; 0 means 10, or Features if that is less
	Targets       int     // 0 means 2
	Bias          float64 // intercept of every target; 0: none
	EffectiveRank int     // see LowRank; 0: independent standard normal columns
	TailStrength  float64 // see LowRank; 0: none, and it must be 0 without EffectiveRank
	Noise         float64 // standard deviation of the noise of each target; 0: none
	NoShuffle     bool    // informative columns first
	Seed          uint64
}

// Make draws the set.
func (g RegressionMulti) Make() (ml.Dataset[[]float64], error) {
	m, err := g.model("datasets.RegressionMulti.Make")
	if err != nil {
		return ml.Dataset[[]float64]{}, err
	}
	return m.draw(), nil
}

// Coef returns the true coefficients of the set that Make draws: for each target, one for each column of X.
func (g RegressionMulti) Coef() ([][]float64, error) {
	m, err := g.model("datasets.RegressionMulti.Coef")
	if err != nil {
		return nil, err
	}
	return m.coef, nil
}

func (g RegressionMulti) model(where string) (linearModel, error) {
	p := params{where: where}
	targets := p.count("Targets", g.Targets, 2, 1)
	if p.err != nil {
		return linearModel{}, p.err
	}
	single := Regression{g.Rows, g.Features, g.Informative, g.Bias, g.EffectiveRank, g.TailStrength, g.Noise, g.NoShuffle, g.Seed}
	return single.model(where, targets)
}

// linearModel is a checked Regression with its coefficients, in the order of the shuffled columns.
type linearModel struct {
	Regression
	place []int // where each column of the unshuffled matrix goes
	coef  [][]float64
}

func (g Regression) model(where string, targets int) (linearModel, error) {
	p := params{where: where}
	g.Rows = p.count("Rows", g.Rows, 100, 1)
	g.Features = p.count("Features", g.Features, 100, 1)
	g.Informative = p.count("Informative", g.Informative, min(10, g.Features), 1)
	if p.err == nil && g.Informative > g.Features {
		p.reject("Informative", g.Informative, "<= Features")
	}
	p.finite("Bias", g.Bias)
	p.natural("EffectiveRank", g.EffectiveRank)
	p.share("TailStrength", g.TailStrength)
	if g.EffectiveRank == 0 && g.TailStrength != 0 {
		p.reject("TailStrength", g.TailStrength, "0 without EffectiveRank")
	}
	p.nonNegative("Noise", g.Noise)
	p.size("Rows", g.Rows, g.Features)
	p.size("Targets", targets, max(g.Features, g.Rows))
	if p.err != nil {
		return linearModel{}, p.err
	}
	m := linearModel{Regression: g, place: order(rng.New(g.Seed, streamShuffle), g.Features, g.NoShuffle)}
	r := rng.New(g.Seed, streamModel)
	for range targets {
		w := make([]float64, g.Features)
		for j := range g.Informative {
			w[m.place[j]] = 100 * r.Float64()
		}
		m.coef = append(m.coef, w)
	}
	return m, nil
}

func (m linearModel) draw() ml.Dataset[[]float64] {
	var x []float64
	if m.EffectiveRank > 0 {
		x = lowRank(m.Rows, m.Features, m.EffectiveRank, m.TailStrength, m.Seed)
	} else {
		x = make([]float64, m.Rows*m.Features)
	}
	y := make([][]float64, m.Rows)
	eachChunk(m.Rows, m.Seed, func(r *rand.Rand, lo, hi int) {
		for i := lo; i < hi; i++ {
			row := x[i*m.Features : (i+1)*m.Features]
			if m.EffectiveRank == 0 {
				rng.Normal(r, row, 0, 1)
			}
			y[i] = make([]float64, len(m.coef))
			for t, w := range m.coef {
				sum := m.Bias
				for j, v := range row {
					sum += v * w[j]
				}
				y[i][t] = sum + m.Noise*r.NormFloat64()
			}
		}
	})
	d := ml.Data(tensor.FromSlice(x, m.Rows, m.Features), y)
	d.Columns = nameColumns(m.place, part{"informative", m.Informative}, part{"noise", m.Features})
	return d
}
