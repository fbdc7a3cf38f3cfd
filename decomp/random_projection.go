package decomp

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// RandomProjection maps rows to fewer numbers by products with random vectors, which keep squared distances to within a share Eps of themselves (Johnson and Lindenstrauss, 1984; Dasgupta and Gupta, Random
// Structures and Algorithms 22, 2003): nothing is learned but the number of columns, so it is the cheapest way to make wide rows narrow.
//
// Vectors are normal, or, with Density, mostly zeros and otherwise of one size (Achlioptas, JCSS 66, 2003; Li, Hastie and Church, KDD 2006), in either case kept and multiplied as dense vectors, Components x columns numbers. CSR stays sparse. Weights do not matter. A row takes
// O(nonzeros · Components). Everything random comes from Seed.
type RandomProjection struct {
	Components int     // 0: as many as JohnsonLindenstrauss asks for, which must be no more than there are columns
	Eps        float64 // 0: 0.1
	Density    float64 // share of numbers that are not 0, up to 1. 0: normal numbers; negative: 1/√columns
	Seed       uint64
}

var _ ml.Fitter[ml.Table, *RandomProjectionModel] = RandomProjection{}

// RandomProjectionModel is a set of random vectors.
type RandomProjectionModel struct {
	ml.Fitted
	Components [][]float64 // the vectors

	p    *projection
	pinv [][]float64
	undo sync.Once
}

// JohnsonLindenstrauss is the least number of components that keeps all squared distances among n rows to within a share eps of themselves, 0 < eps < 1, with a good chance: 4 log n / (eps²/2 - eps³/3).
func JohnsonLindenstrauss(n int, eps float64) (int, error) {
	if n < 1 || !(eps > 0 && eps < 1) {
		return 0, ml.BadConfig("decomp.JohnsonLindenstrauss", "n and eps", fmt.Sprint(n, eps), "a row or more, and a share between 0 and 1")
	}
	return int(4 * math.Log(float64(n)) / (eps*eps/2 - eps*eps*eps/3)), nil
}

func (c *RandomProjection) resolve(where string) error {
	c.Eps = cmp.Or(c.Eps, 0.1)
	switch {
	case c.Components < 0 || c.Components > 1<<24:
		return ml.BadConfig(where, "Components", c.Components, "1 to 16777216, or 0 to go by Eps")
	case !(c.Eps > 0 && c.Eps < 1):
		return ml.BadConfig(where, "Eps", c.Eps, "between 0 and 1, or 0 for 0.1")
	case !(c.Density <= 1 && c.Density >= -math.MaxFloat64):
		return ml.BadConfig(where, "Density", c.Density, "up to 1")
	}
	return nil
}

// Fit counts the columns of t, and its rows if Components is 0.
func (c RandomProjection) Fit(ctx context.Context, t ml.Table) (*RandomProjectionModel, error) {
	const where = "decomp.RandomProjection.Fit"
	if err := cmp.Or(c.resolve(where), t.Check(where, ml.Accepts{}), ml.Done(ctx)); err != nil {
		return nil, err
	}
	n, p := t.X.Dims()
	m := &RandomProjectionModel{Fitted: ml.NewFitted(t, nil, c)}
	k := c.Components
	if c.Components == 0 {
		rows := newSample(t).n
		var err error
		if k, err = JohnsonLindenstrauss(max(rows, 2), c.Eps); err != nil {
			return nil, err
		}
		if k > p {
			return nil, ml.BadConfig(where, "Eps", c.Eps, fmt.Sprintf("a larger one, or Components: %d rows would take %d components, and there are %d columns", n, k, p))
		}
		k = max(k, 1)
	}
	m.draw(c, k, p)
	return m, m.Restore()
}

// draw makes the vectors: those of a column depend on it and the seed alone.
func (m *RandomProjectionModel) draw(c RandomProjection, k, p int) {
	density := c.Density
	if density < 0 {
		density = 1 / math.Sqrt(float64(p))
	}
	m.Components = make([][]float64, k)
	for i := range m.Components {
		m.Components[i] = make([]float64, p)
	}
	column := make([]float64, k)
	for j := range p {
		r := rng.New(c.Seed, uint64(j))
		if density == 0 {
			rng.Normal(r, column, 0, 1/math.Sqrt(float64(k)))
		}
		size := 1 / math.Sqrt(density*float64(k))
		for i := range column {
			if density > 0 {
				column[i] = 0
				if u := r.Float64(); u < density/2 {
					column[i] = size
				} else if u < density {
					column[i] = -size
				}
			}
			m.Components[i][j] = column[i]
		}
	}
}

// Restore checks a model that was read from a file and makes it ready.
func (m *RandomProjectionModel) Restore() error {
	const where = "decomp.RandomProjectionModel"
	c, ok := m.Config.(RandomProjection)
	if !ok {
		return unsound(where, "Config", fmt.Sprintf("%T", m.Config), "a decomp.RandomProjection")
	}
	if err := c.resolve(where); err != nil {
		return err
	}
	if k := len(m.Components); k < 1 || c.Components > 0 && k != c.Components {
		return unsound(where, "Components", fmt.Sprintf("%d vectors", k), "as many as the config says")
	}
	if err := checkRows(where, "Components", m.Components, m.Info.Features); err != nil {
		return err
	}
	m.p = newProjection(m.Components, m.Info.Features, nil)
	return nil
}

func (m *RandomProjectionModel) project() *projection { return m.p }
func (m *RandomProjectionModel) fitted() *ml.Fitted   { return &m.Fitted }

// Transform maps rows, rows x Components.
func (m *RandomProjectionModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return transform(m, "decomp.RandomProjectionModel.Transform", x)
}

// TransformInto is Transform into dst.
func (m *RandomProjectionModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return transformInto(m, "decomp.RandomProjectionModel.TransformInto", dst, x)
}

// TransformRow is Transform of a single row, without allocating.
func (m *RandomProjectionModel) TransformRow(dst, x []float64) error {
	return transformRow(m, "decomp.RandomProjectionModel.TransformRow", dst, x)
}

// Out names the components: projection0, projection1, ..., each made of all columns.
func (m *RandomProjectionModel) Out() []ml.Column {
	return embeddingColumns("projection", len(m.Components), m.Info.Features)
}

// Inverse gives the smallest rows that have these components, by the pseudo-inverse, which the first call works out: O(columns · Components · min(columns, Components)).
func (m *RandomProjectionModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "decomp.RandomProjectionModel.Inverse"
	m.undo.Do(func() {
		k, p := m.p.k, m.p.p
		s, ok := linalg.NewSVD(append([]float64(nil), m.p.w...), p, k, linalg.ThinVectors)
		if !ok {
			return
		}
		flat := make([]float64, k*p)
		s.PseudoInverse(p, k, 1e-13*s.Values[0], flat)
		for i := range k {
			m.pinv = append(m.pinv, flat[i*p:(i+1)*p])
		}
	})
	if m.pinv == nil {
		return nil, &ml.Error{Where: where, Field: "the vectors", Found: "not to be decomposed", Want: "finite numbers", Kind: ml.ErrNotFinite}
	}
	return back(where, x, m.pinv, nil, nil)
}
