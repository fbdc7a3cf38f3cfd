package decomp

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/tensor"
)

// StreamingRule is how [StreamingPCA] learns from a row.
type StreamingRule uint8

const (
	// RuleCCIPCA keeps for each component the mean of what rows add to it, its length the variance; each component sees what those before it leave. It has no step to choose. The zero value.
	RuleCCIPCA StreamingRule = iota
	// RuleOja moves the components along the gradient of their variance, by steps that shrink as rows go by, and makes them orthonormal again.
	RuleOja
)

// String returns the name.
func (r StreamingRule) String() string {
	switch r {
	case RuleCCIPCA:
		return "CCIPCA"
	case RuleOja:
		return "Oja"
	}
	return fmt.Sprintf("StreamingRule(%d)", uint8(r))
}

// StreamingPCA is [PCA] of a stream of rows, each seen once: it keeps Components vectors and the mean, and Update goes on. By RuleCCIPCA it is candid covariance-free incremental PCA (Weng, Zhang and Hwang, IEEE TPAMI 25, 2003), by RuleOja the stochastic
// gradient ascent of Oja and Karhunen (J. Math. Anal. Appl. 106, 1985), of which Oja's rule is the case of one component.
//
// Components approach those of PCA as rows go by, the first ones sooner, and slowly where variances are close; [IncrementalPCA] is nearer after as many rows, at O(columns · (batch + Components)²) a batch. Before as many different rows as components have been seen, those that are
// lacking are filled up at right angles to the others, with a variance of 0. The order is that of falling variance once the components have settled.
//
// Rows count in their order. A row of weight k is one step of k times the weight. CSR is made dense a row at a time. Nothing is random. A row takes O(columns · Components), by RuleOja O(columns · Components²).
type StreamingPCA struct {
	Components int // 0: 10, or the columns if they are fewer
	Rule       StreamingRule
	Whiten     bool    // divide each component by its deviation
	Amnesia    float64 // how many times more than once a new row counts, so that old rows are forgotten: 2 to 4 for streams that drift. 0: all rows count alike
	Step       float64 // of RuleOja: row t moves by Step·(1+Amnesia)/t over the variance of all columns. It must be above half of that variance over the smallest gap between variances of components. 0: 10
}

var _ ml.Fitter[ml.Table, *StreamingPCAModel] = StreamingPCA{}

// StreamingPCAModel is what has been learned so far.
type StreamingPCAModel struct {
	ml.Fitted
	Mean          []float64   // of each column
	Spread        []float64   // of each column: its variance
	Vectors       [][]float64 // what the rule has learned, components x columns: by RuleCCIPCA as long as their variances, by RuleOja of length 1; 0 where no row has told of them yet
	Variance      []float64   // of each component
	VarianceRatio []float64   // shares of the variance of all columns
	Components    [][]float64 // Vectors made orthonormal, in their order
	Total         float64     // of the weights of all rows seen

	p *projection
}

func (c StreamingPCA) resolve(where string) error {
	switch {
	case c.Components < 0:
		return ml.BadConfig(where, "Components", c.Components, ">= 0")
	case c.Rule > RuleOja:
		return ml.BadConfig(where, "Rule", c.Rule, "RuleCCIPCA or RuleOja")
	case !(c.Amnesia >= 0 && c.Amnesia <= math.MaxFloat64):
		return ml.BadConfig(where, "Amnesia", c.Amnesia, "a finite number >= 0")
	case !(c.Step >= 0 && c.Step <= math.MaxFloat64):
		return ml.BadConfig(where, "Step", c.Step, "a finite number > 0, or 0 for 10")
	}
	return nil
}

// Fit goes through the rows of t.
func (c StreamingPCA) Fit(ctx context.Context, t ml.Table) (*StreamingPCAModel, error) {
	const where = "decomp.StreamingPCA.Fit"
	if err := cmp.Or(c.resolve(where), t.Check(where, ml.Accepts{}), ml.Done(ctx)); err != nil {
		return nil, err
	}
	_, p := t.X.Dims()
	if c.Components > p {
		return nil, ml.BadConfig(where, "Components", c.Components, fmt.Sprintf("%d at the most: the columns", p))
	}
	k := cmp.Or(c.Components, min(p, 10))
	m := &StreamingPCAModel{Fitted: ml.NewFitted(t, nil, c), Mean: make([]float64, p), Spread: make([]float64, p), Vectors: make([][]float64, k), Variance: make([]float64, k)}
	for i := range m.Vectors {
		m.Vectors[i] = make([]float64, p)
	}
	if err := m.learn(ctx, where, newSample(t)); err != nil {
		return nil, err
	}
	return m, nil
}

// Update goes on with the rows of t and returns a new model: the one that Fit makes of all rows in a table.
func (m *StreamingPCAModel) Update(ctx context.Context, t ml.Table) (*StreamingPCAModel, error) {
	const where = "decomp.StreamingPCAModel.Update"
	if err := cmp.Or(t.Check(where, ml.Accepts{}), ml.CheckPredict(where, &m.Fitted, t.X), ml.Done(ctx)); err != nil {
		return nil, err
	}
	next := *m
	next.Info.Rows += t.Rows()
	next.Mean, next.Spread, next.Variance = append([]float64(nil), m.Mean...), append([]float64(nil), m.Spread...), append([]float64(nil), m.Variance...)
	next.Vectors = make([][]float64, len(m.Vectors))
	for i, v := range m.Vectors {
		next.Vectors[i] = append([]float64(nil), v...)
	}
	if err := next.learn(ctx, where, newSample(t)); err != nil {
		return nil, err
	}
	return &next, nil
}

func (m *StreamingPCAModel) learn(ctx context.Context, where string, s *sample) error {
	c := m.Config.(StreamingPCA)
	row, along := make([]float64, s.p), make([]float64, len(m.Vectors))
	for i := range s.n {
		if i%1024 == 0 {
			if err := ml.Done(ctx); err != nil {
				return err
			}
		}
		weight := s.weight(i)
		m.Total += weight
		share := math.Min(1, weight*(1+c.Amnesia)/m.Total)
		copy(row, s.x.Row(s.at(i), row))
		whole := 0.0
		for j, v := range row {
			off := v - m.Mean[j]
			m.Mean[j] += float64(share * off)
			m.Spread[j] = (1 - share) * (m.Spread[j] + float64(share*off*off))
			row[j] = v - m.Mean[j]
			whole += m.Spread[j]
		}
		if c.Rule == RuleOja {
			m.ascend(row, along, share, cmp.Or(c.Step, 10), whole)
		} else {
			m.average(row, share)
		}
	}
	return tooLarge(where, m.Restore())
}

// settled is how much of a row must be left for it to tell of a component that none has told of: less is rounding.
const settled = 1e-10

// average is the step of CCIPCA. A component starts as what the first row that tells of it leaves, times its own length, which the paper leaves out: so the outcome does not depend on units.
func (m *StreamingPCAModel) average(row []float64, share float64) {
	whole := linalg.Norm(row)
	for i, v := range m.Vectors {
		left := linalg.Norm(row)
		if !(left > settled*whole) {
			if m.Variance[i] == 0 {
				return
			}
			clear(row) // what is left is rounding
		}
		if m.Variance[i] == 0 {
			for j, x := range row {
				v[j] = left * x
			}
		} else {
			pull := share * (linalg.Dot(row, v) / m.Variance[i])
			for j, x := range row {
				v[j] = float64((1-share)*v[j]) + float64(pull*x)
			}
		}
		length := linalg.Norm(v)
		m.Variance[i] = length
		if length == 0 {
			continue
		}
		linalg.Axpy(-(linalg.Dot(row, v)/length)/length, v, row)
	}
}

// ascend is the step of Oja and Karhunen. along is room for a number for each component.
func (m *StreamingPCAModel) ascend(row, along []float64, share, step, whole float64) {
	if whole > 0 {
		for i, v := range m.Vectors {
			along[i] = linalg.Dot(row, v)
			m.Variance[i] = (1 - share) * (m.Variance[i] + float64(share*along[i]*along[i]))
		}
		for i, v := range m.Vectors {
			linalg.Axpy(step*share*(along[i]/whole), row, v)
		}
	}
	size := linalg.Norm(row)
	for i, v := range m.Vectors {
		before := linalg.Norm(v)
		if before == 0 { // none has told of it: the row does, if something is left
			copy(v, row)
			before = size
		}
		if !rest(v, m.Vectors[:i], before) {
			clear(v)
			m.Variance[i] = 0
			return
		}
	}
}

// rest takes off v what lies along orthonormal vectors, and makes its length 1: twice, since the first time leaves rounding. It is false if nothing of its length before is left.
func rest(v []float64, others [][]float64, before float64) bool {
	for range 2 {
		for _, w := range others {
			linalg.Axpy(-linalg.Dot(v, w), w, v)
		}
		if !(linalg.Norm(v) > settled*before) {
			return false
		}
		unit(v)
		before = 1
	}
	return true
}

// orthonormal are the vectors made so, in their order; in the place of those that are 0 or depend on the others come axes.
func orthonormal(vectors [][]float64, p int) [][]float64 {
	out := make([][]float64, 0, len(vectors))
	axis := 0
	for _, from := range vectors {
		v := append([]float64(nil), from...)
		for ok := rest(v, out, linalg.Norm(from)); !ok; axis++ { // of all axes one at least is not in the space of fewer vectors
			clear(v)
			v[axis] = 1
			ok = rest(v, out, 1)
		}
		fixSign(v)
		out = append(out, v)
	}
	return out
}

// Restore checks a model that was read from a file and makes it ready.
func (m *StreamingPCAModel) Restore() error {
	const where = "decomp.StreamingPCAModel"
	c, ok := m.Config.(StreamingPCA)
	if !ok {
		return unsound(where, "Config", fmt.Sprintf("%T", m.Config), "a decomp.StreamingPCA")
	}
	k, p := len(m.Vectors), m.Info.Features
	if k == 0 || k > p {
		return unsound(where, "Vectors", fmt.Sprint(k), fmt.Sprintf("1 to %d, the columns", p))
	}
	if err := cmp.Or(c.resolve(where), checkRows(where, "Vectors", m.Vectors, p), checkNumbers(where, "Mean", m.Mean, p), checkNumbers(where, "Spread", m.Spread, p), checkNumbers(where, "Variance", m.Variance, k),
		checkNumbers(where, "Total", []float64{m.Total}, 1)); err != nil {
		return err
	}
	whole := 0.0
	for _, v := range m.Spread {
		whole += v
	}
	m.VarianceRatio = make([]float64, k)
	for i, v := range m.Variance {
		m.VarianceRatio[i] = ratio(v, whole)
	}
	m.Components = orthonormal(m.Vectors, p)
	if err := cmp.Or(checkNumbers(where, "VarianceRatio", m.VarianceRatio, k), checkRows(where, "Components", m.Components, p)); err != nil {
		return err
	}
	m.p = newProjection(m.Components, p, m.Mean)
	if c.Whiten {
		m.p.whiten(m.Variance)
	}
	return nil
}

func (m *StreamingPCAModel) project() *projection { return m.p }
func (m *StreamingPCAModel) fitted() *ml.Fitted   { return &m.Fitted }

// Transform maps rows to their components, rows x len(Components).
func (m *StreamingPCAModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return transform(m, "decomp.StreamingPCAModel.Transform", x)
}

// TransformInto is Transform into dst.
func (m *StreamingPCAModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return transformInto(m, "decomp.StreamingPCAModel.TransformInto", dst, x)
}

// TransformRow is Transform of a single row, without allocating.
func (m *StreamingPCAModel) TransformRow(dst, x []float64) error {
	return transformRow(m, "decomp.StreamingPCAModel.TransformRow", dst, x)
}

// Out names the components: pca0, pca1, ..., each made of all columns.
func (m *StreamingPCAModel) Out() []ml.Column {
	return embeddingColumns("pca", len(m.Components), m.Info.Features)
}

// Inverse maps components back to rows of columns, the nearest there are in the space of the components.
func (m *StreamingPCAModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	return back("decomp.StreamingPCAModel.Inverse", x, m.Components, m.Mean, m.p.scale)
}
