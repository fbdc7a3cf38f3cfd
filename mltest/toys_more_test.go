package mltest

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// toyRegressor adds up a slope for each column, fitted alone. With Missing it passes over missing numbers; with Coded a
// category is a number like any other, and a missing one is nothing.
type toyRegressor struct {
	Missing, Coded bool
	Fault          string
}

type toyRegressionModel struct {
	ml.Fitted
	Mean  float64
	Means []float64
	Slope []float64
	Skip  bool
}

// Accepts says what the switches allow.
func (c toyRegressor) Accepts() ml.Accepts {
	a := ml.Accepts{Missing: c.Missing || c.Coded, Categorical: c.Coded}
	switch c.Fault {
	case "promises missing values":
		a.Missing = true
	case "promises categories":
		a.Categorical = true
	case "hides that it takes missing values":
		a.Missing = false
	}
	return a
}

func (c toyRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*toyRegressionModel, error) {
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	if err := d.Check("mltest.toyRegressor.Fit", ml.Accepts{Missing: c.Missing || c.Coded, Categorical: c.Coded}); err != nil {
		return nil, err
	}
	n, p := d.X.Dims()
	m := &toyRegressionModel{Means: make([]float64, p), Slope: make([]float64, p), Skip: c.Missing || c.Coded}
	weight := func(i int) float64 {
		if d.Weight == nil {
			return 1
		}
		return d.Weight[i]
	}
	total := 0.0
	for i, y := range d.Y {
		m.Mean += weight(i) * y
		total += weight(i)
	}
	m.Mean /= total
	row, sw, sxx, sxy := make([]float64, p), make([]float64, p), make([]float64, p), make([]float64, p)
	for i := range n {
		gather(row, d.X, i)
		for j, v := range row {
			if !math.IsNaN(v) {
				sw[j] += weight(i)
				m.Means[j] += weight(i) * v
			}
		}
	}
	for j := range p {
		m.Means[j] /= max(sw[j], 1e-300)
	}
	for i := range n {
		gather(row, d.X, i)
		for j, v := range row {
			if z := v - m.Means[j]; !math.IsNaN(z) {
				sxx[j] += weight(i) * z * z
				sxy[j] += weight(i) * z * (d.Y[i] - m.Mean)
			}
		}
	}
	for j := range p {
		if sxx[j] > 1e-12 || c.Fault == "constant columns" {
			m.Slope[j] = sxy[j] / sxx[j] / float64(p)
		}
	}
	m.Fitted = ml.NewFitted(d.Table, nil, c)
	return m, nil
}

func (m *toyRegressionModel) Predict(x tensor.Matrix) ([]float64, error) {
	if err := ml.CheckPredict("mltest.toyRegressionModel.Predict", &m.Fitted, x); err != nil {
		return nil, err
	}
	if err := ml.CheckFinite("mltest.toyRegressionModel.Predict", &m.Fitted, x, m.Skip); err != nil {
		return nil, err
	}
	n, p := x.Dims()
	y := make([]float64, n)
	row := make([]float64, p)
	for i := range n {
		y[i] = m.Mean
		gather(row, x, i)
		for j, v := range row {
			if !math.IsNaN(v) {
				y[i] += m.Slope[j] * (v - m.Means[j])
			}
		}
	}
	return y, nil
}

// toyCentre subtracts the mean of each column.
type toyCentre struct{ Fault string }

type toyCentreModel struct {
	ml.Fitted
	Mean  []float64
	Total float64 // weight
	Fault string
}

func (c toyCentre) Fit(ctx context.Context, t ml.Table) (*toyCentreModel, error) {
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	if err := t.Check("mltest.toyCentre.Fit", ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := c.refuseSparse("mltest.toyCentre.Fit", t.X); err != nil {
		return nil, err
	}
	n, p := t.X.Dims()
	m := &toyCentreModel{Mean: make([]float64, p), Fault: c.Fault}
	for i := range n {
		w := 1.0
		if t.Weight != nil {
			w = t.Weight[i]
		}
		m.Total += w
		for j := range p {
			m.Mean[j] += w * t.X.At(i, j)
		}
	}
	for j := range p {
		m.Mean[j] /= m.Total
	}
	m.Fitted = ml.NewFitted(t, nil, c)
	return m, nil
}

// refuseSparse: centred, nearly every zero is another number.
func (c toyCentre) refuseSparse(where string, x tensor.Matrix) error {
	switch x.(type) {
	case *tensor.CSR[float64], *tensor.CSR[float32]:
		return &ml.Error{Where: where, Field: "X", Found: "a CSR matrix", Want: "dense rows", Kind: ml.ErrConfig}
	}
	return nil
}

func (c toyCentre) FitTransform(ctx context.Context, t ml.Table) (*toyCentreModel, tensor.Matrix, error) {
	m, err := c.Fit(ctx, t)
	if err != nil {
		return nil, nil, err
	}
	x, err := m.Transform(t.X)
	if err == nil && c.Fault == "training rows differ" {
		x.(*tensor.Tensor[float64]).Row(1)[1] += 0.01
	}
	if c.Fault == "training fits otherwise" {
		m.Mean[0]++
	}
	return m, x, err
}

// Update joins the means of the old rows and the new ones.
func (m *toyCentreModel) Update(ctx context.Context, t ml.Table) (*toyCentreModel, error) {
	if m.Fault != "update unchecked" && t.X != nil {
		if err := ml.CheckPredict("mltest.toyCentreModel.Update", &m.Fitted, t.X); err != nil {
			return nil, err
		}
	}
	more, err := toyCentre{}.Fit(ctx, t)
	if err != nil {
		return nil, err
	}
	next := &toyCentreModel{Fitted: m.Fitted, Total: m.Total + more.Total, Fault: m.Fault}
	next.Info.Rows += more.Info.Rows
	for j := range m.Mean {
		next.Mean = append(next.Mean, (m.Total*m.Mean[j]+more.Total*more.Mean[j])/next.Total)
	}
	if m.Fault == "updates in place" {
		m.Mean[0] = next.Mean[0]
	}
	if m.Fault == "returns itself" {
		return m, nil
	}
	return next, nil
}

func (m *toyCentreModel) Out() []ml.Column {
	columns := copyOf(m.Columns)
	switch {
	case m.Fault == "no columns out":
		return make([]ml.Column, m.Info.Features+1)
	case columns == nil:
		columns = make([]ml.Column, m.Info.Features)
	case m.Fault == "gives away columns":
		columns = m.Columns
	case m.Fault == "one name":
		for j := range columns {
			columns[j].Name = "centred"
		}
	case m.Fault == "nameless":
		columns[1].Name = ""
	}
	if m.Fault == "from nowhere" {
		columns[0].From = []int{m.Info.Features}
	}
	if m.Fault == "from twice" {
		columns[0].From = []int{0, 0}
	}
	if m.Fault == "not codes" {
		columns[0].Kind = ml.Categorical
	}
	return columns
}

func (m *toyCentreModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return m.move(x, "mltest.toyCentreModel.Transform", -1)
}

func (m *toyCentreModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	if m.Fault == "inverse unchecked" {
		n, p := x.Dims()
		if p != m.Info.Features {
			return tensor.New[float64](n, p), nil
		}
	}
	sign := 1.0
	if m.Fault == "inverse off" {
		sign = 1 + 1e-4
	}
	return m.move(x, "mltest.toyCentreModel.Inverse", sign)
}

func (m *toyCentreModel) move(x tensor.Matrix, where string, sign float64) (tensor.Matrix, error) {
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if err := ml.CheckFinite(where, &m.Fitted, x, false); err != nil {
		return nil, err
	}
	n, p := x.Dims()
	out := tensor.New[float64](n, p)
	for i := range n {
		for j := range p {
			out.Set(x.At(i, j)+sign*m.Mean[j], i, j)
		}
	}
	if m.Fault == "drops a row" && n > 1 {
		return out.Rows(1, n), nil
	}
	return out, nil
}

func (m *toyCentreModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	const where = "mltest.toyCentreModel.TransformInto"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return err
	}
	if err := ml.CheckInto(where, dst, x, len(m.Mean)); err != nil {
		return err
	}
	if err := ml.CheckFinite(where, &m.Fitted, x, false); err != nil {
		return err
	}
	n, p := x.Dims()
	if m.Fault == "forgets the last row" {
		n--
	}
	for i := range n {
		for j := range p {
			dst.Set(x.At(i, j)-m.Mean[j], i, j)
		}
	}
	return nil
}

func (m *toyCentreModel) TransformRow(dst, x []float64) error {
	const where = "mltest.toyCentreModel.TransformRow"
	if err := ml.CheckRow(where, &m.Fitted, x); err != nil {
		return err
	}
	if len(dst) != len(x) {
		return ml.BadShape(where, "dst", fmt.Sprint(len(dst)), fmt.Sprint(len(x)))
	}
	for j, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return ml.NotFinite(where, m.Columns, 0, j, v)
		}
		if m.Fault == "forgets a column" && j == 1 {
			continue
		}
		dst[j] = v - m.Mean[j]
	}
	return nil
}

// toySplit puts rows on the two sides of the mean of their sums.
type toySplit struct{ Fault string }

type toySplitModel struct {
	ml.Fitted
	Mean  float64
	Fault string
}

func (c toySplit) Fit(ctx context.Context, t ml.Table) (*toySplitModel, error) {
	m, err := toyCentre{}.Fit(ctx, t)
	if err != nil {
		return nil, err
	}
	s := &toySplitModel{Fitted: m.Fitted, Fault: c.Fault}
	s.Config = c
	for _, v := range m.Mean {
		s.Mean += v
	}
	if c.Fault == "first row counts" {
		s.Mean += t.X.At(0, 0)
	}
	return s, nil
}

func (m *toySplitModel) Predict(x tensor.Matrix) ([]int, error) {
	if err := ml.CheckPredict("mltest.toySplitModel.Predict", &m.Fitted, x); err != nil {
		return nil, err
	}
	if err := ml.CheckFinite("mltest.toySplitModel.Predict", &m.Fitted, x, false); err != nil {
		return nil, err
	}
	n, p := x.Dims()
	y, row := make([]int, n), make([]float64, p)
	for i := range n {
		sum := 0.0
		gather(row, x, i)
		for _, v := range row {
			sum += v
		}
		if sum > m.Mean {
			y[i] = 1
		}
		if m.Fault == "codes" {
			y[i] -= 2
		}
	}
	return y, nil
}
