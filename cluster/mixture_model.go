package cluster

import (
	"fmt"
	"math"
	"sort"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// MixtureModel is normal distributions and how often rows come from each. [GaussianMixture] and [BayesianGaussianMixture] return it. It is a classifier without classes to learn
// from: the class of a row is the component that it comes from most probably.
type MixtureModel struct {
	ml.Fitted
	Covariance  Covariance
	Weights     []float64               // of each component, sum 1
	Means       *tensor.Tensor[float64] // K x columns
	Covariances *tensor.Tensor[float64] // Full: K x columns x columns; Tied: columns x columns; Diagonal: K x columns; Spherical: K variances
	LowerBound  float64                 // GaussianMixture: the mean log-likelihood of a training row, before the last maximisation; BayesianGaussianMixture: the variational bound, up to a constant
	Posterior   *MixturePosterior       // what BayesianGaussianMixture knows of the parameters; nil for GaussianMixture

	g      *gaussians
	offset []float64 // of each component's log density
	buf    *sync.Pool
}

var (
	_ ml.Classifier        = (*MixtureModel)(nil)
	_ ml.RowPredictor[int] = (*MixtureModel)(nil)
	_ ml.RowProba          = (*MixtureModel)(nil)
	_ ml.Into[int]         = (*MixtureModel)(nil)
)

// Restore checks a model that was read from a file.
func (m *MixtureModel) Restore() error {
	const where = "cluster.MixtureModel"
	bad := func(field string, cause error) error {
		return &ml.Error{Where: where, Field: field, Found: "impossible numbers", Want: "those of a mixture", Kind: ml.ErrFormat, Cause: cause}
	}
	k, d := len(m.Weights), m.Info.Features
	if k == 0 || m.Covariance > Spherical {
		return bad("Weights and Covariance", nil)
	}
	if err := checkShares(where, "Weights", m.Weights, k); err != nil {
		return bad("Weights", err)
	}
	if err := checkTensor(where, "Means", m.Means, k, d); err != nil {
		return bad("Means", err)
	}
	if err := checkTensor(where, "Covariances", m.Covariances, m.Covariance.shape(k, d)...); err != nil {
		return bad("Covariances", err)
	}
	if !(math.Abs(m.LowerBound) <= math.MaxFloat64) {
		return bad("LowerBound", nil)
	}
	g, wrong := newGaussians(m.Covariance, k, d, m.Means.Data(), m.Covariances.Data())
	if wrong >= 0 {
		return bad("Covariances", nil)
	}
	m.g, m.offset = g, make([]float64, k)
	for c, w := range m.Weights {
		m.offset[c] = math.Log(w)
	}
	if p := m.Posterior; p != nil {
		if err := p.check(k, d); err != nil {
			return bad("Posterior", err)
		}
		m.offset = p.offsets(d)
	}
	m.buf = &sync.Pool{New: func() any {
		room := make([]float64, d+k+g.room(1))
		return &room
	}}
	return nil
}

// K is the number of components.
func (m *MixtureModel) K() int { return len(m.Weights) }

// Start is a start for another fit from these parameters.
func (m *MixtureModel) Start() *MixtureStart {
	return &MixtureStart{Weights: append([]float64(nil), m.Weights...), Means: m.Means.Clone(), Covariances: m.Covariances.Clone()}
}

// each gives see blocks of rows with the logarithms of density and weight of each component.
func (m *MixtureModel) each(where string, x tensor.Matrix, see func(lo, hi int, logs []float64) error) error {
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return err
	}
	if err := ml.CheckFinite(where, &m.Fitted, x, false); err != nil {
		return err
	}
	r := rows.Of(x)
	k, d := m.K(), m.Info.Features
	block := blockRows(d)
	faults := make([]error, par.Chunks(r.Len(), block))
	par.ForChunks(r.Len(), block, func(chunk, lo, hi int) {
		n := hi - lo
		room, giveBack := kern.Borrow(n*(d+k) + m.g.room(n))
		defer giveBack()
		logs := room[n*d : n*(d+k)]
		m.g.logs(logs, r.Block(lo, hi, room[:n*d]), n, m.offset, room[n*(d+k):])
		for i := range n {
			if err := m.reached(where, lo+i, logs[i*k:(i+1)*k]); err != nil {
				faults[chunk] = err
				return
			}
		}
		faults[chunk] = see(lo, hi, logs)
	})
	for _, err := range faults {
		if err != nil {
			return err
		}
	}
	return nil
}

// reached refuses a row that is so far from all components that no density can be told from 0 or its square overflowed.
func (m *MixtureModel) reached(where string, i int, logs []float64) error {
	for _, v := range logs {
		if math.Abs(v) <= math.MaxFloat64 {
			return nil
		}
	}
	return &ml.Error{Where: where, Field: fmt.Sprintf("X[%d]", i), Found: "a row infinitely far from every component", Want: "a nearer one", Kind: ml.ErrNotFinite}
}

// Predict returns the component that each row of x comes from most probably, the first of equals.
func (m *MixtureModel) Predict(x tensor.Matrix) ([]int, error) {
	var out []int
	if rows.Fault(x) == "" {
		n, _ := x.Dims()
		out = make([]int, n)
	}
	if err := m.predict("cluster.MixtureModel.Predict", out, x); err != nil {
		return nil, err
	}
	return out, nil
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *MixtureModel) PredictInto(dst []int, x tensor.Matrix) error {
	const where = "cluster.MixtureModel.PredictInto"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return err
	}
	if n, _ := x.Dims(); n != len(dst) {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprint(n))
	} else if n == 1 {
		if r := rows.Of(x); r.Direct() {
			c, err := m.PredictRow(r.Row(0, nil))
			dst[0] = c
			return err
		}
	}
	return m.predict(where, dst, x)
}

func (m *MixtureModel) predict(where string, dst []int, x tensor.Matrix) error {
	k := m.K()
	return m.each(where, x, func(lo, hi int, logs []float64) error {
		for i := lo; i < hi; i++ {
			dst[i] = kern.ArgMax(logs[(i-lo)*k : (i-lo+1)*k])
		}
		return nil
	})
}

// PredictProba returns the probability that each row comes from each component, rows x K.
func (m *MixtureModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	k, n := m.K(), 0
	if rows.Fault(x) == "" {
		n, _ = x.Dims()
	}
	out := tensor.New[float64](n, k)
	err := m.each("cluster.MixtureModel.PredictProba", x, func(lo, hi int, logs []float64) error {
		kern.SoftmaxRows(hi-lo, k, logs, k, out.Data()[lo*k:hi*k], k)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// row calls see with the logarithms of a single row.
func (m *MixtureModel) row(where string, x []float64, see func(logs []float64)) error {
	if err := ml.CheckFiniteRow(where, &m.Fitted, x); err != nil {
		return err
	}
	room := m.buf.Get().(*[]float64)
	defer m.buf.Put(room)
	k := m.K()
	logs := (*room)[:k]
	m.g.logs(logs, x, 1, m.offset, (*room)[k:])
	if err := m.reached(where, 0, logs); err != nil {
		return err
	}
	see(logs)
	return nil
}

// PredictRow returns the component that a single row comes from most probably, without allocating.
func (m *MixtureModel) PredictRow(x []float64) (best int, err error) {
	err = m.row("cluster.MixtureModel.PredictRow", x, func(logs []float64) { best = kern.ArgMax(logs) })
	return best, err
}

// ProbaRow writes the probability of each component for a single row to dst, K long, without allocating.
func (m *MixtureModel) ProbaRow(dst, x []float64) error {
	const where = "cluster.MixtureModel.ProbaRow"
	if len(dst) != m.K() {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprintf("%d, one for each component", m.K()))
	}
	return m.row(where, x, func(logs []float64) { kern.SoftmaxRows(1, len(dst), logs, len(dst), dst, len(dst)) })
}

// LogDensity returns the logarithm of the density of each row under the mixture.
func (m *MixtureModel) LogDensity(x tensor.Matrix) ([]float64, error) {
	return m.logDensity("cluster.MixtureModel.LogDensity", x, nil)
}

// logDensity fills in how probable the most probable component of each row is, if asked.
func (m *MixtureModel) logDensity(where string, x tensor.Matrix, top []float64) ([]float64, error) {
	k, n := m.K(), 0
	if rows.Fault(x) == "" {
		n, _ = x.Dims()
	}
	out := make([]float64, n)
	err := m.each(where, x, func(lo, hi int, logs []float64) error {
		kern.LogSumExpRows(out[lo:hi], k, logs, k)
		for i := lo; i < hi && top != nil; i++ {
			top[i] = kern.Max(logs[(i-lo)*k:(i-lo+1)*k]) - out[i]
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// LogLikelihood is the sum of the rows' log densities, each times its weight if weights are given.
func (m *MixtureModel) LogLikelihood(x tensor.Matrix, weight ...float64) (float64, error) {
	sum, _, _, err := m.criteria("cluster.MixtureModel.LogLikelihood", x, weight)
	return sum, err
}

func (m *MixtureModel) criteria(where string, x tensor.Matrix, weight []float64) (logLikelihood, rows, sure float64, err error) {
	if weight != nil {
		if err := (ml.Table{X: x, Weight: weight}).CheckShape(where, ml.Accepts{}); err != nil {
			return 0, 0, 0, err
		}
	}
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return 0, 0, 0, err
	}
	n, _ := x.Dims()
	top := make([]float64, n)
	logs, err := m.logDensity(where, x, top)
	for i, v := range logs {
		w := 1.0
		if weight != nil {
			w = weight[i]
		}
		logLikelihood += float64(w * v)
		sure += float64(w * top[i])
		rows += w
	}
	return logLikelihood, rows, sure, err
}

// Parameters is how many numbers the mixture is free to choose.
func (m *MixtureModel) Parameters() int {
	k, d := m.K(), m.Info.Features
	return m.Covariance.parameters(k, d) + k*d + k - 1
}

// AIC is Akaike's criterion on some rows, 2·Parameters - 2·LogLikelihood: the lower the better.
func (m *MixtureModel) AIC(x tensor.Matrix, weight ...float64) (float64, error) {
	l, _, _, err := m.criteria("cluster.MixtureModel.AIC", x, weight)
	return 2*float64(m.Parameters()) - 2*l, err
}

// BIC is Schwarz's criterion on some rows, Parameters·log(rows) - 2·LogLikelihood: the lower the better. Rows count by their weights.
func (m *MixtureModel) BIC(x tensor.Matrix, weight ...float64) (float64, error) {
	l, n, _, err := m.criteria("cluster.MixtureModel.BIC", x, weight)
	return float64(m.Parameters())*math.Log(n) - 2*l, err
}

// ICL is the integrated completed likelihood on some rows (Biernacki, Celeux and Govaert, IEEE Transactions on Pattern Analysis 22, 2000): BIC for the rows together with the
// components that Predict gives them, which are the less likely the more the components overlap. The lower the better.
func (m *MixtureModel) ICL(x tensor.Matrix, weight ...float64) (float64, error) {
	l, n, sure, err := m.criteria("cluster.MixtureModel.ICL", x, weight)
	return float64(m.Parameters())*math.Log(n) - 2*(l+sure), err
}

// Sample draws n rows and says which component each comes from.
func (m *MixtureModel) Sample(n int, seed uint64) (*tensor.Tensor[float64], []int, error) {
	if n < 0 {
		return nil, nil, ml.BadConfig("cluster.MixtureModel.Sample", "n", n, ">= 0")
	}
	r := rng.New(seed, 0)
	upTo := cumulated(m.Weights)
	x, code := tensor.New[float64](n, m.Info.Features), make([]int, n)
	draw := m.g.drawer()
	for i := range n {
		code[i] = pickShare(r.Float64(), upTo)
		rng.Normal(r, x.Row(i), 0, 1)
		draw(x.Row(i), code[i])
	}
	return x, code, nil
}

// cumulated are running sums.
func cumulated(shares []float64) []float64 {
	out := make([]float64, len(shares))
	sum := 0.0
	for c, v := range shares {
		sum += v
		out[c] = sum
	}
	return out
}

// pickShare is the share that u of [0, 1) falls into.
func pickShare(u float64, upTo []float64) int {
	u *= upTo[len(upTo)-1]
	return min(sort.Search(len(upTo), func(c int) bool { return upTo[c] > u }), len(upTo)-1)
}

// drawer turns standard normal numbers into a row of a density.
func (g *gaussians) drawer() func(row []float64, c int) {
	d := g.d
	var inverse []float64
	if g.kind == Full || g.kind == Tied {
		inverse = append(inverse, g.root...)
		for c := 0; c < len(inverse); c += d * d {
			linalg.InvertTriangular(true, d, inverse[c:c+d*d], d)
		}
	}
	z := make([]float64, d)
	return func(row []float64, c int) {
		mean := g.mean[c*d : (c+1)*d]
		switch g.kind {
		case Full, Tied:
			p := g.kind.of(inverse, g.k, c)
			copy(z, row)
			copy(row, mean)
			for i, v := range z {
				kern.Axpy(v, p[i*d:(i+1)*d], row)
			}
		case Diagonal:
			for j, s := range g.sd[c*d : (c+1)*d] {
				row[j] = mean[j] + float64(row[j]*s)
			}
		default:
			for j := range row {
				row[j] = mean[j] + row[j]/g.root[c]
			}
		}
	}
}
