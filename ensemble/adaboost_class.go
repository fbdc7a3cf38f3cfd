package ensemble

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// AdaBoostClassifier fits an estimator again and again, each time to rows whose weights are higher where the models so far were wrong, and lets the models vote by how
// seldom they were: SAMME, which for two classes is the AdaBoost of Freund and Schapire.
//
//	ensemble.AdaBoostClassifier{Rounds: 200, LearningRate: 0.5}                                       // of stumps
//	ensemble.AdaBoostClassifier{Base: ml.Classify(tree.DecisionTreeClassifier{MaxDepth: 3})}
//	ensemble.AdaBoostClassifier{Base: ml.Classify(bayes.GaussianNB{}), Real: true}                              // SAMME.R: votes as strong as the models are sure
//	ensemble.AdaBoostClassifier{Balanced: true}                                                                 // RUSBoost, for rare classes
//
// It ends early with a model that makes no error, and before one that is no better than chance; a first model that is none is an error. The estimator must take weights.
// Real, which needs probabilities, has no such test: every model has a vote. Groups and Valid go to it; its seeds are made different for each round. A row of integer weight k counts as k rows as far as the estimator does that.
//
// The rounds come one after the other; the cost is that of Rounds fits. It answers as scikit-learn's AdaBoostClassifier, and with Real as algorithm="SAMME.R" did there up to 1.5.
//
// Hastie, Rosset, Zhu and Zou: Multi-class AdaBoost. Statistics and Its Interface 2 (2009). Freund and Schapire: A decision-theoretic generalization of on-line learning. JCSS 55 (1997).
// Seiffert, Khoshgoftaar, Van Hulse and Napolitano: RUSBoost. IEEE SMC-A 40 (2010).
type AdaBoostClassifier struct {
	Base         ml.AnyClassifier // what is boosted. Zero: tree.DecisionTreeClassifier{MaxDepth: 1}, a stump
	Rounds       int              // at the most. 0: 50
	LearningRate float64          // what a model's vote is multiplied by, > 0. 0: 1
	Real         bool             // SAMME.R: rows are weighed anew by the logarithms of probabilities, and the models vote by these. false: SAMME, by predicted classes
	Balanced     bool             // RUSBoost: each round is fitted to as many rows of each class as the rarest has, drawn anew, with the weights of the round; errors are those of all rows
	Repeat       bool             // with Balanced, a row may be drawn several times
	Seed         uint64           // from which the seeds of the fits and, if Balanced, the draws are made
}

// AdaBoostClassification is a fitted AdaBoostClassifier. Info.Loss has the weighted training error of each round, Info.Gap the last.
type AdaBoostClassification struct {
	ml.Fitted
	K       int   // classes
	Seen    []int // the classes that had rows; others are never predicted
	Members []ml.Predictor[int]
	Weights []float64 // of the members' votes; with Real all 1
	Real    bool      // members vote by the logarithms of their probabilities
}

var (
	_ ml.Fitter[ml.Dataset[int], *AdaBoostClassification] = AdaBoostClassifier{}
	_ ml.Classifier                                       = (*AdaBoostClassification)(nil)
	_ ml.Decider                                          = (*AdaBoostClassification)(nil)
	_ ml.Stager[int]                                      = (*AdaBoostClassification)(nil)
)

func (c AdaBoostClassifier) estimator() any {
	if c.Base.Config == nil {
		return tree.DecisionTreeClassifier{MaxDepth: 1}
	}
	return c.Base.Config
}

// Accepts says that the estimator decides; rows without a class are refused.
func (c AdaBoostClassifier) Accepts() ml.Accepts { return acceptsAll(decider(c.estimator())) }

// Fit fits round after round. Errors: ErrConfig, also if the first model is no better than chance or, with Real, one has no probabilities, and those of the estimator.
func (c AdaBoostClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*AdaBoostClassification, error) {
	const where = "ensemble.AdaBoostClassifier.Fit"
	if err := checkRate(where, c.Rounds, c.LearningRate); err != nil {
		return nil, err
	}
	if c.Repeat && !c.Balanced {
		return nil, ml.BadConfig(where, "Repeat", true, "false where no rows are drawn; Balanced draws them")
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	c.Base.Config, c.Rounds, c.LearningRate = c.estimator(), cmp.Or(c.Rounds, 50), cmp.Or(c.LearningRate, 1)
	m := &AdaBoostClassification{Fitted: ml.NewFitted(d.Table, d.Classes, c), K: d.K(), Real: c.Real}
	d = d.NameClasses().Present()
	m.Seen = seenClasses(d, m.K)
	weight := startWeights(d.Weight, d.Rows())
	u := newUrn(byClass(d.Y), 1, c.Repeat, nil)
	track := ml.Track(ctx, "iteration", c.Rounds)
	for round := range c.Rounds {
		if err := ml.Done(ctx); err != nil {
			return nil, err
		}
		d.Weight = weight
		own := d
		if c.Balanced {
			own = balancedRows(d, u, c.Seed, round)
		}
		member, err := decider(reseeded(c.Base.Config, c.Seed, uint64(round))).fit(ml.Quiet(ctx), own)
		if err != nil {
			return nil, fmt.Errorf("%s: round %d: %w", where, round, err)
		}
		learn := m.learn
		if c.Real {
			learn = m.learnReal
		}
		next, ended, err := learn(where, member, d, c.LearningRate)
		if err != nil {
			return nil, err
		}
		stop, err := track.Step(round+1, ml.Loss{Train: m.Info.Gap})
		if err != nil {
			return nil, err
		}
		m.Info.Iterations = round + 1
		if ended {
			m.Info.Status = ml.Converged
			break
		}
		if weight = next; stop {
			m.Info.Status = ml.Stopped
			break
		}
		m.Info.Status = ml.MaxIter
	}
	return m, nil
}

// balancedRows draws the rows of a round. A row that is drawn k times has k times its weight.
func balancedRows(d ml.Dataset[int], u *urn, seed uint64, round int) ml.Dataset[int] {
	drawn, times := u.draw(rng.New(rng.Key(seed, drawRows), uint64(round)), d.Rows())
	own := d.Select(drawn)
	own.Weight = make([]float64, len(drawn))
	for k, row := range drawn {
		own.Weight[k] = float64(times[k] * d.Weight[row])
	}
	if scaled, ok := simplex(own.Weight); ok {
		own.Weight = scaled
	}
	return own
}

// checkRate checks what boosting configs have in common.
func checkRate(where string, rounds int, rate float64) error {
	switch {
	case rounds < 0:
		return ml.BadConfig(where, "Rounds", rounds, ">= 1, or 0 for the default")
	case !(rate >= 0) || math.IsInf(rate, 0):
		return ml.BadConfig(where, "LearningRate", rate, "a finite number > 0, or 0 for 1")
	}
	return nil
}

// startWeights are weights that sum to 1.
func startWeights(weight []float64, n int) []float64 {
	if weight == nil {
		weight = slices.Repeat([]float64{1}, n)
	}
	out, _ := simplex(weight)
	return out
}

// learn weighs a model's vote by its error, and gives the weights of the next round. It ends with a model that is perfect, which has the only vote that
// counts, and before one that is no better than chance.
func (m *AdaBoostClassification) learn(where string, member ml.Predictor[int], d ml.Dataset[int], rate float64) (next []float64, ended bool, err error) {
	pred, err := member.Predict(d.X)
	if err != nil {
		return nil, false, err
	}
	wrong := 0.0
	for i, c := range pred {
		if c != d.Y[i] {
			wrong += d.Weight[i]
		}
	}
	k := float64(len(m.Seen))
	m.Info.Gap = wrong
	m.Info.Loss = append(m.Info.Loss, wrong)
	if wrong <= 0 {
		m.Members, m.Weights = append(m.Members, member), append(m.Weights, 1)
		return nil, true, nil
	}
	if wrong >= 1-1/k {
		if len(m.Members) == 0 {
			return nil, false, ml.BadConfig(where, "Base", fmt.Sprintf("one with a weighted training error of %.3g", wrong), fmt.Sprintf("less than %.3g, that of guessing", 1-1/k))
		}
		return nil, true, nil
	}
	vote := rate * (math.Log((1-wrong)/wrong) + math.Log(k-1))
	m.Members, m.Weights = append(m.Members, member), append(m.Weights, vote)
	next = make([]float64, len(pred))
	up := math.Exp(vote)
	for i, c := range pred {
		if next[i] = d.Weight[i]; c != d.Y[i] {
			next[i] *= up
		}
	}
	next, ok := simplex(next)
	return next, !ok, nil
}

// Restore checks a model that was read from a file.
func (m *AdaBoostClassification) Restore() error {
	const where = "ensemble.AdaBoostClassification"
	if err := checkClasses(where, &m.Fitted, m.K, m.Seen); err != nil {
		return err
	}
	if err := checkVotes(where, m.Weights, len(m.Members)); err != nil {
		return err
	}
	for _, member := range m.Members {
		if _, has := ml.As[ml.Classifier](member); m.Real && !has {
			return ml.BadFile(where, "Members", fmt.Sprintf("a %T", member), "models with probabilities, by which they vote")
		}
	}
	return ml.CheckInside(where, m.Info.Features, m.Members...)
}

// checkVotes checks the weights of members' votes in a file.
func checkVotes(where string, weights []float64, members int) error {
	if len(weights) != members || members == 0 || slices.ContainsFunc(weights, func(w float64) bool { return !(math.Abs(w) <= math.MaxFloat64) }) {
		return ml.BadFile(where, "Members and Weights", fmt.Sprintf("%d and %v", members, weights), "as many finite weights as members, at least one")
	}
	return nil
}

// poll is the votes of the first members so far.
type poll struct {
	places []int                   // of each class among those that had rows, -1 of the others
	sum    *tensor.Tensor[float64] // of the votes for each class that had rows
	total  float64                 // of the votes
	real   bool                    // sum holds what speaks against a class, too
}

func (m *AdaBoostClassification) newPoll(rows int) *poll {
	p := &poll{places: slices.Repeat([]int{-1}, m.K), sum: tensor.New[float64](rows, len(m.Seen)), real: m.Real}
	for at, c := range m.Seen {
		p.places[c] = at
	}
	return p
}

// add adds the votes of member r. buf has room for its predictions.
func (m *AdaBoostClassification) add(p *poll, r int, x tensor.Matrix, buf []int) error {
	if m.Real {
		return m.addReal(p, r, x)
	}
	pred, err := buf, error(nil)
	if into, has := ml.As[ml.Into[int]](m.Members[r]); has {
		err = into.PredictInto(buf, x)
	} else {
		pred, err = m.Members[r].Predict(x)
	}
	if err != nil {
		return err
	}
	sums, k := p.sum.Data(), len(m.Seen)
	for i, c := range pred {
		if c < 0 || c >= m.K {
			return foreignClass("ensemble.AdaBoostClassification", m.Members[r], c, m.K)
		}
		if at := p.places[c]; at >= 0 {
			sums[i*k+at] += m.Weights[r]
		}
	}
	p.total += m.Weights[r]
	return nil
}

// votes is the mean vote of each class that had rows: 1 of a member that predicts it and -1/(K-1) of the others; with Real see addReal.
func (p *poll) votes() *tensor.Tensor[float64] {
	n, k := p.sum.Dims()
	out := tensor.New[float64](n, k)
	to := out.Data()
	against := 1 / float64(max(k-1, 1))
	if p.real {
		for i, s := range p.sum.Data() {
			to[i] = s / p.total
		}
		return out
	}
	for i, s := range p.sum.Data() {
		to[i] = (s - float64((p.total-s)*against)) / p.total
	}
	return out
}

// staged yields the mean votes after each round, rows x classes that had rows.
func (m *AdaBoostClassification) staged(where string, x tensor.Matrix) iter.Seq2[*tensor.Tensor[float64], error] {
	return func(yield func(*tensor.Tensor[float64], error) bool) {
		if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
			yield(nil, err)
			return
		}
		n, _ := x.Dims()
		p, buf := m.newPoll(n), make([]int, n)
		for r := range m.Members {
			if err := m.add(p, r, x, buf); err != nil {
				yield(nil, err)
				return
			}
			if !yield(p.votes(), nil) {
				return
			}
		}
	}
}

// votes are those after the last round.
func (m *AdaBoostClassification) votes(where string, x tensor.Matrix) (*tensor.Tensor[float64], error) {
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	p, buf := m.newPoll(n), make([]int, n)
	for r := range m.Members {
		if err := m.add(p, r, x, buf); err != nil {
			return nil, err
		}
	}
	return p.votes(), nil
}

// DecisionFunction returns the mean vote of each class, between -1/(K-1) and 1, and with Real the mean of (K-1)·(log p - the mean of log p over the classes): rows x K, -Inf for a class without rows. For two classes it is rows x 1, the vote for class 1 less
// that for class 0.
func (m *AdaBoostClassification) DecisionFunction(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	v, err := m.votes("ensemble.AdaBoostClassification.DecisionFunction", x)
	if err != nil {
		return nil, err
	}
	return decisions(v, m.Seen, m.K), nil
}

// proba are the probabilities that votes stand for: their softmax, divided by K-1 as the additive model that they estimate has it.
func (m *AdaBoostClassification) proba(votes *tensor.Tensor[float64]) *tensor.Tensor[float64] {
	n, k := votes.Dims()
	out := tensor.New[float64](n, m.K)
	for i := range n {
		row := votes.Row(i)
		top, sum := slices.Max(row), 0.0
		for at, v := range row {
			p := math.Exp((v - top) / max(float64(k-1), 1))
			out.Row(i)[m.Seen[at]] = p
			sum += p
		}
		for _, c := range m.Seen {
			out.Row(i)[c] /= sum
		}
	}
	return out
}

// PredictProba returns the probabilities of the classes, rows x K: the softmax of the votes divided by K-1.
func (m *AdaBoostClassification) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	v, err := m.votes("ensemble.AdaBoostClassification.PredictProba", x)
	if err != nil {
		return nil, err
	}
	return m.proba(v), nil
}

// Predict returns the class with the most votes, the lowest code of equals.
func (m *AdaBoostClassification) Predict(x tensor.Matrix) ([]int, error) {
	v, err := m.votes("ensemble.AdaBoostClassification.Predict", x)
	if err != nil {
		return nil, err
	}
	return m.classes(v), nil
}

func (m *AdaBoostClassification) classes(votes *tensor.Tensor[float64]) []int {
	out, _ := classAnswers(m.K, false).decisions(m.proba(votes), nil)
	return out
}

// Staged yields the predictions after each round.
func (m *AdaBoostClassification) Staged(x tensor.Matrix) iter.Seq2[[]int, error] {
	return stages(m.staged("ensemble.AdaBoostClassification.Staged", x), m.classes)
}

// StagedProba yields the probabilities after each round, rows x K.
func (m *AdaBoostClassification) StagedProba(x tensor.Matrix) iter.Seq2[*tensor.Tensor[float64], error] {
	return stages(m.staged("ensemble.AdaBoostClassification.StagedProba", x), m.proba)
}

// Importances returns the mean of the members' importances by their votes; errors.ErrUnsupported unless every member has them.
func (m *AdaBoostClassification) Importances() ([]float64, error) {
	return meanImportances("ensemble.AdaBoostClassification.Importances", m.Info.Features, m.Members, m.Weights)
}

// Can says that Importances needs members that have them.
func (m *AdaBoostClassification) Can(ability any) ml.Verdict { return canWeigh(ability, m.Members) }

func init() {
	ml.RegisterConfig[AdaBoostClassifier]("ensemble.AdaBoostClassifier")
	ml.Register[*AdaBoostClassification]("ensemble.AdaBoostClassification")
}
