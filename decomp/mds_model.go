package decomp

import (
	"fmt"
	"math"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/isotonic"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/tensor"
)

// Restore checks a model that was read from a file.
func (m *MDSModel) Restore() error {
	const where = "decomp.MDSModel"
	var c ClassicalMDS
	classical, nonMetric := false, false
	switch config := m.Config.(type) {
	case ClassicalMDS:
		c, classical = config, true
	case MDS:
		if err := config.resolve(where); err != nil {
			return err
		}
		c, nonMetric = config.classical(), config.NonMetric
	default:
		return unsound(where, "Config", fmt.Sprintf("%T", m.Config), "a decomp.ClassicalMDS or decomp.MDS")
	}
	if err := c.resolve(where); err != nil {
		return err
	}
	if m.Embedding == nil || len(m.Embedding.Shape()) != 2 {
		return unsound(where, "Embedding", "none", "one")
	}
	n := m.Embedding.Shape()[0]
	if err := checkTensor(where, "Embedding", m.Embedding, n, c.Components); err != nil {
		return err
	}
	var err error
	if m.reach, err = openReach(where, &m.Fitted, c.Precomputed, m.Rows, m.From, n, c.Distance); err != nil {
		return err
	}
	switch {
	case classical && (len(m.Eigenvalues) != c.Components || len(m.Means) != n || !linalg.AllFinite(m.Eigenvalues) || !linalg.AllFinite(m.Means)):
		return unsound(where, "Eigenvalues and Means", "of other lengths, or not finite", "one for each component and row")
	case len(m.Knots) != len(m.Disparity) || !nonMetric && len(m.Knots) > 0 || !linalg.AllFinite(m.Knots) || !linalg.AllFinite(m.Disparity):
		return unsound(where, "Knots and Disparity", fmt.Sprintf("%d and %d", len(m.Knots), len(m.Disparity)), "as many finite ones, of a non-metric MDS only")
	}
	for k := range m.Knots {
		if k > 0 && !(m.Knots[k] > m.Knots[k-1] && m.Disparity[k] >= m.Disparity[k-1]) {
			return unsound(where, fmt.Sprintf("Knots[%d]", k), fmt.Sprint(m.Knots[k]), "rising ones")
		}
	}
	m.components = c.Components
	if classical {
		m.scaling = &scaling{n: n, c: c.Components, values: m.Eigenvalues, y: m.Embedding.Data(), means: m.Means, whole: mean(m.Means)}
	}
	m.spare = &sync.Pool{New: func() any { return new(asking) }}
	return nil
}

// Transform places new rows among those of the fit, which stay where they are, rows x Components. A classical layout takes the products that follow from their distances; others go on from the place of the
// nearest row, by the steps of the fit, until they move no more, 300 at the most; a row at no distance from one of the fit's lies there. A row costs O(rows of the fit · columns), and for each step
// O(rows of the fit · components).
func (m *MDSModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return placeAll(m, &placed{c: m.components}, x)
}

// TransformInto is Transform into dst, rows x Components.
func (m *MDSModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return placeInto("decomp.MDSModel.Transform", &m.Fitted, m.spare, m.components, dst, x, m.place)
}

// TransformRow is Transform of a single row into dst, Components long, without allocating.
func (m *MDSModel) TransformRow(dst, x []float64) error {
	return placeRow("decomp.MDSModel.TransformRow", &m.Fitted, m.spare, m.components, dst, x, m.place)
}

// Out names the components: mds0, mds1, ..., each made of all columns.
func (m *MDSModel) Out() []ml.Column { return embeddingColumns("mds", m.components, m.Info.Features) }

func (m *MDSModel) place(a *asking, dst, x []float64) {
	far := floats(&a.d, m.reach.n)
	m.reach.to(far, x)
	if m.scaling != nil {
		m.scaling.put(dst, far)
		return
	}
	least := 0
	for i, v := range far {
		if v < far[least] {
			least = i
		}
		if !(v <= math.MaxFloat64) {
			dst[0] = math.Inf(1) // the caller tells
			return
		}
	}
	n, c, y := m.reach.n, m.components, m.Embedding.Data()
	copy(dst, y[least*c:(least+1)*c])
	if far[least] <= 0 {
		return
	}
	if len(m.Knots) > 0 {
		curve := isotonic.Curve{X: m.Knots, Y: m.Disparity}
		for i, v := range far {
			far[i] = curve.At(v)
		}
	}
	next := floats(&a.p, c)
	for range 300 {
		clear(next)
		for i, v := range far {
			place := y[i*c : (i+1)*c]
			square := 0.0
			for k, p := range place {
				square += float64((dst[k] - p) * (dst[k] - p))
			}
			ratio := v / nonzero(math.Sqrt(square))
			for k, p := range place {
				step := dst[k] - p
				if square == 0 && k == 0 {
					step = 1e-5 // off the row that it began at, along the first component
				}
				next[k] += (p + float64(ratio*step)) / float64(n)
			}
		}
		moved, size := 0.0, 0.0
		for k, v := range next {
			moved += math.Abs(v - dst[k])
			size += math.Abs(v)
			dst[k] = v
		}
		if moved <= 1e-9*size {
			break
		}
	}
}
