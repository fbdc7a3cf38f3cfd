package ensemble

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// OutputCode gives each class a code word and learns its bits, each with an estimator of two classes; the class whose word lies nearest to what they say is
// predicted. Words that differ in many bits correct the errors of some.
//
// The distance is Euclidean between scores (DecisionFunction) and words of -1 and 1, or between probabilities and words of 0 and 1, as in scikit-learn's
// OutputCodeClassifier; a 0 in a word of one's own, for a class that the problem leaves out, does not count. Without words of one's own, several codes are drawn and the one whose
// nearest two words differ in most bits is kept.
//
// Weights, groups and Valid go to the estimator; its seeds are made different for each bit. The fits run side by side.
//
// Dietterich and Bakiri: Solving multiclass learning problems via error-correcting output codes. JAIR 2 (1995). Allwein, Schapire and Singer: Reducing multiclass to binary. JMLR
// 1 (2000).
type OutputCode struct {
	Base  ml.AnyClassifier // of two classes; none is an error
	Code  [][]int          // the word of each class, of -1, 0 and 1: a 1 and a -1 in each bit, and words that differ. nil: drawn
	Size  float64          // bits of words that are drawn, in classes: > 0. 0: 1.5
	Draws int              // codes that are drawn. 0: 100, and fewer for so many classes that comparing their words would take long
	Seed  uint64           // of the draws, and from which the seeds of the fits are made
}

// OutputCodeModel is a fitted OutputCode.
type OutputCodeModel struct {
	ml.Fitted
	K       int                 // classes
	Seen    []int               // the classes that had rows; others are never predicted
	Code    [][]int             // the word of each class
	Members []ml.Predictor[int] // of each bit
}

var (
	_ ml.Fitter[ml.Dataset[int], *OutputCodeModel] = OutputCode{}
	_ ml.Decider                                   = (*OutputCodeModel)(nil)
)

// Accepts says that the estimator decides; rows without a class are refused.
func (c OutputCode) Accepts() ml.Accepts { return acceptsAll(decider(c.Base.Config)) }

// Fit draws the words and fits the estimator to each bit. Errors: ErrConfig, also for a Code that is not of the classes of the data, errors.ErrUnsupported for a model with neither
// probabilities nor scores, and those of the estimator.
func (c OutputCode) Fit(ctx context.Context, d ml.Dataset[int]) (*OutputCodeModel, error) {
	const where = "ensemble.OutputCode.Fit"
	if err := checkLearner(where, c.Base.Config, "ml.Decide(linear.LinearSVC{})"); err != nil {
		return nil, err
	}
	switch {
	case !(c.Size >= 0) || math.IsInf(c.Size, 0):
		return nil, ml.BadConfig(where, "Size", c.Size, "a finite number > 0, or 0 for 1.5")
	case c.Draws < 0:
		return nil, ml.BadConfig(where, "Draws", c.Draws, ">= 1, or 0 for 100")
	}
	if err := checkSeveral(where, d, c.Accepts()); err != nil {
		return nil, err
	}
	c.Code, c.Size = cloneWords(c.Code), cmp.Or(c.Size, 1.5)
	m := &OutputCodeModel{Fitted: ml.NewFitted(d.Table, d.Classes, c), K: d.K(), Code: cloneWords(c.Code)}
	d = d.NameClasses().Present()
	m.Seen = seenClasses(d, m.K)
	if m.Code == nil {
		bits := max(min(c.Size*float64(len(m.Seen)), 1<<16), 1)
		const compared = 1e9 // bits in all
		few := int(min(max(2*compared/(bits*float64(len(m.Seen)*len(m.Seen))), 1), 100))
		m.Code = drawWords(rng.New(c.Seed, 0), m.K, m.Seen, int(bits), cmp.Or(c.Draws, few))
	} else if fault := faultOfWords(m.Code, m.K); fault != "" {
		return nil, ml.BadConfig(where, "Code", fault, fmt.Sprintf("%d words of one length, of -1, 0 and 1, that differ, with a 1 and a -1 in each bit", m.K))
	}
	var err error
	if m.Members, err = coded(m.Code).fit(ctx, where, c.Base.Config, c.Seed, d); err != nil {
		return nil, err
	}
	if err := needScores(where, m.Members); err != nil {
		return nil, err
	}
	ml.Adopt(&m.Fitted, m.Members...)
	return m, nil
}

func cloneWords(code [][]int) [][]int {
	out := slices.Clone(code)
	for c := range out {
		out[c] = slices.Clone(out[c])
	}
	return out
}

// faultOfWords says what is wrong with a code for k classes, "" if nothing is.
func faultOfWords(code [][]int, k int) string {
	if len(code) != k {
		return fmt.Sprintf("a list of %d", len(code))
	}
	bits := len(code[0])
	for c, word := range code {
		if len(word) != bits || bits == 0 {
			return fmt.Sprintf("of words of %d and %d bits", bits, len(word))
		}
		for _, b := range word {
			if b < -1 || b > 1 {
				return fmt.Sprintf("with a %d", b)
			}
		}
		for e := range c {
			if slices.Equal(word, code[e]) {
				return fmt.Sprintf("with one word for classes %d and %d", e, c)
			}
		}
	}
	for j := range bits {
		has := [3]bool{}
		for c := range code {
			has[code[c][j]+1] = true
		}
		if k > 1 && !(has[0] && has[2]) {
			return fmt.Sprintf("without a 1 or a -1 in bit %d", j)
		}
	}
	return ""
}

// drawWords draws codes and keeps the one whose nearest words are farthest apart. Bits divide the classes that have rows; a single one has a word of ones.
func drawWords(r *rand.Rand, k int, seen []int, bits, draws int) [][]int {
	var best [][]int
	most := -1
	for range draws {
		code := make([][]int, k)
		for c := range code {
			code[c] = slices.Repeat([]int{1}, bits)
		}
		for j := range bits {
			drawBit(r, code, seen, j)
		}
		apart := math.MaxInt
		for a, c := range seen {
			for _, e := range seen[:a] {
				apart = min(apart, bitsApart(code[c], code[e]))
			}
		}
		if apart > most {
			best, most = code, apart
		}
	}
	return best
}

// drawBit draws one bit of every word until it divides the classes.
func drawBit(r *rand.Rand, code [][]int, seen []int, j int) {
	if len(seen) < 2 {
		return
	}
	for {
		ones := 0
		for _, c := range seen {
			b := int(r.Uint64() >> 63)
			code[c][j] = 2*b - 1
			ones += b
		}
		if ones > 0 && ones < len(seen) {
			return
		}
	}
}

func bitsApart(a, b []int) int {
	n := 0
	for j := range a {
		if a[j] != b[j] {
			n++
		}
	}
	return n
}

// Restore checks a model that was read from a file.
func (m *OutputCodeModel) Restore() error {
	const where = "ensemble.OutputCodeModel"
	if err := checkClasses(where, &m.Fitted, m.K, m.Seen); err != nil {
		return err
	}
	if len(m.Code) != m.K {
		return ml.BadFile(where, "Code", fmt.Sprintf("%d words", len(m.Code)), fmt.Sprint(m.K))
	}
	for _, word := range m.Code {
		if len(word) != len(m.Members) {
			return ml.BadFile(where, "Code", fmt.Sprintf("a word of %d bits", len(word)), fmt.Sprintf("%d, one for each member", len(m.Members)))
		}
	}
	return ml.CheckInside(where, m.Info.Features, m.Members...)
}

// DecisionFunction returns the squared distances from the words of the classes, negative: rows x K, -Inf for a class without rows. For two classes it is rows x 1, how much nearer the
// word of class 1 is.
func (m *OutputCodeModel) DecisionFunction(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	const where = "ensemble.OutputCodeModel.DecisionFunction"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	s, proba, err := scores(where, m.Members, x)
	if err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := tensor.New[float64](n, len(m.Seen))
	for i := range n {
		for at, c := range m.Seen {
			out.Row(i)[at] = -apart(s.Row(i), m.Code[c], proba)
		}
	}
	return decisions(out, m.Seen, m.K), nil
}

// apart is the squared distance of scores from a word, in those of its bits that count.
func apart(s []float64, word []int, proba []bool) float64 {
	sum := 0.0
	for j, v := range s {
		b := float64(word[j])
		if b == 0 {
			continue
		}
		if proba[j] {
			b = (b + 1) / 2
		}
		sum += float64((v - b) * (v - b))
	}
	return sum
}

// Predict returns the class with the nearest word, the lowest code of equals.
func (m *OutputCodeModel) Predict(x tensor.Matrix) ([]int, error) {
	return topClasses(m.DecisionFunction(x))
}

func init() {
	ml.RegisterConfig[OutputCode]("ensemble.OutputCode")
	ml.Register[*OutputCodeModel]("ensemble.OutputCodeModel")
}
