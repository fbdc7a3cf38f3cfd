package nn

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/tensor"
)

// architecture is a config that says what net it stands for, for p columns and so many outputs.
type architecture interface {
	build(p, out int) (m Module, in []int, err error)
}

// ClassifierModel is a fitted net for classes.
type ClassifierModel struct {
	ml.Fitted
	Weights
	K      int    // classes
	Unseen []bool // classes without a row in training, which are never predicted; nil: none

	oracle *oracle
}

// RegressorModel is a fitted net for numbers. A prediction is Shift plus Scale times what comes out.
type RegressorModel struct {
	ml.Fitted
	Weights
	Shift, Scale float64

	oracle *oracle
}

// MultiModel is a fitted net for several numbers, each with its shift and scale.
type MultiModel struct {
	ml.Fitted
	Weights
	Shift, Scale []float64

	oracle *oracle
}

// MultiLabelModel is a fitted net for labels.
type MultiLabelModel struct {
	ml.Fitted
	Weights
	Labels int

	oracle *oracle
}

// watched is Valid as numbers.
func watched[Y any](d ml.Dataset[Y], out []int, numbers func([]Y) []float32) *taught {
	if d.Valid == nil {
		return nil
	}
	return &taught{Table: d.Valid.Table, y: numbers(d.Valid.Y), out: out}
}

func teachClasses(ctx context.Context, l lesson, d ml.Dataset[int], config architecture, cw ml.ClassWeight, smoothing float64, before *ClassifierModel) (*ClassifierModel, error) {
	if err := d.Check(l.where, ml.Accepts{}); err != nil {
		return nil, err
	}
	k := max(d.K(), 2)
	weight, err := cw.Weights(l.where, d.Y, d.Weight, k)
	if err != nil {
		return nil, err
	}
	l.loss = CrossEntropy{Smoothing: smoothing}
	var from *Net
	if before != nil {
		from, k = before.oracle.net, before.K
	}
	numbers := func(y []int) []float32 {
		out := make([]float32, len(y))
		for i, v := range y {
			out[i] = float32(v)
		}
		return out
	}
	t := taught{Table: d.Table, y: numbers(d.Y)}
	t.Weight = weight
	net, info, err := teach(ctx, &l, t, watched(d, nil, numbers), config, k, from)
	if err != nil {
		return nil, err
	}
	m := &ClassifierModel{Fitted: ml.NewFitted(d.Table, d.Classes, config), Weights: weightsOf(net), K: k, oracle: newOracle(net)}
	m.Info = info
	unseen := make([]bool, k)
	for j := range unseen {
		unseen[j] = before == nil || before.Unseen != nil && before.Unseen[j]
	}
	for i, y := range d.Y {
		if weight == nil || weight[i] > 0 {
			unseen[y] = false
		}
	}
	if slices.Contains(unseen, true) {
		m.Unseen = unseen
	}
	return m, nil
}

// teach fits the net of a config, with k outputs.
func teach(ctx context.Context, l *lesson, t taught, valid *taught, config architecture, k int, from *Net) (*Net, ml.Info, error) {
	_, cols := t.X.Dims()
	m, in, err := config.build(cols, k)
	if err != nil {
		return nil, ml.Info{}, l.named(err)
	}
	l.module, l.in = m, in
	return l.learn(ctx, t, valid, from)
}

// scaling is the mean and deviation of targets, by weight; 0 and 1 for losses with a scale of their own.
func scaling(loss Loss, y []float64, weight []float64) (shift, scale float64) {
	switch loss.(type) {
	case MSE, MAE, Huber, LogCosh, Quantile:
	default:
		return 0, 1
	}
	sum, total := 0.0, 0.0
	each := func(f func(v, w float64)) {
		for i, v := range y {
			w := 1.0
			if weight != nil {
				w = weight[i]
			}
			f(v, w)
		}
	}
	each(func(v, w float64) { sum, total = sum+float64(w*v), total+w })
	shift = sum / total
	sum = 0
	each(func(v, w float64) { sum += float64(w * float64((v-shift)*(v-shift))) })
	if scale = math.Sqrt(sum / total); !(scale > 0) {
		scale = 1
	}
	return shift, scale
}

func teachNumbers(ctx context.Context, l lesson, d ml.Dataset[float64], config architecture, from *RegressorModel) (*RegressorModel, error) {
	if err := d.Check(l.where, ml.Accepts{}); err != nil {
		return nil, err
	}
	m := &RegressorModel{Fitted: ml.NewFitted(d.Table, nil, config)}
	var start *Net
	if m.Shift, m.Scale = scaling(l.loss, d.Y, d.Weight); from != nil {
		m.Shift, m.Scale, start = from.Shift, from.Scale, from.oracle.net
	}
	numbers := func(y []float64) []float32 {
		out := make([]float32, len(y))
		for i, v := range y {
			out[i] = float32((v - m.Shift) / m.Scale)
		}
		return out
	}
	net, info, err := teach(ctx, &l, taught{Table: d.Table, y: numbers(d.Y), out: []int{1}}, watched(d, []int{1}, numbers), config, 1, start)
	if err != nil {
		return nil, err
	}
	m.Info, m.Weights, m.oracle = info, weightsOf(net), newOracle(net)
	return m, nil
}

func teachMulti(ctx context.Context, l lesson, d ml.Dataset[[]float64], config architecture) (*MultiModel, error) {
	if err := d.Check(l.where, ml.Accepts{}); err != nil {
		return nil, err
	}
	k := len(d.Y[0])
	m := &MultiModel{Fitted: ml.NewFitted(d.Table, nil, config), Shift: make([]float64, k), Scale: make([]float64, k)}
	for j := range k {
		col := make([]float64, len(d.Y))
		for i, y := range d.Y {
			col[i] = y[j]
		}
		m.Shift[j], m.Scale[j] = scaling(l.loss, col, d.Weight)
	}
	numbers := func(y [][]float64) []float32 {
		out := make([]float32, 0, len(y)*k)
		for _, row := range y {
			for j, v := range row {
				out = append(out, float32((v-m.Shift[j])/m.Scale[j]))
			}
		}
		return out
	}
	net, info, err := teach(ctx, &l, taught{Table: d.Table, y: numbers(d.Y), out: []int{k}}, watched(d, []int{k}, numbers), config, k, nil)
	if err != nil {
		return nil, err
	}
	m.Info, m.Weights, m.oracle = info, weightsOf(net), newOracle(net)
	return m, nil
}

func teachLabels(ctx context.Context, l lesson, d ml.Dataset[[]int], config architecture) (*MultiLabelModel, error) {
	if err := d.Check(l.where, ml.Accepts{}); err != nil {
		return nil, err
	}
	k := len(d.Y[0])
	numbers := func(y [][]int) []float32 {
		out := make([]float32, 0, len(y)*k)
		for _, row := range y {
			for _, v := range row {
				out = append(out, float32(v))
			}
		}
		return out
	}
	net, info, err := teach(ctx, &l, taught{Table: d.Table, y: numbers(d.Y), out: []int{k}}, watched(d, []int{k}, numbers), config, k, nil)
	if err != nil {
		return nil, err
	}
	m := &MultiLabelModel{Fitted: ml.NewFitted(d.Table, d.Classes, config), Weights: weightsOf(net), Labels: k, oracle: newOracle(net)}
	m.Info = info
	return m, nil
}

// restored builds the net that a model from a file describes.
func restored(where string, f *ml.Fitted, w Weights, out int) (*oracle, error) {
	config, ok := f.Config.(architecture)
	if !ok || out < 1 || out > maxInput || f.Info.Features < 1 || f.Info.Features > maxInput {
		return nil, &ml.Error{Where: where, Field: "Config", Found: fmt.Sprintf("%T for %d columns and %d outputs", f.Config, f.Info.Features, out), Want: "a net of this package", Kind: ml.ErrFormat}
	}
	width := f.Info.Features
	if c, ok := config.(SequenceClassifier); ok { // a step is enough to build with: what all steps take is for rows to justify
		if width = c.Features; width < 1 || f.Info.Features%width != 0 {
			return nil, ml.BadConfig(where, "Features", c.Features, fmt.Sprintf("a divisor of the %d columns", f.Info.Features))
		}
	}
	m, in, err := config.build(width, out)
	if err != nil {
		return nil, err
	}
	n, frozen, err := w.nets(where, m, in)
	if err != nil {
		return nil, err
	}
	in[0] *= f.Info.Features / width
	n.In = in
	if frozen != nil {
		frozen.net.In = in
	}
	if size(n.out) != out || size(in) != f.Info.Features {
		return nil, &ml.Error{Where: where, Field: "Config", Found: fmt.Sprintf("a net from %v to %v", in, n.out), Want: fmt.Sprintf("%d columns and %d outputs", f.Info.Features, out), Kind: ml.ErrFormat}
	}
	o := newOracle(n)
	o.frozen = frozen
	return o, nil
}

// Restore checks a model that was read from a file and builds its net.
func (m *ClassifierModel) Restore() (err error) {
	if m.Classes != nil && len(m.Classes) != m.K {
		return &ml.Error{Where: "nn.ClassifierModel", Field: "Classes", Found: fmt.Sprintf("a list of %d", len(m.Classes)), Want: fmt.Sprint(m.K), Kind: ml.ErrFormat}
	}
	if m.Unseen != nil && (len(m.Unseen) != m.K || !slices.Contains(m.Unseen, false)) {
		return &ml.Error{Where: "nn.ClassifierModel", Field: "Unseen", Found: fmt.Sprintf("a list of %d", len(m.Unseen)), Want: fmt.Sprintf("%d, one of them false", m.K), Kind: ml.ErrFormat}
	}
	m.oracle, err = restored("nn.ClassifierModel", &m.Fitted, m.Weights, m.K)
	return err
}

// Restore checks a model that was read from a file and builds its net.
func (m *RegressorModel) Restore() (err error) {
	if !finiteScale(m.Shift, m.Scale) {
		return &ml.Error{Where: "nn.RegressorModel", Field: "Shift and Scale", Found: fmt.Sprint(m.Shift, m.Scale), Want: "finite, and a scale above 0", Kind: ml.ErrFormat}
	}
	m.oracle, err = restored("nn.RegressorModel", &m.Fitted, m.Weights, 1)
	return err
}

func finiteScale(shift, scale float64) bool {
	return math.Abs(shift) <= math.MaxFloat64 && scale > 0 && scale <= math.MaxFloat64
}

// Restore checks a model that was read from a file and builds its net.
func (m *MultiModel) Restore() (err error) {
	ok := len(m.Shift) == len(m.Scale)
	for j := range m.Shift {
		ok = ok && finiteScale(m.Shift[j], m.Scale[j])
	}
	if !ok {
		return &ml.Error{Where: "nn.MultiModel", Field: "Shift and Scale", Found: fmt.Sprint(m.Shift, m.Scale), Want: "one each for every target, finite, scales above 0", Kind: ml.ErrFormat}
	}
	m.oracle, err = restored("nn.MultiModel", &m.Fitted, m.Weights, len(m.Shift))
	return err
}

// Restore checks a model that was read from a file and builds its net.
func (m *MultiLabelModel) Restore() (err error) {
	m.oracle, err = restored("nn.MultiLabelModel", &m.Fitted, m.Weights, m.Labels)
	return err
}

// PredictProba returns the probabilities of the classes for each row of x: rows x K.
func (m *ClassifierModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	if err := check("nn.ClassifierModel.PredictProba", &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := tensor.New[float64](n, m.K)
	return out, m.oracle.each(x, func(i int, y []float32) { m.proba(out.Row(i), y) })
}

// Predict returns the most probable class for each row of x.
func (m *ClassifierModel) Predict(x tensor.Matrix) ([]int, error) {
	if err := check("nn.ClassifierModel.Predict", &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := make([]int, n)
	return out, m.oracle.each(x, func(i int, y []float32) { out[i] = m.largest(y) })
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *ClassifierModel) PredictInto(dst []int, x tensor.Matrix) error {
	if err := checkInto("nn.ClassifierModel.PredictInto", &m.Fitted, x, len(dst)); err != nil {
		return err
	}
	return m.oracle.each(x, func(i int, y []float32) { dst[i] = m.largest(y) })
}

// check refuses what the model cannot answer for.
func check(where string, f *ml.Fitted, x tensor.Matrix) error {
	if err := ml.CheckPredict(where, f, x); err != nil {
		return err
	}
	return ml.CheckFinite(where, f, x, false)
}

func checkInto(where string, f *ml.Fitted, x tensor.Matrix, n int) error {
	if err := check(where, f, x); err != nil {
		return err
	}
	if r, _ := x.Dims(); r != n {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d long", n), fmt.Sprint(r))
	}
	return nil
}

// largest is the first of the largest among the classes that were seen.
func (m *ClassifierModel) largest(y []float32) int {
	best := -1
	for j, v := range y {
		if (m.Unseen == nil || !m.Unseen[j]) && (best < 0 || v > y[best]) {
			best = j
		}
	}
	return best
}

// proba writes probabilities of logits; classes that were not seen have none.
func (m *ClassifierModel) proba(dst []float64, y []float32) {
	for j, v := range y {
		dst[j] = float64(v)
		if m.Unseen != nil && m.Unseen[j] {
			dst[j] = math.Inf(-1)
		}
	}
	kern.Softmax(dst, dst)
}

// ProbaRow is PredictProba of one row into dst, K long, without allocating.
func (m *ClassifierModel) ProbaRow(dst, x []float64) error {
	const where = "nn.ClassifierModel.ProbaRow"
	if err := ml.CheckFiniteRow(where, &m.Fitted, x); err != nil {
		return err
	}
	if len(dst) != m.K {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprintf("%d, one for each class", m.K))
	}
	a, err := m.oracle.row(x)
	if err == nil {
		m.proba(dst, a.y[:m.K])
	}
	m.oracle.pool.Put(a)
	return err
}

// PredictRow is Predict of one row, without allocating.
func (m *ClassifierModel) PredictRow(x []float64) (int, error) {
	if err := ml.CheckFiniteRow("nn.ClassifierModel.PredictRow", &m.Fitted, x); err != nil {
		return 0, err
	}
	a, err := m.oracle.row(x)
	c := m.largest(a.y[:m.K])
	m.oracle.pool.Put(a)
	return c, err
}

// response is the prediction that an output stands for.
func response(loss any, y float32, shift, scale float64) float64 {
	v := shift + float64(scale*float64(y))
	if _, ok := loss.(PoissonNLL); ok {
		v = math.Exp(v)
	}
	return v
}

// lossed is a config with a loss.
type lossed interface{ lossOf() Loss }

func (c MLPRegressor) lossOf() Loss { return c.Loss }
func (c MLPMulti) lossOf() Loss     { return c.Loss }

func lossIn(config any) any {
	if c, ok := config.(lossed); ok {
		return c.lossOf()
	}
	return nil
}

// Predict returns the prediction for each row of x.
func (m *RegressorModel) Predict(x tensor.Matrix) ([]float64, error) {
	if err := check("nn.RegressorModel.Predict", &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := make([]float64, n)
	return out, m.into(out, x)
}

func (m *RegressorModel) into(dst []float64, x tensor.Matrix) error {
	loss := lossIn(m.Config)
	return m.oracle.each(x, func(i int, y []float32) { dst[i] = response(loss, y[0], m.Shift, m.Scale) })
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *RegressorModel) PredictInto(dst []float64, x tensor.Matrix) error {
	if err := checkInto("nn.RegressorModel.PredictInto", &m.Fitted, x, len(dst)); err != nil {
		return err
	}
	return m.into(dst, x)
}

// PredictRow is Predict of one row, without allocating.
func (m *RegressorModel) PredictRow(x []float64) (float64, error) {
	if err := ml.CheckFiniteRow("nn.RegressorModel.PredictRow", &m.Fitted, x); err != nil {
		return 0, err
	}
	a, err := m.oracle.row(x)
	v := response(lossIn(m.Config), a.y[0], m.Shift, m.Scale)
	m.oracle.pool.Put(a)
	return v, err
}

// Predict returns the predictions for each row of x, one for each target.
func (m *MultiModel) Predict(x tensor.Matrix) ([][]float64, error) {
	if err := check("nn.MultiModel.Predict", &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out, loss := make([][]float64, n), lossIn(m.Config)
	return out, m.oracle.each(x, func(i int, y []float32) {
		out[i] = make([]float64, len(y))
		for j, v := range y {
			out[i][j] = response(loss, v, m.Shift[j], m.Scale[j])
		}
	})
}

// Predict returns 1 for each label whose probability is above one half, for each row of x.
func (m *MultiLabelModel) Predict(x tensor.Matrix) ([][]int, error) {
	if err := check("nn.MultiLabelModel.Predict", &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := make([][]int, n)
	return out, m.oracle.each(x, func(i int, y []float32) {
		out[i] = make([]int, len(y))
		for j, v := range y {
			if v > 0 {
				out[i][j] = 1
			}
		}
	})
}

// Response returns the probability of each label for each row of x: rows x Labels.
func (m *MultiLabelModel) Response(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	if err := check("nn.MultiLabelModel.Response", &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := tensor.New[float64](n, m.Labels)
	return out, m.oracle.each(x, func(i int, y []float32) {
		for j, v := range y {
			out.Row(i)[j] = 1 / (1 + math.Exp(-float64(v)))
		}
	})
}

// Update goes on learning from the rows of d, for Epochs epochs more, from the weights of this model; the optimiser starts afresh.
func (m *ClassifierModel) Update(ctx context.Context, d ml.Dataset[int]) (*ClassifierModel, error) {
	c, ok := m.Config.(interface {
		fit(ctx context.Context, where string, d ml.Dataset[int], from *ClassifierModel) (*ClassifierModel, error)
	})
	if !ok {
		return nil, fmt.Errorf("nn.ClassifierModel.Update of a %T: %w", m.Config, errors.ErrUnsupported)
	}
	const where = "nn.ClassifierModel.Update"
	if err := ml.CheckPredict(where, &m.Fitted, d.X); err != nil {
		return nil, err
	}
	if d.Classes == nil {
		d.Classes = m.Classes
	}
	if k := d.K(); k > m.K {
		return nil, ml.BadShape(where, "Y", fmt.Sprintf("codes of %d classes", k), fmt.Sprintf("%d, as the model has", m.K))
	}
	return c.fit(ctx, where, d, m)
}

// Update goes on learning from the rows of d, for Epochs epochs more, from the weights of this model; the optimiser starts afresh, the scale
// of the targets stays.
func (m *RegressorModel) Update(ctx context.Context, d ml.Dataset[float64]) (*RegressorModel, error) {
	c, ok := m.Config.(interface {
		fit(ctx context.Context, where string, d ml.Dataset[float64], from *RegressorModel) (*RegressorModel, error)
	})
	if !ok {
		return nil, fmt.Errorf("nn.RegressorModel.Update of a %T: %w", m.Config, errors.ErrUnsupported)
	}
	const where = "nn.RegressorModel.Update"
	if err := ml.CheckPredict(where, &m.Fitted, d.X); err != nil {
		return nil, err
	}
	return c.fit(ctx, where, d, m)
}
