package ensemble

import (
	"cmp"
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// NestedDichotomies divides the classes in two, and each part in two again until single classes are left, and tells the two sides of every division apart by a
// classifier of two classes, fitted to the rows of both. The probability of a class is the product along its way. A division is drawn at random into parts of equal size, up to one
// class, and the probabilities of several such systems are averaged.
//
// K-1 fits for each system, side by side. Weights, groups and Valid go to the estimator; its seeds are made different for each fit.
//
// Frank and Kramer: Ensembles of nested dichotomies for multi-class problems. ICML (2004). Dong, Frank and Kramer: Ensembles of balanced nested dichotomies. PKDD (2005).
type NestedDichotomies struct {
	Base    ml.AnyClassifier // of two classes; none is an error
	Systems int              // that are averaged. 0: 10
	Seed    uint64           // of the draws, and from which the seeds of the fits are made
}

// NestedModel is a fitted NestedDichotomies.
type NestedModel struct {
	ml.Fitted
	K       int                   // classes
	Seen    []int                 // the classes that had rows; others have the probability 0
	Codes   [][][]int             // of each system, the side of each class in each division: 1 or -1, 0 where it takes no part
	Members [][]ml.Predictor[int] // of each system, the model of each division; class 1 is the side 1
}

var (
	_ ml.Fitter[ml.Dataset[int], *NestedModel] = NestedDichotomies{}
	_ ml.Classifier                            = (*NestedModel)(nil)
)

// Accepts says that the estimator decides; rows without a class are refused.
func (c NestedDichotomies) Accepts() ml.Accepts { return acceptsAll(decider(c.Base.Config)) }

// Fit draws the divisions and fits the estimator to each. Errors: ErrConfig without an estimator or for negative Systems, and those of the estimator.
func (c NestedDichotomies) Fit(ctx context.Context, d ml.Dataset[int]) (*NestedModel, error) {
	const where = "ensemble.NestedDichotomies.Fit"
	if err := checkLearner(where, c.Base.Config, "ml.Classify(linear.LogisticRegression{})"); err != nil {
		return nil, err
	}
	if c.Systems < 0 {
		return nil, ml.BadConfig(where, "Systems", c.Systems, ">= 1, or 0 for 10")
	}
	if err := checkSeveral(where, d, c.Accepts()); err != nil {
		return nil, err
	}
	c.Systems = cmp.Or(c.Systems, 10)
	m := &NestedModel{Fitted: ml.NewFitted(d.Table, d.Classes, c), K: d.K()}
	d = d.NameClasses().Present()
	m.Seen = seenClasses(d, m.K)
	m.Codes = make([][][]int, c.Systems)
	for s := range m.Codes {
		m.Codes[s] = nested(m.K, m.Seen, rng.Key(c.Seed, uint64(s)))
	}
	var err error
	m.Members, err = fitEach(ctx, where, "system", c.Systems, func(ctx context.Context, s int) ([]ml.Predictor[int], error) {
		return coded(m.Codes[s]).fit(ctx, where, c.Base.Config, rng.Key(c.Seed, uint64(s)), d)
	})
	if err != nil {
		return nil, err
	}
	for _, system := range m.Members {
		if err := needProba(where, system); err != nil {
			return nil, err
		}
		ml.Adopt(&m.Fitted, system...)
	}
	return m, nil
}

// nested draws one system of divisions.
func nested(k int, seen []int, seed uint64) [][]int {
	code := make([][]int, k)
	for c := range code {
		code[c] = make([]int, len(seen)-1)
	}
	order := make([]int, len(seen))
	for i, at := range rng.Perm(rng.New(seed, 0), len(seen)) {
		order[i] = seen[at]
	}
	j := 0
	var divide func(classes []int)
	divide = func(classes []int) {
		if len(classes) < 2 {
			return
		}
		half := len(classes) / 2
		for i, c := range classes {
			code[c][j] = 1
			if i < half {
				code[c][j] = -1
			}
		}
		j++
		divide(classes[:half])
		divide(classes[half:])
	}
	divide(order)
	return code
}

// Restore checks a model that was read from a file.
func (m *NestedModel) Restore() error {
	const where = "ensemble.NestedModel"
	if err := checkClasses(where, &m.Fitted, m.K, m.Seen); err != nil {
		return err
	}
	if len(m.Codes) == 0 || len(m.Codes) != len(m.Members) {
		return ml.BadFile(where, "Codes and Members", fmt.Sprintf("%d and %d", len(m.Codes), len(m.Members)), "as many, and at least one")
	}
	for s, code := range m.Codes {
		if len(code) != m.K {
			return ml.BadFile(where, fmt.Sprintf("Codes[%d]", s), fmt.Sprintf("of %d classes", len(code)), fmt.Sprint(m.K))
		}
		for _, word := range code {
			if len(word) != len(m.Members[s]) {
				return ml.BadFile(where, fmt.Sprintf("Codes[%d]", s), fmt.Sprintf("of %d divisions", len(word)), fmt.Sprint(len(m.Members[s])))
			}
		}
		if err := ml.CheckInside(where, m.Info.Features, m.Members[s]...); err != nil {
			return err
		}
	}
	return nil
}

// PredictProba returns the mean probabilities of the systems, rows x K.
func (m *NestedModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	const where = "ensemble.NestedModel.PredictProba"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	sum := tensor.New[float64](n, m.K)
	for s, system := range m.Members {
		p, err := positives(where, system, x)
		if err != nil {
			return nil, err
		}
		for i := range n {
			for _, c := range m.Seen {
				way := 1.0
				for j, side := range m.Codes[s][c] {
					switch side {
					case 1:
						way *= p.Row(i)[j]
					case -1:
						way *= 1 - p.Row(i)[j]
					}
				}
				sum.Row(i)[c] += way
			}
		}
	}
	classAnswers(m.K, false).finish(sum, nil)
	return sum, nil
}

// Predict returns the most probable class of each row, the lowest code of equals.
func (m *NestedModel) Predict(x tensor.Matrix) ([]int, error) {
	return classAnswers(m.K, false).decisions(m.PredictProba(x))
}

func init() {
	ml.RegisterConfig[NestedDichotomies]("ensemble.NestedDichotomies")
	ml.Register[*NestedModel]("ensemble.NestedModel")
}
