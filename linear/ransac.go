package linear

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/tensor"
)

// RANSAC fits another regressor to the rows that agree with each other, however far the rest lie off, in y or in X (Fischler and Bolles,
// Commun. ACM 24 (1981)): again and again it fits Base to a few rows drawn at random, and counts the rows within Threshold of that fit. The largest such
// set wins; of equally large ones that with the smaller sum of absolute residuals. In the end Base is fitted to it.
//
// The number of trials falls as larger sets turn up: it ends when a sample of good rows only has been drawn with probability Confidence, if the
// best set is all the good rows.
//
// Weights: a row of weight 0 is absent, sets are measured by weight, and Base gets the weights; rows are drawn without regard to them, so one
// of weight k is not k rows. A trial costs a fit of Base to MinSamples rows and a prediction for all. Seed decides which rows are drawn.
type RANSAC struct {
	Base       ml.AnyRegressor // what is fitted, such as ml.Regress(linear.Ridge{Alpha: 1}). Zero: OLS{}
	MinSamples int             // rows drawn for a trial. 0: columns+1
	Threshold  float64         // the residual, in units of Y, up to which a row agrees, > 0. 0: the median absolute deviation of Y from its median
	MaxIter    int             // trials at the most. 0: 100
	Confidence float64         // between 0 and 1. 0: 0.99
	Seed       uint64          // of the draws. 0 is a seed like any other
}

// RANSACModel answers as the model it holds.
type RANSACModel struct {
	ml.Fitted
	Model     ml.Predictor[float64] // Base's, fitted to the inliers
	Inliers   []bool                // the training rows that agreed with the best trial
	Threshold float64               // that was used
}

var (
	_ ml.Fitter[ml.Dataset[float64], *RANSACModel] = RANSAC{}
	_ ml.Unwrapper                                 = (*RANSACModel)(nil)
)

// Fit returns the model of the rows that agree. Y must be finite. It is an error of kind ErrData if no sample of MinSamples rows could be
// fitted. Info.Status is Converged if Confidence was reached within MaxIter trials; Info.Loss has the share of the weight that disagrees with
// the best fit so far, after each trial.
func (c RANSAC) Fit(ctx context.Context, d ml.Dataset[float64]) (*RANSACModel, error) {
	const where = "linear.RANSAC.Fit"
	if err := c.check(where); err != nil {
		return nil, err
	}
	if c.Base.Config == nil {
		c.Base = ml.Regress(OLS{})
	}
	if c.MaxIter == 0 {
		c.MaxIter = 100
	}
	if c.Confidence == 0 {
		c.Confidence = 0.99
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	rows := d.Rows()
	live := make([]int, 0, rows)
	for i := range rows {
		if d.Weight == nil || d.Weight[i] > 0 {
			live = append(live, i)
		}
	}
	all := d.Select(live)
	all.Group = nil
	all.Valid = nil
	_, cols := d.X.Dims()
	sample := c.MinSamples
	if sample == 0 {
		sample = min(cols+1, len(live))
	}
	if sample > len(live) {
		return nil, ml.BadShape(where, "X", fmt.Sprintf("%d rows of positive weight", len(live)), fmt.Sprintf("at least MinSamples, %d", sample))
	}
	threshold := c.Threshold
	if threshold == 0 {
		threshold = deviation(all.Y, all.Weight)
	}
	m := &RANSACModel{Fitted: ml.NewFitted(d.Table, nil, c), Inliers: make([]bool, rows), Threshold: threshold}
	s := &consensus{RANSAC: c, data: all, threshold: threshold, sample: sample, residuals: make([]float64, len(live)), best: make([]bool, len(live)), left: math.Inf(1)}
	if err := s.search(ctx, &m.Info); err != nil {
		return nil, err
	}
	if s.agreeing == 0 {
		return nil, &ml.Error{Where: where, Field: "Base", Found: fmt.Sprintf("unable to fit any of %d samples of %d rows", m.Info.Iterations, sample),
			Want: "a larger MinSamples or Threshold", Kind: ml.ErrData, Cause: s.failure}
	}
	var inliers []int
	for k, in := range s.best {
		if in {
			inliers = append(inliers, k)
			m.Inliers[live[k]] = true
		}
	}
	model, err := c.Base.Fit(ctx, all.Select(inliers))
	if err != nil {
		return nil, err
	}
	m.Model = model
	return m, nil
}

func (c RANSAC) check(where string) error {
	switch {
	case c.MinSamples < 0:
		return ml.BadConfig(where, "MinSamples", c.MinSamples, ">= 0; 0 means columns+1")
	case !(c.Threshold >= 0 && c.Threshold <= math.MaxFloat64):
		return ml.BadConfig(where, "Threshold", c.Threshold, "> 0; 0 means the median absolute deviation of Y")
	case c.MaxIter < 0:
		return ml.BadConfig(where, "MaxIter", c.MaxIter, ">= 0; 0 means 100")
	case !(c.Confidence >= 0 && c.Confidence < 1):
		return ml.BadConfig(where, "Confidence", c.Confidence, "between 0 and 1; 0 means 0.99")
	}
	return nil
}

// deviation is the median absolute deviation from the median.
func deviation(y, weight []float64) float64 {
	middle := stats.NewSample(y, weight).Quantile(0.5, stats.AveragedInvertedCDF)
	off := make([]float64, len(y))
	for i, v := range y {
		off[i] = math.Abs(v - middle)
	}
	return stats.NewSample(off, weight).Quantile(0.5, stats.AveragedInvertedCDF)
}

// consensus is the search for the largest set of rows that agree.
type consensus struct {
	RANSAC
	data      ml.Dataset[float64]
	threshold float64
	sample    int
	residuals []float64
	best      []bool
	agreeing  float64 // weight of best
	left      float64 // Σ w|residual| of best
	failure   error   // of the last trial that could not be fitted
}

func (s *consensus) search(ctx context.Context, info *ml.Info) error {
	total := 0.0
	for i := range s.residuals {
		total += s.weight(i)
	}
	track := ml.Track(ctx, "trial", s.MaxIter)
	info.Status = ml.MaxIter
	for trial := 1; trial <= s.MaxIter; trial++ {
		if err := s.try(ctx, uint64(trial)); err != nil {
			return err
		}
		share := s.agreeing / total
		info.Iterations = trial
		info.Loss = append(info.Loss, 1-share)
		stop, err := track.Step(trial, ml.Loss{Train: 1 - share})
		switch {
		case err != nil:
			return err
		case float64(trial) >= trials(share, s.sample, s.Confidence), s.sample == len(s.residuals): // the latter: every sample is the same
			info.Status = ml.Converged
			return nil
		case stop && s.agreeing > 0:
			info.Status = ml.Stopped
			return nil
		}
	}
	return nil
}

func (s *consensus) weight(i int) float64 {
	if s.data.Weight == nil {
		return 1
	}
	return s.data.Weight[i]
}

// try fits one sample and keeps the rows that agree with it if they are the most so far.
func (s *consensus) try(ctx context.Context, trial uint64) error {
	drawn := rng.Sample(rng.New(s.Seed, trial), len(s.residuals), s.sample)
	model, err := s.Base.Fit(ctx, s.data.Select(drawn))
	if err == nil {
		var fit []float64
		if fit, err = model.Predict(s.data.X); err == nil {
			s.judge(fit)
			return nil
		}
	}
	if done := ml.Done(ctx); done != nil || errors.Is(err, ml.ErrAborted) {
		return err
	}
	s.failure = err // a sample can be too poor to fit: the next may do
	return nil
}

func (s *consensus) judge(fit []float64) {
	agreeing, left := 0.0, 0.0
	for i, f := range fit {
		s.residuals[i] = math.Abs(s.data.Y[i] - f)
		if s.residuals[i] <= s.threshold {
			agreeing += s.weight(i)
			left += s.weight(i) * s.residuals[i]
		}
	}
	if agreeing > s.agreeing || agreeing == s.agreeing && left < s.left {
		s.agreeing, s.left = agreeing, left
		for i, r := range s.residuals {
			s.best[i] = r <= s.threshold
		}
	}
}

// trials is how many samples it takes for one of good rows only, with the given confidence, if a share of the rows is good.
func trials(share float64, sample int, confidence float64) float64 {
	good := math.Pow(share, float64(sample))
	switch {
	case good >= 1:
		return 0
	case good <= 0:
		return math.Inf(1)
	}
	return math.Ceil(math.Log1p(-confidence) / math.Log1p(-good))
}

// Predict returns what the model of the inliers says about each row of x.
func (m *RANSACModel) Predict(x tensor.Matrix) ([]float64, error) {
	if err := ml.CheckPredict("linear.RANSACModel.Predict", &m.Fitted, x); err != nil {
		return nil, err
	}
	return m.Model.Predict(x)
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *RANSACModel) PredictInto(dst []float64, x tensor.Matrix) error {
	const where = "linear.RANSACModel.PredictInto"
	if err := checkOutput(where, &m.Fitted, dst, x); err != nil {
		return err
	}
	if into, ok := ml.As[ml.Into[float64]](m.Model); ok {
		return into.PredictInto(dst, x)
	}
	y, err := m.Model.Predict(x)
	copy(dst, y)
	return err
}

// PredictRow predicts a single row, without allocating if the model of the inliers can; errors.ErrUnsupported if that has no PredictRow.
func (m *RANSACModel) PredictRow(x []float64) (float64, error) {
	if err := ml.CheckRow("linear.RANSACModel.PredictRow", &m.Fitted, x); err != nil {
		return 0, err
	}
	row, ok := m.Model.(ml.RowPredictor[float64])
	if !ok {
		return 0, errUnsupportedRow
	}
	return row.PredictRow(x)
}

var errUnsupportedRow = fmt.Errorf("linear.RANSACModel.PredictRow: %w", errors.ErrUnsupported)

// Unwrap is the model of the inliers.
func (m *RANSACModel) Unwrap() any { return m.Model }

// Restore checks a model that was read from a file.
func (m *RANSACModel) Restore() error {
	if m.Model != nil && len(m.Inliers) == m.Info.Rows && m.Info.Features > 0 && (m.Columns == nil || len(m.Columns) == m.Info.Features) {
		return nil
	}
	return &ml.Error{Where: "linear.RANSACModel", Field: "Model and Inliers", Found: "missing or of another size", Want: "a model, and a mark for each row", Kind: ml.ErrFormat}
}
