package decomp

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/internal/spectral"
	"github.com/gopherwood-ml/ml/tensor"
)

// Affinity is how alike two rows are.
type Affinity uint8

const (
	// AffinityNeighbors is 1 for two rows that are among the Neighbors nearest of each other, themselves counted, and ½ where only one is: a sparse graph. The zero value.
	AffinityNeighbors Affinity = iota
	// AffinityRBF is exp(-Gamma·d²) of the Euclidean distance d. It keeps a number for each pair of rows.
	AffinityRBF
	// AffinityPrecomputed takes X itself for the affinities, rows x rows, dense, symmetric and not negative.
	AffinityPrecomputed
)

// String returns the name.
func (a Affinity) String() string {
	names := [...]string{"neighbors", "RBF", "precomputed"}
	if int(a) < len(names) {
		return names[a]
	}
	return fmt.Sprintf("Affinity(%d)", uint8(a))
}

// SpectralEmbedding lays rows out by the eigenvectors of the normalised Laplacian of a graph of alike rows, Laplacian eigenmaps (Belkin and Niyogi, Neural Computation 15, 2003), with the first, which is constant,
// left out: rows that hang together come to lie together. It is the embedding in which cluster.Spectral clusters.
//
// New rows are placed at the mean of the rows that they are alike to, weighted by how much (the extension of Nyström and of Bengio and others, NIPS 2003); a row that is equal to one of the training
// rows is placed where that one is.
//
// Rows of weight 0 are absent; other weights do not count. CSR is an error. Eigenvectors are found by Lanczos's method, whose start is random.
type SpectralEmbedding struct {
	Components int      // 0: 2
	Affinity   Affinity // 0: AffinityNeighbors
	Gamma      float64  // of AffinityRBF; 0: 1 over the columns
	Neighbors  int      // of AffinityNeighbors, the row itself counted; 0: a tenth of the rows
	Seed       uint64
}

var _ ml.Fitter[ml.Table, *SpectralEmbeddingModel] = SpectralEmbedding{}

// SpectralEmbeddingModel are rows and their places. [SpectralEmbedding] returns it.
type SpectralEmbeddingModel struct {
	ml.Fitted
	Embedding   *tensor.Tensor[float64] // of the rows of positive weight, rows x Components; in each column the largest number is positive
	Rows        *tensor.Tensor[float64] // of positive weight; nil if affinities are given
	From        []int                   // the rows of positive weight, if affinities are given and there are others; else nil
	Eigenvalues []float64               // of the components, rising

	gamma     float64
	neighbors int
	placed    *placed // without points if affinities are given
	spare     *sync.Pool
}

// Fit lays the rows out.
func (c SpectralEmbedding) Fit(ctx context.Context, t ml.Table) (*SpectralEmbeddingModel, error) {
	m, _, err := c.fit(ctx, t)
	return m, err
}

// FitTransform is Fit, and the places of the rows of t.
func (c SpectralEmbedding) FitTransform(ctx context.Context, t ml.Table) (*SpectralEmbeddingModel, tensor.Matrix, error) {
	m, from, err := c.fit(ctx, t)
	return withPlaces(m, t, from, err)
}

func (c *SpectralEmbedding) resolve(where string) error {
	switch {
	case c.Components < 0:
		return ml.BadConfig(where, "Components", c.Components, ">= 1, or 0 for 2")
	case c.Affinity > AffinityPrecomputed:
		return ml.BadConfig(where, "Affinity", c.Affinity, "AffinityNeighbors, AffinityRBF or AffinityPrecomputed")
	case !(c.Gamma >= 0 && c.Gamma <= math.MaxFloat64) || c.Gamma > 0 && c.Affinity != AffinityRBF:
		return ml.BadConfig(where, "Gamma", c.Gamma, "> 0 with AffinityRBF, or 0 for 1 over the columns")
	case c.Neighbors < 0 || c.Neighbors > 0 && c.Affinity != AffinityNeighbors:
		return ml.BadConfig(where, "Neighbors", c.Neighbors, ">= 1 with AffinityNeighbors, or 0 for a tenth of the rows")
	}
	c.Components = cmp.Or(c.Components, 2)
	return nil
}

func (c SpectralEmbedding) fit(ctx context.Context, t ml.Table) (*SpectralEmbeddingModel, []int, error) {
	const where = "decomp.SpectralEmbedding.Fit"
	if err := begin(ctx, where, t, c.resolve); err != nil {
		return nil, nil, err
	}
	m := &SpectralEmbeddingModel{Fitted: ml.NewFitted(t, nil, c)}
	x, from := kept(t)
	n := len(from)
	if c.Components >= n {
		return nil, nil, ml.BadConfig(where, "Components", c.Components, fmt.Sprintf("below the rows, %d", n))
	}
	g := &spectral.Graph{N: n}
	m.Embedding, m.Eigenvalues = tensor.New[float64](n, c.Components), make([]float64, c.Components)
	if c.Affinity == AffinityPrecomputed {
		if all, _ := t.X.Dims(); n < all {
			m.From = from
		}
		var err error
		if g.Dense, err = givenAffinities(where, t, from); err != nil {
			return nil, nil, err
		}
	} else {
		m.Rows = x
		if err := m.open(where, c); err != nil {
			return nil, nil, err
		}
		m.graph(g, c)
	}
	_, parts := g.Parts()
	e, ok := spectral.Solver{Count: c.Components + 1, Seed: c.Seed}.Embed(ctx, g)
	if err := ml.Done(ctx); err != nil {
		return nil, nil, err
	}
	if !ok {
		return nil, nil, &ml.Error{Where: where, Field: "X", Found: "affinities whose sums or eigenvectors are not finite", Want: "smaller ones", Kind: ml.ErrNotFinite}
	}
	if parts > 1 {
		m.Info.Note = fmt.Sprintf("the graph is in %d parts, which the first components tell apart", parts)
	}
	m.Info.Iterations, m.Info.Gap, m.Info.Status = e.Result.Iterations, e.Result.Gap, ml.Converged
	if !e.Result.Done {
		m.Info.Status = ml.MaxIter
	}
	copy(m.Eigenvalues, e.Values[1:])
	for i := range n {
		copy(m.Embedding.Row(i), e.Vectors[i*(c.Components+1)+1:(i+1)*(c.Components+1)])
	}
	turn(m.Embedding)
	if err := cmp.Or(m.open(where, c), ml.Done(ctx)); err != nil {
		return nil, nil, err
	}
	return m, from, nil
}

// turn makes the largest number of each column positive, the first of equals.
func turn(y *tensor.Tensor[float64]) {
	n, c := y.Dims()
	for k := range c {
		at := 0
		for i := range n {
			if math.Abs(y.Row(i)[k]) > math.Abs(y.Row(at)[k]) {
				at = i
			}
		}
		if y.Row(at)[k] < 0 {
			for i := range n {
				y.Row(i)[k] = -y.Row(i)[k]
			}
		}
	}
}

// givenAffinities are those between rows of positive weight, the diagonal 0.
func givenAffinities(where string, t ml.Table, from []int) ([]float64, error) {
	all, d := t.X.Dims()
	if all != d {
		return nil, ml.BadShape(where, "X", fmt.Sprintf("%d x %d", all, d), "as many columns as rows: affinities")
	}
	n, largest := len(from), 0.0
	out := make([]float64, n*n)
	r, buf := rows.Of(t.X), make([]float64, d)
	for a, i := range from {
		row := r.Row(i, buf)
		for b, j := range from {
			if row[j] < 0 {
				return nil, &ml.Error{Where: where, Field: fmt.Sprintf("X[%d, %d]", i, j), Found: fmt.Sprint(row[j]), Want: "an affinity >= 0", Kind: ml.ErrConfig}
			}
			if a != b {
				out[a*n+b] = row[j]
				largest = max(largest, row[j])
			}
		}
	}
	if err := checkSymmetric(where, out, from, 1e-10*largest); err != nil {
		return nil, err
	}
	return out, nil
}

// graph makes the affinities of the rows.
func (m *SpectralEmbeddingModel) graph(g *spectral.Graph, c SpectralEmbedding) {
	p := m.placed.points
	if c.Affinity == AffinityNeighbors {
		lists := make([][]int32, p.N)
		near.Each(m.placed.index, rows.Of(m.Rows), m.neighbors, func(i int, found []near.Neighbor) {
			for _, f := range found {
				lists[i] = append(lists[i], int32(f.Index))
			}
		})
		g.Join(lists)
		return
	}
	g.Dense = make([]float64, p.N*p.N)
	par.For(p.N, p.N*(p.D+10), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := g.Dense[i*p.N : (i+1)*p.N]
			m.alike(row, p.Row(i))
			row[i] = 0
		}
	})
}

// alike are the affinities of a row with all rows of the fit.
func (m *SpectralEmbeddingModel) alike(dst, x []float64) {
	m.placed.points.Distances(dst, x, near.MeasureOf(nil))
	for i, v := range dst {
		dst[i] = -m.gamma * v * v
	}
	kern.ExpPortable(dst, dst)
}

// open makes the model ready for questions.
func (m *SpectralEmbeddingModel) open(where string, c SpectralEmbedding) error {
	m.spare = &sync.Pool{New: func() any { return new(asking) }}
	if len(m.Eigenvalues) != c.Components || !rows.AllFinite(m.Eigenvalues) {
		return unsound(where, "Eigenvalues", fmt.Sprintf("%d", len(m.Eigenvalues)), "a finite one for each component")
	}
	if c.Affinity == AffinityPrecomputed {
		if m.Embedding == nil || len(m.Embedding.Shape()) != 2 {
			return unsound(where, "Embedding", "none", "one")
		}
		n := m.Embedding.Shape()[0]
		if err := checkTensor(where, "Embedding", m.Embedding, n, c.Components); err != nil {
			return err
		}
		if _, err := openReach(where, &m.Fitted, true, m.Rows, m.From, n, nil); err != nil {
			return err
		}
		m.placed = &placed{y: m.Embedding.Data(), c: c.Components, points: near.Points{N: n}}
		return nil
	}
	if m.From != nil {
		return unsound(where, "From", "there", "none, where there are rows")
	}
	var err error
	if m.placed, err = openPlaced(where, &m.Fitted, m.Rows, m.Embedding, c.Components, nil); err != nil {
		return err
	}
	m.gamma = cmp.Or(c.Gamma, 1/float64(m.Info.Features))
	m.neighbors = min(cmp.Or(c.Neighbors, max(m.placed.points.N/10, 1)), m.placed.points.N)
	return nil
}

// Restore checks a model that was read from a file.
func (m *SpectralEmbeddingModel) Restore() error {
	const where = "decomp.SpectralEmbeddingModel"
	c, ok := m.Config.(SpectralEmbedding)
	if !ok {
		return unsound(where, "Config", fmt.Sprintf("%T", m.Config), "a decomp.SpectralEmbedding")
	}
	if err := c.resolve(where); err != nil {
		return err
	}
	return m.open(where, c)
}

// Transform places new rows, rows x Components. With AffinityPrecomputed, x holds their affinities with the rows of the fit. A row costs a search, or O(rows of the fit · columns).
func (m *SpectralEmbeddingModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return placeAll(m, m.placed, x)
}

// TransformInto is Transform into dst, rows x Components.
func (m *SpectralEmbeddingModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return placeInto("decomp.SpectralEmbeddingModel.Transform", &m.Fitted, m.spare, m.placed.c, dst, x, m.place)
}

// TransformRow is Transform of a single row into dst, Components long, without allocating.
func (m *SpectralEmbeddingModel) TransformRow(dst, x []float64) error {
	return placeRow("decomp.SpectralEmbeddingModel.TransformRow", &m.Fitted, m.spare, m.placed.c, dst, x, m.place)
}

// Out names the components: spectral0, spectral1, ..., each made of all columns.
func (m *SpectralEmbeddingModel) Out() []ml.Column {
	return embeddingColumns("spectral", m.placed.c, m.Info.Features)
}

func (m *SpectralEmbeddingModel) place(a *asking, dst, x []float64) {
	c, p := m.Config.(SpectralEmbedding), m.placed
	clear(dst)
	sum := 0.0
	add := func(i int, v float64) {
		sum += v
		for k := range dst {
			dst[k] += float64(v * p.y[i*p.c+k])
		}
	}
	switch c.Affinity {
	case AffinityPrecomputed:
		for i := range p.points.N {
			if m.From != nil {
				add(i, x[m.From[i]])
			} else {
				add(i, x[i])
			}
		}
	default:
		found := p.index.Nearest(&a.Search, x, m.neighbors)
		if found[0].Value == 0 {
			copy(dst, p.y[found[0].Index*p.c:])
			return
		}
		if c.Affinity == AffinityNeighbors {
			for _, f := range found {
				add(f.Index, 1)
			}
			break
		}
		first := found[0].Index
		alike := floats(&a.d, p.points.N)
		m.alike(alike, x)
		for i, v := range alike {
			add(i, v)
		}
		if sum == 0 { // farther than exp can tell
			add(first, 1)
		}
	}
	for k := range dst {
		// An eigenvector is the mean of its neighbours over 1 less the eigenvalue; one of 1 and above says nothing of what is near.
		if scale := sum * (1 - m.Eigenvalues[k]); scale > 1e-6*sum {
			dst[k] /= scale
		} else {
			dst[k] = 0
		}
	}
}
