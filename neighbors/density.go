package neighbors

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"sort"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// BandwidthRule chooses a bandwidth from the number of rows n and of columns d. Both are for columns of unit spread: scale them first.
type BandwidthRule uint8

const (
	// Scott is n^(-1/(d+4)) (Scott, Multivariate Density Estimation, 1992). The zero value.
	Scott BandwidthRule = iota
	// Silverman is (n(d+2)/4)^(-1/(d+4)) (Silverman, Density Estimation for Statistics and Data Analysis, 1986).
	Silverman
)

// String returns the name.
func (b BandwidthRule) String() string {
	names := [...]string{"Scott", "Silverman"}
	if int(b) < len(names) {
		return names[b]
	}
	return fmt.Sprintf("BandwidthRule(%d)", uint8(b))
}

// KernelDensity estimates the density of rows by a sum of kernels, one about each training row (Rosenblatt, Annals of Mathematical Statistics 27, 1956; Parzen, 33, 1962). A row of weight w counts w times, one
// of weight 0 is absent.
//
// Densities integrate to one for Euclidean, Manhattan, Chebyshev and Minkowski distances; for others they are right up to a factor, which is Euclid's. Kernels that end are summed over the rows within a bandwidth, which
// trees find; the Gaussian and the exponential one over all rows, O(rows · columns) a query, unless a tolerance lets a KD-tree leave far rows together. The model keeps the training rows, in double
// precision. CSR is an error. A fit is not random; [DensityModel.Sample] is by its seed.
type KernelDensity struct {
	Kernel    DensityKernel    // 0: GaussianKernel
	Bandwidth float64          // > 0; 0: by the rule
	Rule      BandwidthRule    // where Bandwidth is 0. 0: Scott
	RelTol    float64          // by what share a density may be wrong, below 1. 0: exact
	AbsTol    float64          // by how much it may be wrong beside that. 0: exact
	Distance  metrics.Distance // nil: Euclidean
	Algorithm Algorithm        // 0: Auto. Tolerances are made use of by KD-trees; others are exact
	LeafSize  int              // rows of a tree's leaf; 0: 16
}

var _ ml.Fitter[ml.Table, *DensityModel] = KernelDensity{}

// DensityModel is a fitted [KernelDensity].
type DensityModel struct {
	ml.Fitted
	Rows      *tensor.Tensor[float64] // training rows of positive weight
	Weight    []float64               // of them; nil: all 1
	Bandwidth float64

	store  *store
	points near.Points
	sums   *near.Sums // where there are tolerances
	config KernelDensity
	norm   float64   // logarithm of what makes a sum of kernels a density
	below  []float64 // sums of the weights up to and including each row; nil without weights
}

// Fit keeps the rows of t and finds the bandwidth.
func (c KernelDensity) Fit(ctx context.Context, t ml.Table) (*DensityModel, error) {
	const where = "neighbors.KernelDensity.Fit"
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := dense(where, t.X); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	m := &DensityModel{Fitted: ml.NewFitted(t, nil, c), Bandwidth: c.Bandwidth}
	m.Rows, m.Weight, _ = kept(t)
	if c.Bandwidth == 0 {
		n, d := float64(m.Rows.Shape()[0]), float64(m.Rows.Shape()[1])
		if m.Weight != nil {
			n = 0
			for _, w := range m.Weight {
				n += w
			}
		}
		if c.Rule == Silverman {
			n *= (d + 2) / 4
		}
		m.Bandwidth = math.Pow(n, -1/(d+4))
	}
	if err := cmp.Or(m.ready(where), ml.Done(ctx)); err != nil {
		return nil, err
	}
	return m, nil
}

// Restore checks a model that was read from a file and makes its index.
func (m *DensityModel) Restore() error { return m.ready("neighbors.DensityModel") }

func (m *DensityModel) ready(where string) error {
	c, ok := m.Config.(KernelDensity)
	switch {
	case !ok:
		return &ml.Error{Where: where, Field: "Config", Found: fmt.Sprintf("%T", m.Config), Want: "a neighbors.KernelDensity", Kind: ml.ErrFormat}
	case c.Kernel > CosineKernel:
		return ml.BadConfig(where, "Kernel", c.Kernel, "one of the six kernels")
	case !(c.Bandwidth >= 0 && c.Bandwidth <= math.MaxFloat64):
		return ml.BadConfig(where, "Bandwidth", c.Bandwidth, "> 0, or 0 for the rule's")
	case c.Rule > Silverman:
		return ml.BadConfig(where, "Rule", c.Rule, "Scott or Silverman")
	case !(c.RelTol >= 0 && c.RelTol < 1):
		return ml.BadConfig(where, "RelTol", c.RelTol, "0 to 1")
	case !(c.AbsTol >= 0 && c.AbsTol <= math.MaxFloat64):
		return ml.BadConfig(where, "AbsTol", c.AbsTol, ">= 0")
	case !(m.Bandwidth > 0 && m.Bandwidth <= math.MaxFloat64):
		return &ml.Error{Where: where, Field: "Bandwidth", Found: fmt.Sprint(m.Bandwidth), Want: "> 0", Kind: ml.ErrFormat}
	}
	s := searching{where, c.Algorithm, c.LeafSize, c.Distance}
	if err := s.check(m.Info.Features); err != nil {
		return err
	}
	var err error
	if m.store, err = newStore(s, m.Rows, m.Weight); err != nil {
		return err
	}
	if m.Rows.Shape()[1] != m.Info.Features || m.Info.Features < 1 {
		return &ml.Error{Where: where, Field: "Rows", Found: fmt.Sprintf("%d columns", m.Rows.Shape()[1]), Want: fmt.Sprint(m.Info.Features), Kind: ml.ErrFormat}
	}
	m.config = c
	m.points = near.PointsOf(rows.Of(m.Rows))
	p := 2.0
	if n, ok := near.MeasureOf(c.Distance).(near.Norm); ok {
		p = n.P
	}
	m.norm = c.Kernel.logNorm(m.Info.Features, m.Bandwidth, p) - math.Log(m.store.whole)
	if c.RelTol > 0 || c.AbsTol > 0 {
		m.sums = near.NewSums(m.store.index, m.Weight)
	}
	if m.Weight != nil {
		m.below = make([]float64, len(m.Weight))
		sum := 0.0
		for i, w := range m.Weight {
			sum += w
			m.below[i] = sum
		}
	}
	return nil
}

// at is the logarithm of the density at q.
func (m *DensityModel) at(a *asking, q []float64) float64 {
	k := m.config.Kernel
	if m.sums != nil {
		// The tolerance of a density in units of a mean of kernels.
		absolute := m.config.AbsTol / math.Exp(m.norm+math.Log(m.store.whole))
		sum := m.sums.Sum(&a.Search, q, absolute, m.config.RelTol, func(d float64) float64 { return k.value(d / m.Bandwidth) })
		if sum > 0 || k.ends() {
			return math.Log(sum) + m.norm
		}
	}
	if k.ends() {
		sum := 0.0
		for _, n := range m.store.index.Within(&a.Search, q, m.Bandwidth) {
			v := k.value(n.Value / m.Bandwidth)
			if m.Weight != nil {
				v = float64(v * m.Weight[n.Index])
			}
			sum += v
		}
		return math.Log(sum) + m.norm
	}
	if cap(a.far) < m.points.N {
		a.far = make([]float64, m.points.N)
	}
	far := a.far[:m.points.N]
	m.points.Distances(far, q, near.MeasureOf(m.config.Distance))
	kern.Scal(1/m.Bandwidth, far, far)
	scale := -1.0
	if k == GaussianKernel {
		kern.Mul(far, far, far)
		scale = -0.5
	}
	kern.Scal(scale, far, far)
	most := kern.Max(far) // taken out, so that densities far from all rows keep their logarithm
	if !(most >= -math.MaxFloat64) {
		return math.Inf(-1)
	}
	for i := range far {
		far[i] -= most
	}
	kern.ExpPortable(far, far)
	if m.Weight != nil {
		return most + math.Log(kern.DotPortable(far, m.Weight)) + m.norm
	}
	return most + math.Log(kern.SumPortable(far)) + m.norm
}

// Predict returns the logarithm of the density at each row of x; -Inf where it is zero.
func (m *DensityModel) Predict(x tensor.Matrix) ([]float64, error) {
	if err := check("neighbors.DensityModel.Predict", &m.Fitted, x); err != nil {
		return nil, err
	}
	r := rows.Of(x)
	out := make([]float64, r.Len())
	m.each(out, r)
	return out, nil
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *DensityModel) PredictInto(dst []float64, x tensor.Matrix) error {
	const where = "neighbors.DensityModel.PredictInto"
	if err := check(where, &m.Fitted, x); err != nil {
		return err
	}
	r := rows.Of(x)
	if len(dst) != r.Len() {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprint(r.Len()))
	}
	if few(r.Len()) {
		m.some(dst, r, 0, r.Len())
		return nil
	}
	m.each(dst, r)
	return nil
}

func (m *DensityModel) each(dst []float64, r rows.Rows) {
	cost := 2000
	if !m.config.Kernel.ends() && m.sums == nil {
		cost = m.points.N * (2 + m.points.D)
	}
	par.For(r.Len(), cost, func(lo, hi int) { m.some(dst, r, lo, hi) })
}

func (m *DensityModel) some(dst []float64, r rows.Rows, lo, hi int) {
	a := m.store.pool.Get().(*asking)
	defer m.store.pool.Put(a)
	buf, _ := a.buffer(r.Cols(), 0)
	for i := lo; i < hi; i++ {
		dst[i] = m.at(a, r.Row(i, buf))
	}
}

// PredictRow is Predict of a single row, without allocating.
func (m *DensityModel) PredictRow(x []float64) (float64, error) {
	if err := ml.CheckFiniteRow("neighbors.DensityModel.PredictRow", &m.Fitted, x); err != nil {
		return 0, err
	}
	a := m.store.pool.Get().(*asking)
	defer m.store.pool.Put(a)
	return m.at(a, x), nil
}

// Sample draws n rows from the estimated density, the same ones for a seed. It is for Euclidean distances; n < 0 is an error. O(n · columns).
func (m *DensityModel) Sample(n int, seed uint64) (*tensor.Tensor[float64], error) {
	const where = "neighbors.DensityModel.Sample"
	if n < 0 {
		return nil, ml.BadConfig(where, "n", n, ">= 0")
	}
	if near.MeasureOf(m.config.Distance) != near.Measure(near.Norm{P: 2}) {
		return nil, ml.BadConfig(where, "Distance", fmt.Sprintf("%T", m.config.Distance), "metrics.Euclidean: other kernels are not round")
	}
	out := tensor.New[float64](n, m.points.D)
	r := rng.New(seed, 0)
	for i := range n {
		from := 0
		if m.below == nil {
			from = r.IntN(m.points.N)
		} else {
			u := r.Float64() * m.store.whole
			from = min(sort.Search(len(m.below), func(i int) bool { return m.below[i] > u }), m.points.N-1)
		}
		row := out.Row(i)
		rng.Normal(r, row, 0, 1)
		scale := m.Bandwidth
		if k := m.config.Kernel; k != GaussianKernel {
			size := 0.0
			for _, v := range row {
				size += float64(v * v)
			}
			scale *= k.radius(r, m.points.D) / math.Sqrt(size)
		}
		for j, v := range m.points.Row(from) {
			row[j] = v + float64(scale*row[j])
		}
	}
	return out, nil
}
