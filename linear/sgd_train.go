package linear

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// Rate says how the size of the steps of stochastic gradient descent develops. t counts the steps from 1.
type Rate uint8

const (
	DefaultRate        Rate = iota // OptimalRate, but InverseRate in SGDRegressor
	OptimalRate                    // 1/(Alpha·(t0 + t)), with t0 such that the first step is Alpha^(-1/4), a typical size of the coefficients (Bottou)
	ConstantRate                   // LearningRate
	InverseRate                    // LearningRate / t^Power
	AdaptiveRate                   // LearningRate, divided by 5 instead of an end of the fit until it is below 1e-6
	PassiveAggressive1             // min(LearningRate, loss/|x|²): the row is fitted as far as that allows. Hinge and epsilon-insensitive loss only
	PassiveAggressive2             // loss/(|x|² + 1/(2·LearningRate)). The same losses
)

// String returns the name in words.
func (r Rate) String() string {
	names := [...]string{"default", "optimal", "constant", "inverse scaling", "adaptive", "passive-aggressive I", "passive-aggressive II"}
	if int(r) < len(names) {
		return names[r]
	}
	return fmt.Sprintf("Rate(%d)", uint8(r))
}

// SGDState is where Update goes on: what a model has besides its coefficients.
type SGDState struct {
	Steps     int                     // taken so far
	Epochs    int                     // so far; each draws its own order of the rows
	Coef      *tensor.Tensor[float64] // of the last step, scores x columns. The model has their average if the config says so
	Intercept []float64               // of the last step
	Mean      *tensor.Tensor[float64] // the average; nil without
	MeanBias  []float64               // the average of the intercepts
	Seen      []bool                  // classes that have had rows; nil in regression
}

// sgdCore holds the settings that all configs of stochastic gradient descent come down to.
type sgdCore struct {
	loss                   SGDLoss
	alpha, l1              float64
	penalised              bool
	fitted                 bool // there is an intercept
	oneClass               bool
	classifies             bool // targets are -1 and 1
	schedule               Rate
	eta0, power, firstStep float64
	average                int
	maxIter, noChange      int
	patience               int
	tol                    float64
	shuffle                bool
	seed                   uint64
}

// sgdOptions are the fields that the public configs share, under their public names.
type sgdOptions struct {
	Alpha, L1Ratio                       float64
	NoPenalty, NoIntercept, NoShuffle    bool
	Rate                                 Rate
	LearningRate, Power, Tol             float64
	Average, MaxIter, NoChange, Patience int
	Seed                                 uint64
}

// resolve checks the options and fills in defaults.
func (o sgdOptions) resolve(where string, rate Rate, power float64) (sgdOptions, error) {
	switch {
	case !(o.Alpha >= 0) || math.IsInf(o.Alpha, 0):
		return o, ml.BadConfig(where, "Alpha", o.Alpha, "> 0 and finite; 0 means 0.0001")
	case !(o.L1Ratio >= 0 && o.L1Ratio <= 1):
		return o, ml.BadConfig(where, "L1Ratio", o.L1Ratio, "from 0, all L2, to 1, all L1")
	case o.NoPenalty && o.L1Ratio != 0:
		return o, ml.BadConfig(where, "L1Ratio", o.L1Ratio, "0 with NoPenalty: only one of them")
	case !(o.LearningRate >= 0) || math.IsInf(o.LearningRate, 0):
		return o, ml.BadConfig(where, "LearningRate", o.LearningRate, "> 0 and finite; 0 means the default")
	case math.IsNaN(o.Power - o.Power):
		return o, ml.BadConfig(where, "Power", o.Power, "finite; 0 means the default")
	case o.Rate > PassiveAggressive2:
		return o, ml.BadConfig(where, "Rate", o.Rate, "one of the constants of type Rate")
	case o.Average < 0:
		return o, ml.BadConfig(where, "Average", o.Average, ">= 0; 0 means no average, 1 the average of all steps")
	case o.NoChange < 0:
		return o, ml.BadConfig(where, "NoChange", o.NoChange, ">= 0; 0 means 5")
	case o.Patience < 0:
		return o, ml.BadConfig(where, "Patience", o.Patience, ">= 0; 0 means no early stopping")
	}
	if err := checkIterative(where, o.Tol, o.MaxIter); err != nil {
		return o, err
	}
	setZero(&o.Alpha, 1e-4)
	setZero(&o.LearningRate, 0.01)
	setZero(&o.Power, power)
	setZero(&o.Tol, 1e-3)
	setZero(&o.MaxIter, 1000)
	setZero(&o.NoChange, 5)
	setZero(&o.Rate, rate)
	return o, nil
}

// setZero replaces the zero value.
func setZero[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// core is what resolved options mean.
func (o sgdOptions) core(loss SGDLoss, classifies bool) *sgdCore {
	return &sgdCore{loss: loss, classifies: classifies, alpha: o.Alpha, l1: o.L1Ratio, penalised: !o.NoPenalty, fitted: !o.NoIntercept,
		schedule: o.Rate, eta0: o.LearningRate, power: o.Power, firstStep: math.Pow(o.Alpha, -0.75), average: o.Average,
		maxIter: o.MaxIter, noChange: o.NoChange, patience: o.Patience, tol: o.Tol, shuffle: !o.NoShuffle, seed: o.Seed}
}

// checkLoss refuses what a loss cannot do.
func checkLoss(where string, loss SGDLoss, rate Rate) error {
	if e := lossWidth(loss); !(e >= 0) || math.IsInf(e, 0) {
		return ml.BadConfig(where, "Loss.Epsilon", e, "> 0 and finite; 0 means 0.1")
	}
	if rate != PassiveAggressive1 && rate != PassiveAggressive2 {
		return nil
	}
	switch loss.(type) {
	case HingeLoss, EpsilonInsensitiveLoss:
		return nil
	}
	return ml.BadConfig(where, "Rate", rate, "another one with this loss: passive-aggressive steps need HingeLoss or EpsilonInsensitiveLoss")
}

// data prepares rows for learning.
func (c *sgdCore) data(x tensor.Matrix, weight []float64) *sgdData {
	d := &sgdData{source: newSource(x), weight: weight}
	d.whole, _ = d.x.Whole()
	if c.penalised && c.l1 == 0 || c.schedule >= PassiveAggressive1 {
		d.norms = make([]float64, d.rows)
		par.For(d.rows, d.cols/4+10, func(lo, hi int) {
			buf := d.scratch()
			for i := lo; i < hi; i++ {
				var v []float64
				if d.sparse() {
					_, v = d.nonzeros(i, buf)
				} else {
					v = d.row(i, buf)
				}
				d.norms[i] = linalg.Dot(v, v)
			}
		})
	}
	return d
}

// sgdFit is one call of Fit or Update.
type sgdFit struct {
	*sgdCore
	where    string
	data     *sgdData
	valid    *sgdData // nil: none
	learners []*sgdLearner
	epochs   int // already done before
	maxIter  int
	order    []int32 // rows of positive weight
}

// run goes through epochs until they are enough and leaves the solutions in the learners.
func (f *sgdFit) run(ctx context.Context) (ml.Info, error) {
	info := ml.Info{Rows: f.data.rows, Features: f.data.cols, Status: ml.MaxIter}
	for i := range f.data.rows {
		if f.data.weight == nil || f.data.weight[i] > 0 {
			f.order = append(f.order, int32(i))
		}
	}
	track := ml.Track(ctx, "epoch", f.maxIter)
	var best snapshot
	waited := 0
	for epoch := 1; epoch <= f.maxIter; epoch++ {
		if f.shuffle {
			rng.Shuffle(rng.New(f.seed, uint64(f.epochs+epoch)), f.order)
		}
		if err := f.epoch(ctx); err != nil {
			return info, err
		}
		loss := ml.Loss{Train: f.objective()}
		if epoch > 1 {
			info.Gap = math.Abs(info.Loss[epoch-2] - loss.Train)
		}
		info.Loss = append(info.Loss, loss.Train)
		info.Iterations = epoch
		if f.valid != nil {
			loss.Valid, loss.Watched = f.validLoss(), true
			info.ValidLoss = append(info.ValidLoss, loss.Valid)
		}
		stop, err := track.Step(epoch, loss)
		if err != nil {
			return info, err
		}
		if stop {
			info.Status = ml.Stopped
			break
		}
		if f.patience > 0 {
			waited++
			if best.epoch == 0 || loss.Valid < best.loss {
				best.take(epoch, loss.Valid, f.learners)
				waited = 0
			}
			if waited < f.patience {
				continue
			}
			waited = 0
			if f.slower() {
				continue
			}
			info.Status = ml.EarlyStopped
			break
		}
		if f.converged() {
			info.Status = ml.Converged
			break
		}
	}
	if f.patience > 0 && best.epoch > 0 {
		info.Best = best.epoch
		best.restore(f.learners)
	}
	return info, nil
}

// epoch lets every learner that is not done see all rows once.
func (f *sgdFit) epoch(ctx context.Context) error {
	learn := func(ctx context.Context, k int) error {
		l := f.learners[k]
		if l.done {
			return nil
		}
		l.begin()
		const run = 8192
		for at := 0; at < len(f.order); at += run {
			if err := ml.Done(ctx); err != nil {
				return err
			}
			l.steps(f.data, f.order[at:min(at+run, len(f.order))])
		}
		if !l.end(len(f.order)) {
			return &ml.Error{Where: f.where, Field: "X", Found: "so large that the steps overflow",
				Want: "columns of the size of 1, as from features.StandardScaler, or a smaller LearningRate", Kind: ml.ErrNotFinite}
		}
		if f.patience == 0 {
			l.judge()
		}
		return nil
	}
	if len(f.learners) == 1 {
		return learn(ctx, 0)
	}
	return par.Do(ctx, len(f.learners), learn)
}

// objective is the sum over the scores of their mean losses and penalties in the last epoch.
func (f *sgdFit) objective() float64 {
	sum := 0.0
	for _, l := range f.learners {
		sum += l.last
	}
	return sum
}

// validLoss is the mean loss of the rows to watch, summed over the scores, without penalty.
func (f *sgdFit) validLoss() float64 {
	v := f.valid
	type part struct{ loss, weight float64 }
	total := part{}
	for _, l := range f.learners {
		coef, intercept := l.current()
		score := affine{coef: coef, one: intercept}
		p := par.Reduce(v.rows, grain(v.rows, v.cols/2+20), func(_, lo, hi int) part {
			var p part
			z := make([]float64, 1)
			buf := v.scratch()
			for i := lo; i < hi; i++ {
				w := 1.0
				if v.weight != nil {
					w = v.weight[i]
				}
				if w == 0 {
					continue
				}
				if v.sparse() {
					cols, vals := v.nonzeros(i, buf)
					z[0] = kern.SparseDot(vals, cols, coef) + intercept
				} else {
					score.row(z, v.row(i, buf), 0)
				}
				p.loss += w * f.loss.Value(l.target(v, i), z[0])
				p.weight += w
			}
			return p
		}, func(a, b part) part { return part{a.loss + b.loss, a.weight + b.weight} })
		total.loss += p.loss
		total.weight = p.weight
	}
	return total.loss / total.weight
}

func (f *sgdFit) converged() bool {
	for _, l := range f.learners {
		if !l.done {
			return false
		}
	}
	return true
}

// slower lowers the learning rates after Patience is at its end. It is false if there is nothing to lower.
func (f *sgdFit) slower() bool {
	some := false
	for _, l := range f.learners {
		some = l.slower() || some
	}
	return some
}

// snapshot keeps the best epoch of early stopping.
type snapshot struct {
	epoch    int
	loss     float64
	learners []sgdLearner
}

func (s *snapshot) take(epoch int, loss float64, learners []*sgdLearner) {
	s.epoch, s.loss = epoch, loss
	s.learners = s.learners[:0]
	for _, l := range learners {
		c := *l
		c.v, c.sum = slices.Clone(l.v), slices.Clone(l.sum)
		s.learners = append(s.learners, c)
	}
}

func (s *snapshot) restore(learners []*sgdLearner) {
	for k := range learners {
		*learners[k] = s.learners[k]
	}
}

// learnersOf continues from a state, or starts if it has no steps.
func (c *sgdCore) learnersOf(s *SGDState, scores, cols int) []*sgdLearner {
	learners := make([]*sgdLearner, scores)
	for k := range learners {
		class := k
		if scores == 1 {
			class = 1
		}
		l := newSGDLearner(c, class, cols)
		if c.oneClass {
			l.intercept = 1 // the offset is 1 - intercept
		}
		if s.Steps > 0 {
			l.t = float64(s.Steps + 1)
			copy(l.v, s.Coef.Row(k))
			l.intercept = s.Intercept[k]
			if l.sum != nil && s.Mean != nil {
				copy(l.sum, s.Mean.Row(k))
				l.meanIntercept = s.MeanBias[k]
			}
		}
		learners[k] = l
	}
	return learners
}

// state is where an update would go on, coef and intercept the solution.
func (f *sgdFit) state(info ml.Info) (s SGDState, coef *tensor.Tensor[float64], intercept []float64) {
	n := len(f.learners)
	cols := f.data.cols
	s = SGDState{Epochs: f.epochs + info.Iterations, Steps: int(f.learners[0].t) - 1, Coef: tensor.New[float64](n, cols), Intercept: make([]float64, n)}
	coef, intercept = tensor.New[float64](n, cols), make([]float64, n)
	if f.average > 0 {
		s.Mean, s.MeanBias = tensor.New[float64](n, cols), make([]float64, n)
	}
	for k, l := range f.learners {
		s.Steps = max(s.Steps, int(l.t)-1)
		copy(s.Coef.Row(k), l.v)
		s.Intercept[k] = l.intercept
		if f.average > 0 {
			copy(s.Mean.Row(k), l.sum)
			s.MeanBias[k] = l.meanIntercept
		}
		w, b := l.current()
		copy(coef.Row(k), w)
		intercept[k] = b
	}
	return s, coef, intercept
}

// fits says whether a state that was read from a file goes with a model.
func (s *SGDState) fits(scores, cols, classes int) bool {
	return s.Steps >= 0 && s.Epochs >= 0 && isMatrix(s.Coef, scores, cols) && len(s.Intercept) == scores && len(s.Seen) == classes &&
		(s.Mean == nil && s.MeanBias == nil || isMatrix(s.Mean, scores, cols) && len(s.MeanBias) == scores)
}
