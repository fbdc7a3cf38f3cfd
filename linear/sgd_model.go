package linear

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/tensor"
)

// SGDModel is a linear classifier learned row by row; [SGDClassifier], [Perceptron] and [PassiveAggressiveClassifier] return it. For more
// than two classes each score tells one class from all others. It goes on learning with Update. With LogLoss and
// ModifiedHuberLoss it has probabilities.
type SGDModel struct {
	MarginModel
	State SGDState // where Update goes on
}

var (
	_ ml.Classifier = (*SGDModel)(nil)
	_ ml.RowProba   = (*SGDModel)(nil)
	_ ml.Capable    = (*SGDModel)(nil)
)

// sgdClassifierConfig is a config that fits an SGDModel.
type sgdClassifierConfig interface{ sgd() SGDClassifier }

// loss is the one that the model was fitted with.
func (m *SGDModel) loss() SGDLoss {
	if c, is := m.Config.(sgdClassifierConfig); is {
		return c.sgd().Loss
	}
	return nil
}

// Can says that only LogLoss and ModifiedHuberLoss define probabilities.
func (m *SGDModel) Can(ability any) ml.Verdict {
	if !m.probable() {
		asked := reflect.TypeOf(ability).Elem()
		for _, name := range []string{"PredictProba", "ProbaRow"} {
			if _, is := asked.MethodByName(name); is {
				return ml.Lacks
			}
		}
	}
	return ml.Undecided
}

func (m *SGDModel) probable() bool {
	switch m.loss().(type) {
	case LogLoss, ModifiedHuberLoss:
		return true
	}
	return false
}

// PredictProba returns the probability of each class, rows x K; rows sum to 1. Two classes: 1/(1 + exp(-score)) after LogLoss, and the
// score clipped to [-1, 1] and mapped to [0, 1] after ModifiedHuberLoss. More: those of each class against the others, divided by their
// sum (Zadrozny and Elkan, KDD 2002); all equal where all are 0. Other losses give errors.ErrUnsupported; selection has calibration
// for them.
func (m *SGDModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	const where = "linear.SGDModel.PredictProba"
	if !m.probable() {
		return nil, m.improbable(where)
	}
	k, loss := m.K(), m.loss()
	return m.classifier().table(where, x, k, 10*k, func(dst, z []float64, each int) {
		for i := range len(z) / each {
			oneVsRest(loss, dst[i*k:(i+1)*k], z[i*each:(i+1)*each], m.Intercept)
		}
	})
}

// ProbaRow writes the K class probabilities of a single row to dst without allocating.
func (m *SGDModel) ProbaRow(dst, x []float64) error {
	const where = "linear.SGDModel.ProbaRow"
	if !m.probable() {
		return m.improbable(where)
	}
	if err := ml.CheckRow(where, &m.Fitted, x); err != nil {
		return err
	}
	if len(dst) != m.K() {
		return badDst(where, len(dst), m.K())
	}
	z := dst[:len(m.Intercept)]
	if err := m.classifier().scoresRow(where, z, x); err != nil {
		return err
	}
	oneVsRest(m.loss(), dst, z, m.Intercept)
	return nil
}

func (m *SGDModel) improbable(where string) error {
	return &ml.Error{Where: where, Found: fmt.Sprintf("a model of %T, which defines no probabilities", m.loss()), Want: "LogLoss or ModifiedHuberLoss", Kind: errors.ErrUnsupported}
}

// oneVsRest turns the scores of one row into probabilities; the intercepts tell which classes had no rows. dst may begin with z. Where rounding made the class that Predict gives no more
// probable than one before it, it gets the last bit more.
func oneVsRest(loss SGDLoss, dst, z, intercept []float64) {
	var best ranking
	best.see(z, intercept, 0)
	class := best.class(len(z))
	oneVsRestRounded(loss, dst, z, intercept)
	for k := range class {
		dst[class] = max(dst[class], math.Nextafter(dst[k], 2))
	}
}

func oneVsRestRounded(loss SGDLoss, dst, z, intercept []float64) {
	_, log := loss.(LogLoss)
	if len(z) == 1 {
		if log {
			binaryProbabilities(dst, z)
			return
		}
		p := clipped(z[0])
		dst[0], dst[1] = 1-p, p
		return
	}
	if log {
		kern.Sigmoid(dst, z)
	} else {
		for k, v := range z {
			dst[k] = clipped(v)
		}
	}
	sum := 0.0
	for _, p := range dst {
		sum += p
	}
	if sum == 0 { // all but the classes without rows are equally improbable
		for k, v := range intercept {
			if !math.IsInf(v, -1) {
				dst[k] = 1
				sum++
			}
		}
	}
	for k := range dst {
		dst[k] /= sum
	}
}

func clipped(z float64) float64 { return (max(-1, min(1, z)) + 1) / 2 }

// Restore checks a model that was read from a file.
func (m *SGDModel) Restore() error {
	if err := m.MarginModel.Restore(); err != nil {
		return err
	}
	_, known := m.Config.(sgdClassifierConfig)
	ok := known && m.State.fits(len(m.Intercept), m.Info.Features, m.K())
	return checkShape("linear.SGDModel", &m.Fitted, ok)
}

// Update returns the model after one more epoch over the rows of d, where the steps go on. d has the columns and no more classes
// than the model; name the Classes in the first fit if its rows may lack one. ClassWeight.Balanced balances the rows of d.
//
// With MaxIter 1, [ml.FitStream] makes one pass over a stream.
func (m *SGDModel) Update(ctx context.Context, d ml.Dataset[int]) (*SGDModel, error) {
	const where = "linear.SGDModel.Update"
	if err := checkUpdate(where, &m.Fitted, d); err != nil {
		return nil, err
	}
	for i, c := range d.Y {
		if c >= m.K() {
			return nil, &ml.Error{Where: where, Field: fmt.Sprintf("Y[%d]", i), Found: fmt.Sprint(c),
				Want: fmt.Sprintf("a class code < %d: the model knows no others; name the Classes in the first fit", m.K()), Kind: ml.ErrTarget}
		}
	}
	config, is := m.Config.(sgdClassifierConfig)
	if !is {
		return nil, foreignConfig(where, m.Config)
	}
	c := config.sgd()
	next, err := c.learn(ctx, where, d, m.K(), &m.State, 1)
	if err != nil {
		return nil, err
	}
	next.Fitted = updated(&m.Fitted, next.Info)
	return next, nil
}

// updated describes a model after more rows: info is of the update alone.
func updated(f *ml.Fitted, info ml.Info) ml.Fitted {
	g := *f
	g.Columns, g.Classes = ownColumns(f.Columns), slices.Clone(f.Classes)
	g.Info.Rows += info.Rows
	g.Info.Status, g.Info.Gap = info.Status, info.Gap
	g.Info.Iterations += info.Iterations
	g.Info.Best = 0 // the update went on from there
	g.Info.Loss = append(slices.Clone(f.Info.Loss), info.Loss...)
	g.Info.ValidLoss = append(slices.Clone(f.Info.ValidLoss), info.ValidLoss...)
	return g
}

// checkUpdate accepts rows like those the model was fitted on.
func checkUpdate[Y any](where string, f *ml.Fitted, d ml.Dataset[Y]) error {
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return err
	}
	return ml.CheckPredict(where, f, d.X)
}

func foreignConfig(where string, config any) error {
	return &ml.Error{Where: where, Field: "Config", Found: fmt.Sprintf("%T", config), Want: "the config that fitted the model", Kind: ml.ErrFormat}
}

// SGDRegressionModel is a [RegressionModel] that goes on learning with Update. [SGDRegressor] and [PassiveAggressiveRegressor] return it.
type SGDRegressionModel struct {
	RegressionModel
	State SGDState // where Update goes on
}

// sgdRegressorConfig is a config that fits an SGDRegressionModel.
type sgdRegressorConfig interface{ sgd() SGDRegressor }

// Update returns the model after one more epoch over the rows of d, where the steps go on.
func (m *SGDRegressionModel) Update(ctx context.Context, d ml.Dataset[float64]) (*SGDRegressionModel, error) {
	const where = "linear.SGDRegressionModel.Update"
	if err := checkUpdate(where, &m.Fitted, d); err != nil {
		return nil, err
	}
	config, is := m.Config.(sgdRegressorConfig)
	if !is {
		return nil, foreignConfig(where, m.Config)
	}
	c := config.sgd()
	next, err := c.learn(ctx, where, d, &m.State, 1)
	if err != nil {
		return nil, err
	}
	next.Fitted = updated(&m.Fitted, next.Info)
	return next, nil
}

// Restore checks a model that was read from a file.
func (m *SGDRegressionModel) Restore() error {
	if err := m.RegressionModel.Restore(); err != nil {
		return err
	}
	_, known := m.Config.(sgdRegressorConfig)
	return checkShape("linear.SGDRegressionModel", &m.Fitted, known && m.State.fits(1, m.Info.Features, 0))
}

// OneClassModel scores how much a row is like those it was fitted on: x·Coef - Offset, negative for outliers. [SGDOneClass] returns it.
type OneClassModel struct {
	ml.Fitted
	Coef   []float64
	Offset float64
	State  SGDState // where Update goes on
}

var (
	_ ml.Predictor[float64]    = (*OneClassModel)(nil)
	_ ml.RowPredictor[float64] = (*OneClassModel)(nil)
	_ ml.Into[float64]         = (*OneClassModel)(nil)
)

// Predict returns the score of each row of x, which must be finite: negative for outliers.
func (m *OneClassModel) Predict(x tensor.Matrix) ([]float64, error) {
	s := m.scorer()
	return s.Predict(x)
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *OneClassModel) PredictInto(dst []float64, x tensor.Matrix) error {
	s := m.scorer()
	return s.PredictInto(dst, x)
}

// PredictRow scores a single row without allocating.
func (m *OneClassModel) PredictRow(x []float64) (float64, error) {
	const where = "linear.OneClassModel.PredictRow"
	if err := ml.CheckRow(where, &m.Fitted, x); err != nil {
		return 0, err
	}
	var z [1]float64
	s := m.scorer()
	if !s.affine().row(z[:], x, 0) {
		if err := badEntry(where, m.Columns, 0, x); err != nil {
			return 0, err
		}
	}
	return z[0], nil
}

func (m *OneClassModel) scorer() RegressionModel {
	return RegressionModel{Fitted: m.Fitted, Coef: m.Coef, Intercept: -m.Offset}
}

// Update returns the model after one more epoch over the rows of t, where the steps go on.
func (m *OneClassModel) Update(ctx context.Context, t ml.Table) (*OneClassModel, error) {
	const where = "linear.OneClassModel.Update"
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := ml.CheckPredict(where, &m.Fitted, t.X); err != nil {
		return nil, err
	}
	c, is := m.Config.(SGDOneClass)
	if !is {
		return nil, foreignConfig(where, m.Config)
	}
	next, err := c.learn(ctx, where, t, &m.State, 1)
	if err != nil {
		return nil, err
	}
	next.Fitted = updated(&m.Fitted, next.Info)
	return next, nil
}

// Restore checks a model that was read from a file.
func (m *OneClassModel) Restore() error {
	_, known := m.Config.(SGDOneClass)
	return checkShape("linear.OneClassModel", &m.Fitted, known && len(m.Coef) == m.Info.Features && m.State.fits(1, m.Info.Features, 0))
}
