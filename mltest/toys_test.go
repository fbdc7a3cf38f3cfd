package mltest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
	"gonum.org/v1/gonum/mat"
)

// The toys are small estimators in house style that obey every law, until Fault names one for them to break.

func init() {
	ml.RegisterConfig[toyClassifier]("mltest.toyClassifier")
	ml.Register[*toyClassModel]("mltest.toyClassModel")
	ml.RegisterConfig[toyRegressor]("mltest.toyRegressor")
	ml.Register[*toyRegressionModel]("mltest.toyRegressionModel")
	ml.RegisterConfig[toyCentre]("mltest.toyCentre")
	ml.Register[*toyCentreModel]("mltest.toyCentreModel")
	ml.RegisterConfig[toySplit]("mltest.toySplit")
	ml.Register[*toySplitModel]("mltest.toySplitModel")
	ml.RegisterConfig[toyForgetful]("mltest.toyForgetful")
	ml.RegisterConfig[toyZero]("mltest.toyZero")
	ml.Register[toyPlain]("mltest.toyPlain")
}

// fits counts all fits and inFlight those going on, for faults that look beyond their own.
var fits, inFlight atomic.Int64

// leaked is what leaking goroutines wait for: the end of the test.
var leaked chan struct{}

// toyClassifier finds the mean of each class step by step and predicts the nearest.
type toyClassifier struct {
	Steps int // 0 means 8
	Start []float64
	Fault string
}

type toyClassModel struct {
	ml.Fitted
	K     int
	Means []float64 // K x features
	Seen  []float64 // weight of each class
	Kept  []float64
	Fault string

	shift  float64 // lost when saved, by fault
	buffer []int
	proba  *tensor.Tensor[float64]
	xs     tensor.Matrix
	asked  atomic.Int64
}

func (c toyClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*toyClassModel, error) {
	const where = "mltest.toyClassifier.Fit"
	if c.Fault != "deaf" && ctx.Err() != nil {
		if c.Fault == "no error when cancelled before" {
			return nil, nil
		}
		return nil, ml.Done(ctx)
	}
	if err := c.check(where, d); err != nil {
		return nil, err
	}
	if c.Steps < 0 {
		return nil, ml.BadConfig(where, "Steps", c.Steps, ">= 0")
	}
	steps := c.Steps
	if steps == 0 {
		steps = 8
	}
	c.meddle(d)
	_, p := d.X.Dims()
	k := d.K()
	if c.Fault == "K from the rows" {
		k = slices.Max(d.Y) + 1
	}
	if c.Fault == "one class" && slices.Min(d.Y) == slices.Max(d.Y) {
		return nil, errors.New("one class only")
	}
	m := &toyClassModel{K: k, Means: make([]float64, k*p), Seen: make([]float64, k), Fault: c.Fault}
	target := c.target(d, k, m.Seen)
	track := ml.Track(ctx, "iteration", steps)
	status := ml.MaxIter
	done := 0
	for step := 1; step <= steps; step++ {
		for i, t := range target {
			m.Means[i] += (t - m.Means[i]) / 2
		}
		done = step
		if c.Fault == "context only at the start" || c.Fault == "deaf" {
			continue
		}
		stop, err := track.Step(step, ml.Loss{Train: 1 / float64(step)})
		if err != nil && c.Fault == "swallows errors" && ctx.Err() == nil {
			err = nil
		}
		if err != nil {
			if c.Fault == "model beside error" {
				return m, err
			}
			if c.Fault == "hides the cause" {
				return nil, fmt.Errorf("fit failed: %v", err)
			}
			return nil, err
		}
		if stop {
			status = ml.Stopped
			break
		}
	}
	if c.Fault == "status" && status == ml.Stopped {
		status = ml.MaxIter
	}
	if c.Fault == "stop is an error" && status == ml.Stopped {
		return nil, errors.New("stopped")
	}
	filled := c
	filled.Steps = steps
	if c.Fault == "writes its config" {
		filled.Start = nil
	}
	m.Fitted = ml.NewFitted(d.Table, d.Classes, filled)
	m.Info.Status, m.Info.Iterations = status, done
	c.spoil(m, d)
	return m, nil
}

func (c toyClassifier) check(where string, d ml.Dataset[int]) error {
	switch c.Fault {
	case "unchecked targets":
		d.Y = make([]int, len(d.Y))
	case "unchecked weights":
		if len(d.Weight) == len(d.Y) {
			d.Weight = nil
		}
	case "unchecked numbers":
		return d.Check(where, ml.Accepts{Missing: true})
	case "unchecked kinds":
		return d.Check(where, ml.Accepts{Categorical: true})
	case "plain error":
		if err := d.Check(where, ml.Accepts{}); err != nil {
			return errors.New(err.Error())
		}
	case "refuses sparse":
		if _, sparse := d.X.(*tensor.CSR[float64]); sparse {
			return &ml.Error{Where: where, Field: "X", Found: "CSR", Want: "dense rows", Kind: ml.ErrConfig}
		}
	case "refuses sparse without a word":
		if _, sparse := d.X.(*tensor.CSR[float64]); sparse {
			return &ml.Error{Where: where, Field: "X", Found: "odd", Kind: ml.ErrConfig}
		}
	case "empty error":
		if err := d.Check(where, ml.Accepts{}); err != nil {
			e, _ := errors.AsType[*ml.Error](err)
			return &ml.Error{Kind: e.Kind}
		}
	case "wrong kind of error":
		if err := d.Check(where, ml.Accepts{}); err != nil {
			return &ml.Error{Where: where, Found: "wrong", Kind: ml.ErrFormat}
		}
	case "nil pointer":
		if x, ok := d.X.(*mat.Dense); ok && x == nil {
			x.Dims()
		}
	}
	return d.Check(where, ml.Accepts{})
}

// meddle is what happens to the inputs by fault.
func (c toyClassifier) meddle(d ml.Dataset[int]) {
	x, tensors := d.X.(*tensor.Tensor[float64])
	switch {
	case c.Fault == "writes X" && tensors:
		x.Row(0)[0] += 1e-9
	case c.Fault == "writes CSR":
		if csr, ok := d.X.(*tensor.CSR[float64]); ok {
			_, _, v := csr.Arrays()
			v[0] += 1e-12
		}
	case c.Fault == "writes Y":
		d.Y[0], d.Y[1] = d.Y[1], d.Y[0]
	case c.Fault == "writes weights" && d.Weight != nil:
		d.Weight[0] *= 2
	case c.Fault == "writes groups" && d.Group != nil:
		d.Group[0]++
	case c.Fault == "writes columns" && d.Columns != nil:
		d.Columns[0].Name += "!"
	case c.Fault == "writes its config" && len(c.Start) > 0:
		c.Start[0]++
	}
}

// target is the weighted mean of each class.
func (c toyClassifier) target(d ml.Dataset[int], k int, seen []float64) []float64 {
	n, p := d.X.Dims()
	x := d.X
	if csr, ok := x.(*tensor.CSR[float64]); ok && c.Fault == "densifies" {
		x = csr.Dense()
	}
	sum := make([]float64, k*p)
	chunks := 1
	if c.Fault == "sums in GOMAXPROCS parts" {
		chunks = runtime.GOMAXPROCS(0)
	}
	for part := range chunks {
		local := make([]float64, k*p)
		row := make([]float64, p)
		for i := part * n / chunks; i < (part+1)*n/chunks; i++ {
			w := 1.0
			if d.Weight != nil {
				w = d.Weight[i]
			}
			if c.Fault == "root of weight" {
				w = math.Sqrt(w)
			}
			if c.Fault == "counts absent rows" && w == 0 {
				w = 1e-3
			}
			seen[d.Y[i]] += w
			c.read(row, x, i)
			for j, v := range row {
				local[d.Y[i]*p+j] += w * v
			}
		}
		for i, v := range local {
			sum[i] += v
		}
	}
	for y := range k {
		for j := range p {
			if seen[y] > 0 {
				sum[y*p+j] /= seen[y]
			}
		}
	}
	return sum
}

// read is gather, but for faults of storage.
func (c toyClassifier) read(row []float64, x tensor.Matrix, i int) {
	gather(row, x, i)
	_, sparse := x.(*tensor.CSR[float64])
	_, narrow := x.(*tensor.Tensor[float32])
	_, foreign := x.(own)
	for j := range row {
		switch {
		case c.Fault == "misreads foreign matrices" && foreign:
			row[j] *= 1.001
		case c.Fault == "rounds float32" && narrow:
			row[j] = math.Round(row[j]*16) / 16
		case c.Fault == "sparse zeros count one" && sparse && row[j] == 0:
			row[j] = 1
		}
	}
}

// gather copies row i of any matrix.
func gather(row []float64, x tensor.Matrix, i int) {
	if csr, ok := x.(*tensor.CSR[float64]); ok {
		clear(row)
		cols, values := csr.RowNZ(i)
		for k, j := range cols {
			row[j] = values[k]
		}
		return
	}
	for j := range row {
		row[j] = x.At(i, j)
	}
}

// spoil makes a model faulty after a sound fit.
func (c toyClassifier) spoil(m *toyClassModel, d ml.Dataset[int]) {
	p := m.Info.Features
	switch c.Fault {
	case "counts fits":
		m.Means[0] += 1e-13 * float64(fits.Add(1))
	case "disturbed by other fits":
		inFlight.Add(1)
		time.Sleep(2 * time.Millisecond)
		m.Means[0] += 1e-13 * float64(inFlight.Load()-1)
		inFlight.Add(-1)
	case "keeps weights":
		m.Kept = d.Weight
	case "keeps columns":
		m.Columns = d.Columns
	case "keeps X":
		m.xs = d.X
	case "first row counts":
		for i := range d.Y {
			if d.Weight == nil || d.Weight[i] > 0 {
				m.Means[0] += 0.1 * d.X.At(i, 0)
				break
			}
		}
	case "forgets":
		m.shift = 0.5
	case "config of another fit":
		filled := m.Config.(toyClassifier)
		filled.Steps--
		m.Config = filled
	case "leaks":
		until := leaked
		go func() { <-until }()
	case "wrong rows":
		m.Info.Rows++
	case "wrong features in meta":
		m.Info.Rows--
	case "no columns in meta":
		m.Columns = nil
	case "other columns in meta":
		slices.Reverse(m.Columns)
	case "no classes in meta":
		m.Classes = nil
	case "iterations":
		m.Info.Iterations = 0
	case "gap":
		m.Info.Gap = math.NaN()
	case "exact":
		m.Info.Status = ml.Exact
	case "class names":
		for k, name := range d.Classes {
			m.Means[k*p] += float64(name[len(name)-1]) / 100
		}
	case "shared buffer":
		m.buffer = make([]int, 0, 4096)
	}
}

func (m *toyClassModel) check(where string, x tensor.Matrix) error {
	if m.Fault != "unchecked width" {
		if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
			return err
		}
	}
	if m.Fault == "predicts NaN" {
		return nil
	}
	return ml.CheckFinite(where, &m.Fitted, x, false)
}

func (m *toyClassModel) Predict(x tensor.Matrix) ([]int, error) {
	if err := m.check("mltest.toyClassModel.Predict", x); err != nil {
		return nil, err
	}
	if t, ok := x.(*tensor.Tensor[float64]); ok && m.Fault == "predict writes" && t.Shape()[0] > 0 {
		t.Row(0)[0]++
	}
	n, _ := x.Dims()
	y := make([]int, n)
	if m.Fault == "shared buffer" {
		y = m.buffer[:n]
	}
	m.into(y, x)
	switch {
	case m.Fault == "batch effect" && n > 1:
		y[n-1] = y[0]
	case m.Fault == "disturbed by other calls":
		m.asked.Add(1)
		time.Sleep(time.Millisecond)
		if m.asked.Load() > 1 && n > 0 {
			y[0] ^= 1
		}
		m.asked.Add(-1)
	}
	return y, nil
}

func (m *toyClassModel) into(y []int, x tensor.Matrix) {
	var share [16]float64
	var row [64]float64
	r := row[:]
	if m.Info.Features > len(r) {
		r = make([]float64, m.Info.Features)
	}
	_, p := x.Dims()
	for i := range y {
		gather(r[:p], x, i)
		m.share(share[:m.K], r[:p])
		y[i] = m.choose(share[:m.K])
	}
}

// choose is the class for probabilities p.
func (m *toyClassModel) choose(p []float64) int {
	best := mostProbable(p)
	if m.Fault == "second most probable" && p[best] < 0.9 {
		p[best] = -1
		best = mostProbable(p)
	}
	return best
}

// share fills dst with the probability of each class: softmax of minus half the squared distance.
func (m *toyClassModel) share(dst, row []float64) {
	p := m.Info.Features
	least := math.Inf(1)
	for k := range dst {
		d := 0.0
		for j := range p {
			z := row[j] - m.mean(k, j) - m.shift
			d += z * z
		}
		if m.Seen[k] == 0 {
			d = math.Inf(1)
		}
		dst[k] = d
		least = min(least, d)
	}
	total := 0.0
	for k, d := range dst {
		dst[k] = math.Exp((least - d) / 2)
		total += dst[k]
	}
	for k := range dst {
		dst[k] /= total
		if m.Fault == "probabilities too large" || m.Fault == "probabilities far away too large" && least > 1e9 {
			dst[k] *= 1 + 1e-12
		}
	}
}

func (m *toyClassModel) mean(k, j int) float64 {
	if m.xs != nil && j == 0 {
		return m.Means[k*m.Info.Features] + 1e-3*m.xs.At(0, 0)
	}
	return m.Means[k*m.Info.Features+j]
}

func (m *toyClassModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	if err := m.check("mltest.toyClassModel.PredictProba", x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	p := tensor.New[float64](n, m.K)
	row := make([]float64, m.Info.Features)
	for i := range n {
		gather(row, x, i)
		m.share(p.Row(i), row)
	}
	if m.Fault == "gives away a cache" {
		if m.proba == nil {
			m.proba = p
		}
		if m.proba.Shape()[0] == n {
			return m.proba, nil
		}
	}
	if m.Fault == "too many probabilities" {
		return tensor.Concat(1, p, tensor.New[float64](n, 1)), nil
	}
	return p, nil
}

func (m *toyClassModel) checkRow(where string, x []float64) error {
	if m.Fault != "unchecked row" {
		if err := ml.CheckRow(where, &m.Fitted, x); err != nil {
			return err
		}
	}
	for j, v := range x {
		if (math.IsNaN(v) || math.IsInf(v, 0)) && m.Fault != "row of NaN" {
			return ml.NotFinite(where, m.Columns, 0, j, v)
		}
	}
	return nil
}

func (m *toyClassModel) PredictRow(x []float64) (int, error) {
	if err := m.checkRow("mltest.toyClassModel.PredictRow", x); err != nil {
		return 0, err
	}
	var buf [16]float64
	if m.Fault == "allocates" {
		sink = make([]float64, m.K)
	}
	m.share(buf[:m.K], x)
	y := m.choose(buf[:m.K])
	if m.Fault == "row differs" && buf[0] < 0.5 {
		y = 0
	}
	return y, nil
}

// sink keeps an allocation from being optimised away.
var sink []float64

func (m *toyClassModel) ProbaRow(dst, x []float64) error {
	if err := m.checkRow("mltest.toyClassModel.ProbaRow", x); err != nil {
		return err
	}
	if len(dst) != m.K {
		if m.Fault == "unchecked destination" {
			return nil
		}
		return ml.BadShape("mltest.toyClassModel.ProbaRow", "dst", fmt.Sprint(len(dst)), fmt.Sprint(m.K))
	}
	m.share(dst, x)
	if m.Fault == "row writes" {
		x[0]++
	}
	return nil
}

func (m *toyClassModel) PredictInto(dst []int, x tensor.Matrix) error {
	const where = "mltest.toyClassModel.PredictInto"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return err
	}
	n, p := x.Dims()
	for i := range n {
		for j := range p {
			if v := x.At(i, j); math.IsNaN(v) || math.IsInf(v, 0) {
				return ml.NotFinite(where, m.Columns, i, j, v)
			}
		}
	}
	if n != len(dst) {
		return ml.BadShape(where, "dst", fmt.Sprint(len(dst)), fmt.Sprint(n))
	}
	if m.Fault == "into allocates" {
		sink = make([]float64, len(dst))
	}
	m.into(dst, x)
	if m.Fault == "into differs" {
		dst[0] ^= 1
	}
	return nil
}

// Restore rejects a file whose lists do not fit together.
func (m *toyClassModel) Restore() error {
	if m.K < 1 || len(m.Seen) != m.K || len(m.Means) != m.K*m.Info.Features {
		return &ml.Error{Where: "mltest.toyClassModel", Found: "lists of other lengths", Kind: ml.ErrFormat}
	}
	return nil
}

// toyForgetful has a field that JSON does not see.
type toyForgetful struct {
	Steps  int
	hidden int
}

func (c toyForgetful) Fit(ctx context.Context, d ml.Dataset[int]) (*toyClassModel, error) {
	m, err := toyClassifier{Steps: c.Steps}.Fit(ctx, d)
	if m != nil {
		m.Config = toyForgetful{Steps: c.Steps}
	}
	return m, err
}

// toyZero panics when its config is zero.
type toyZero struct{ Steps int }

func (c toyZero) Fit(ctx context.Context, d ml.Dataset[int]) (*toyClassModel, error) {
	m, err := toyClassifier{Steps: 16 / c.Steps}.Fit(ctx, d)
	if m != nil {
		m.Config = c
	}
	return m, err
}

// toyPlain is registered like something that is no config.
type toyPlain struct{ Steps int }

func (c toyPlain) Fit(ctx context.Context, d ml.Dataset[int]) (*toyClassModel, error) {
	m, err := toyClassifier{Steps: c.Steps}.Fit(ctx, d)
	if m != nil {
		m.Config = c
	}
	return m, err
}
