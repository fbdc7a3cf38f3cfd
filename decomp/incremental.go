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

// IncrementalPCA is [PCA] of rows that come in batches: Update goes on with more of them, and memory is that of a batch (Ross, Lim, Lin and Yang, IJCV 77, 2008). What a batch adds beyond Components directions is
// forgotten, so the components are those of PCA only if few directions matter or all are kept.
//
// Fit goes through its rows BatchSize at a time, in order. A row of weight k counts as k rows of its batch. CSR is made dense a batch at a time. Nothing is random. A batch takes O(columns · (batch + Components)²).
type IncrementalPCA struct {
	Components int  // 0: the smaller number of columns and rows of the first batch
	Whiten     bool // divide each component by its deviation
	BatchSize  int  // 0: five times as many rows as columns
}

var _ ml.Fitter[ml.Table, *IncrementalPCAModel] = IncrementalPCA{}

// IncrementalPCAModel is what has been learned so far.
type IncrementalPCAModel struct {
	ml.Fitted
	Mean          []float64   // of each column
	Spread        []float64   // of each column: its variance, over Total
	Components    [][]float64 // rows of length 1, the first with the largest variance
	Variance      []float64   // of each component, over Total less 1
	VarianceRatio []float64   // shares of the variance of all columns
	Singular      []float64
	Noise         float64 // the mean variance of the directions left out
	Total         float64 // of the weights of all rows seen

	p *projection
}

func (c IncrementalPCA) resolve(where string) error {
	if c.Components < 0 || c.BatchSize < 0 {
		return ml.BadConfig(where, "Components and BatchSize", fmt.Sprint(c.Components, c.BatchSize), ">= 0")
	}
	return nil
}

// Fit goes through the rows of t.
func (c IncrementalPCA) Fit(ctx context.Context, t ml.Table) (*IncrementalPCAModel, error) {
	const where = "decomp.IncrementalPCA.Fit"
	if err := cmp.Or(c.resolve(where), t.Check(where, ml.Accepts{}), ml.Done(ctx)); err != nil {
		return nil, err
	}
	_, p := t.X.Dims()
	m := &IncrementalPCAModel{Fitted: ml.NewFitted(t, nil, c), Mean: make([]float64, p), Spread: make([]float64, p)}
	if err := m.learn(ctx, where, newSample(t)); err != nil {
		return nil, err
	}
	return m, nil
}

// Update goes on with the rows of t and returns a new model.
func (m *IncrementalPCAModel) Update(ctx context.Context, t ml.Table) (*IncrementalPCAModel, error) {
	const where = "decomp.IncrementalPCAModel.Update"
	if err := cmp.Or(t.Check(where, ml.Accepts{}), ml.CheckPredict(where, &m.Fitted, t.X), ml.Done(ctx)); err != nil {
		return nil, err
	}
	next := *m
	next.Info.Rows += t.Rows()
	if err := next.learn(ctx, where, newSample(t)); err != nil {
		return nil, err
	}
	return &next, nil
}

func (m *IncrementalPCAModel) learn(ctx context.Context, where string, s *sample) error {
	c := m.Config.(IncrementalPCA)
	size := cmp.Or(c.BatchSize, 5*s.p)
	for lo := 0; lo < s.n; {
		hi := min(lo+size, s.n)
		if s.n-hi < max(c.Components, 1) { // too few for a batch of their own
			hi = s.n
		}
		if err := m.batch(where, c, s, lo, hi); err != nil {
			return err
		}
		if err := ml.Done(ctx); err != nil {
			return err
		}
		lo = hi
	}
	return tooLarge(where, m.Restore())
}

// batch decomposes what was known, a row for each component, with the new rows and a row for the way that the mean has moved.
func (m *IncrementalPCAModel) batch(where string, c IncrementalPCA, s *sample, lo, hi int) error {
	p, n, known := s.p, hi-lo, len(m.Components)
	k := c.Components
	if k == 0 {
		k = cmp.Or(known, min(n, p))
	}
	if k > p || known == 0 && k > n {
		return ml.BadConfig(where, "Components", k, fmt.Sprintf("%d at the most: the columns, and the rows of the first batch", min(n, p)))
	}
	part := s.slice(lo, hi)
	mean := part.means()
	total := m.Total + part.total
	a := make([]float64, (known+n+1)*p)
	for i, row := range m.Components {
		for j, v := range row {
			a[i*p+j] = m.Singular[i] * v
		}
	}
	part.centred(a[known*p:(known+n)*p], mean, 0, n)
	moved, spread := a[(known+n)*p:], make([]float64, p)
	share := math.Sqrt(m.Total / total * part.total)
	for j := range p {
		moved[j] = share * (m.Mean[j] - mean[j])
		sum := float64(m.Spread[j]*m.Total) + float64(moved[j]*moved[j])
		for i := range n {
			v := a[(known+i)*p+j]
			sum += float64(v * v)
		}
		spread[j] = sum / total
	}
	rows := known + n + 1
	d, ok := linalg.NewSVD(a, rows, p, linalg.ThinVectors)
	if !ok {
		return tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
	}
	width := min(rows, p)
	next := make([]float64, p)
	for j := range p {
		next[j] = float64(m.Mean[j]*(m.Total/total)) + float64(mean[j]*(part.total/total))
	}
	whole := 0.0
	for _, v := range spread {
		whole += float64(v * total)
	}
	k = min(k, width)
	m.Components, m.Variance, m.VarianceRatio = make([][]float64, k), make([]float64, k), make([]float64, k)
	m.Singular = append([]float64(nil), d.Values[:k]...)
	divisor := math.Max(total-1, 1)
	for i := range k {
		m.Components[i] = make([]float64, p)
		for j := range p {
			m.Components[i][j] = d.V[j*width+i]
		}
		fixSign(m.Components[i])
		square := d.Values[i] * d.Values[i]
		m.Variance[i] = square / divisor
		if whole > 0 {
			m.VarianceRatio[i] = square / whole
		}
	}
	m.Noise = 0
	if left := width - k; left > 0 {
		for _, v := range d.Values[k:] {
			m.Noise += v * v / divisor / float64(left)
		}
	}
	m.Mean, m.Spread, m.Total = next, spread, total
	return nil
}

// Restore checks a model that was read from a file and makes it ready.
func (m *IncrementalPCAModel) Restore() error {
	const where = "decomp.IncrementalPCAModel"
	c, ok := m.Config.(IncrementalPCA)
	if !ok {
		return unsound(where, "Config", fmt.Sprintf("%T", m.Config), "a decomp.IncrementalPCA")
	}
	k := len(m.Components)
	if k == 0 {
		return unsound(where, "Components", "none", "one or more")
	}
	if err := cmp.Or(c.resolve(where), checkRows(where, "Components", m.Components, m.Info.Features), checkNumbers(where, "Mean", m.Mean, m.Info.Features), checkNumbers(where, "Spread", m.Spread, m.Info.Features),
		checkNumbers(where, "Variance", m.Variance, k), checkNumbers(where, "VarianceRatio", m.VarianceRatio, k), checkNumbers(where, "Singular", m.Singular, k),
		checkNumbers(where, "Noise and Total", []float64{m.Noise, m.Total}, 2)); err != nil {
		return err
	}
	m.p = newProjection(m.Components, m.Info.Features, m.Mean)
	if c.Whiten {
		m.p.whiten(m.Variance)
	}
	return nil
}

func (m *IncrementalPCAModel) project() *projection { return m.p }
func (m *IncrementalPCAModel) fitted() *ml.Fitted   { return &m.Fitted }

// Transform maps rows to their components, rows x len(Components).
func (m *IncrementalPCAModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return transform(m, "decomp.IncrementalPCAModel.Transform", x)
}

// TransformInto is Transform into dst.
func (m *IncrementalPCAModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return transformInto(m, "decomp.IncrementalPCAModel.TransformInto", dst, x)
}

// TransformRow is Transform of a single row, without allocating.
func (m *IncrementalPCAModel) TransformRow(dst, x []float64) error {
	return transformRow(m, "decomp.IncrementalPCAModel.TransformRow", dst, x)
}

// Out names the components: pca0, pca1, ..., each made of all columns.
func (m *IncrementalPCAModel) Out() []ml.Column {
	return embeddingColumns("pca", len(m.Components), m.Info.Features)
}

// Inverse maps components back to rows of columns, the nearest there are in the space of the components.
func (m *IncrementalPCAModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	return back("decomp.IncrementalPCAModel.Inverse", x, m.Components, m.Mean, m.p.scale)
}
