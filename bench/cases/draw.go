package cases

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gopherwood-ml/ml/tensor"
)

// A set is a data set of peers/data.py: the names of its arrays, and how to draw ones of the same shape and distribution with a
// seed of its own. The numbers are not NumPy's: a comparison with peers reads the files.
type set struct {
	parts []string
	draw  func() []*tensor.Tensor[float64]
}

var xy = []string{"X", "y"}

var sets = map[string]set{
	"lin100k":   {xy, linreg(100_000, 100, 100, 5, 1)},
	"lasso10k":  {xy, linreg(10_000, 500, 50, 5, 2)},
	"logit100k": {xy, logit(100_000, 50, 3)},
	"digits":    {xy, digits(1797*4, 64, 1, 4)},
	"svm10k":    {xy, nonlinear(12_000, 20, true, 5)},
	"knn50k":    {xy, blobs(55_000, 16, 40, 4, 6)},
	"knn50k3":   {xy, blobs(55_000, 3, 40, 4, 26)},
	"hnsw50k":   {xy, blobs(51_000, 64, 200, 4, 7)},
	"km100k":    {xy, blobs(100_000, 32, 64, 3, 8)},
	"db50k2":    {xy, blobs(50_000, 2, 30, 0.25, 9)},
	"db50k8":    {xy, blobs(50_000, 8, 30, 0.6, 10)},
	"hdb20k8":   {xy, blobs(20_000, 8, 20, 1.5, 12)},
	"agg5k":     {xy, blobs(5_000, 16, 20, 3, 11)},
	"gmm50k":    {xy, blobs(50_000, 16, 8, 4, 12)},
	"pca20k":    {[]string{"X"}, lowRank(20_000, 500, 40, 13)},
	"sparse20k": {[]string{"indptr", "indices", "data"}, sparse(20_000, 10_000, 80, 14)},
	"nmf5k":     {[]string{"X"}, products(5_000, 300, 20, 31)},
	"tsne5k":    {xy, blobs(5_000, 50, 20, 3, 15)},
	"umap10k":   {xy, blobs(10_000, 50, 20, 3, 32)},
	"tree100k":  {xy, nonlinear(120_000, 20, true, 16)},
	"forest50k": {xy, nonlinear(60_000, 20, true, 17)},
	"higgs1m":   {xy, nonlinear(1_100_000, 28, true, 18)},
	"wide1m":    {xy, nonlinear(1_020_000, 100, true, 25)},
	"reg100k":   {xy, nonlinear(110_000, 100, false, 19)},
	"boost10k":  {xy, nonlinear(15_000, 30, true, 22)},
	"rank220k":  {xy, queries(220_000, 100, 136, 23)},
	"onehot1m":  {[]string{"C", "y"}, levels(1_100_000, 7, 100, 24)},
	"trees500":  {xy, nonlinear(60_000, 28, false, 21)},
	"prep1m":    {[]string{"X", "C"}, prep},
	"scores1m":  {[]string{"y", "p"}, scores},
	"mnist60k":  {xy, digits(60_000, 784, 16, 20)},
	"kernels":   {[]string{"A", "B"}, kernelOperands},
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// normal returns an n x d array of independent standard normal numbers.
func normal(r *rand.Rand, n, d int) *tensor.Tensor[float64] {
	t := tensor.New[float64](n, d)
	for i := range t.Data() {
		t.Data()[i] = r.NormFloat64()
	}
	return t
}

func vector(n int, value func(i int) float64) *tensor.Tensor[float64] {
	t := tensor.New[float64](n)
	for i := range t.Data() {
		t.Data()[i] = value(i)
	}
	return t
}

func linreg(n, d, informative int, noise float64, seed uint64) func() []*tensor.Tensor[float64] {
	return func() []*tensor.Tensor[float64] {
		r := seeded(seed)
		x := normal(r, n, d)
		w := make([]float64, d)
		for _, j := range r.Perm(d)[:informative] {
			w[j] = 3 * r.NormFloat64()
		}
		return []*tensor.Tensor[float64]{x, vector(n, func(i int) float64 { return tensor.Dot(x.Row(i), w) + noise*r.NormFloat64() })}
	}
}

func logistic(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

func bernoulli(r *rand.Rand, p float64) float64 {
	if r.Float64() < p {
		return 1
	}
	return 0
}

func logit(n, d int, seed uint64) func() []*tensor.Tensor[float64] {
	return func() []*tensor.Tensor[float64] {
		r := seeded(seed)
		x := normal(r, n, d)
		w := normal(r, 1, d).Data()
		scale := 2 / math.Sqrt(float64(d))
		return []*tensor.Tensor[float64]{x, vector(n, func(i int) float64 { return bernoulli(r, logistic(scale*tensor.Dot(x.Row(i), w)+0.3)) })}
	}
}

func blobs(n, d, k int, spread float64, seed uint64) func() []*tensor.Tensor[float64] {
	return func() []*tensor.Tensor[float64] {
		r := seeded(seed)
		c := tensor.New[float64](k, d)
		for i := range c.Data() {
			c.Data()[i] = 20*r.Float64() - 10
		}
		y := vector(n, func(int) float64 { return float64(r.IntN(k)) })
		x := normal(r, n, d)
		for i := range n {
			for j, v := range c.Row(int(y.Data()[i])) {
				x.Row(i)[j] = v + spread*x.Row(i)[j]
			}
		}
		return []*tensor.Tensor[float64]{x, y}
	}
}

// digits draws images of ten prototypes, each deformed along six directions, with pixels of 0..16 over by.
func digits(n, d int, by float64, seed uint64) func() []*tensor.Tensor[float64] {
	const k, modes = 10, 6
	return func() []*tensor.Tensor[float64] {
		r := seeded(seed)
		prototype := tensor.New[float64](k, d)
		for i := range prototype.Data() {
			prototype.Data()[i] = r.Float64() * bernoulli(r, 0.45)
		}
		deform := normal(r, k*modes, d)
		y := vector(n, func(int) float64 { return float64(r.IntN(k)) })
		x := normal(r, n, d)
		for i := range n {
			c, row := int(y.Data()[i]), x.Row(i)
			var f [modes]float64
			for m := range f {
				f[m] = 0.25 * r.NormFloat64()
			}
			for j := range row {
				v := prototype.Row(c)[j] + 0.15*row[j]
				for m := range f {
					v += f[m] * deform.Row(c*modes + m)[j]
				}
				row[j] = math.Round(16*min(max(v, 0), 1)) / by
			}
		}
		return []*tensor.Tensor[float64]{x, y}
	}
}

// nonlinear draws a target of steps, products and waves on the first ten columns; the others are noise.
func nonlinear(n, d int, classes bool, seed uint64) func() []*tensor.Tensor[float64] {
	when := func(b bool, yes, no float64) float64 {
		if b {
			return yes
		}
		return no
	}
	return func() []*tensor.Tensor[float64] {
		r := seeded(seed)
		x := normal(r, n, d)
		y := vector(n, func(i int) float64 {
			v := x.Row(i)
			f := when(v[0] > 0.3, 1.5, -0.5) + v[1]*v[2] + math.Sin(2*v[3]) + 0.7*math.Abs(v[4]) + when(v[5] > 0 && v[6] < 0.5, 1.2, 0) -
				0.5*v[7]*v[7] + 0.3*v[8] - when(v[0] > 0, v[9], 0)
			if classes {
				return bernoulli(r, logistic(1.5*(f-0.9)))
			}
			return f + 0.5*r.NormFloat64()
		})
		return []*tensor.Tensor[float64]{x, y}
	}
}

// queries draws rows in queries of so many: relevances 0 to 4 by steps, products and waves, with noise and a level of the query's own.
func queries(n, each, d int, seed uint64) func() []*tensor.Tensor[float64] {
	return func() []*tensor.Tensor[float64] {
		r := seeded(seed)
		x, level := normal(r, n, d), 0.0
		return []*tensor.Tensor[float64]{x, vector(n, func(i int) float64 {
			if i%each == 0 {
				level = 0.5 * r.NormFloat64()
			}
			v := x.Row(i)
			f := v[1]*v[2] + math.Sin(2*v[3]) + 0.7*math.Abs(v[4]) - 0.5*v[7]*v[7] + r.NormFloat64() + level - 0.5
			if v[0] > 0.3 {
				f += 2
			}
			if v[0] > 0 {
				f -= v[9]
			}
			return min(max(math.Ceil(f-0.5), 0), 4)
		})}
	}
}

// levels draws codes of k columns, low ones more frequent, and two classes by the sum of an effect of each code.
func levels(n, k, levels int, seed uint64) func() []*tensor.Tensor[float64] {
	return func() []*tensor.Tensor[float64] {
		r := seeded(seed)
		c, effect := tensor.New[float64](n, k), normal(r, k, levels)
		for i := range c.Data() {
			u := r.Float64()
			c.Data()[i] = math.Floor(float64(levels) * u * u)
		}
		return []*tensor.Tensor[float64]{c, vector(n, func(i int) float64 {
			f := 0.0
			for j, code := range c.Row(i) {
				f += effect.Row(j)[int(code)]
			}
			return bernoulli(r, logistic(f))
		})}
	}
}

func lowRank(n, d, rank int, seed uint64) func() []*tensor.Tensor[float64] {
	return func() []*tensor.Tensor[float64] {
		r := seeded(seed)
		x := tensor.MatMul(normal(r, n, rank), normal(r, rank, d))
		x.AddInPlace(normal(r, n, d).MulScalar(2))
		return []*tensor.Tensor[float64]{x}
	}
}

// products draws a product of two nonnegative factors, with a little noise.
func products(n, d, rank int, seed uint64) func() []*tensor.Tensor[float64] {
	return func() []*tensor.Tensor[float64] {
		r := seeded(seed)
		uniform := func(n, d int, less float64) *tensor.Tensor[float64] {
			t := tensor.New[float64](n, d)
			for i := range t.Data() {
				t.Data()[i] = max(r.Float64()-less, 0)
			}
			return t
		}
		x := tensor.MatMul(uniform(n, rank, 0.5), uniform(rank, d, 0.4))
		x.AddInPlace(uniform(n, d, 0).MulScalar(0.01))
		return []*tensor.Tensor[float64]{x}
	}
}

// sparse draws a CSR matrix of about each nonzeros a row, some columns far more popular than others.
func sparse(n, d, each int, seed uint64) func() []*tensor.Tensor[float64] {
	return func() []*tensor.Tensor[float64] {
		r := seeded(seed)
		indptr, indices, data := []float64{0}, []float64(nil), []float64(nil)
		for range n {
			row := map[int]float64{}
			for range each {
				row[min(int(float64(d)*math.Pow(r.Float64(), 2.5)), d-1)] += math.Abs(r.NormFloat64())
			}
			cols := make([]int, 0, len(row))
			for j := range row {
				cols = append(cols, j)
			}
			slices.Sort(cols)
			for _, j := range cols {
				indices, data = append(indices, float64(j)), append(data, row[j])
			}
			indptr = append(indptr, float64(len(data)))
		}
		wrap := func(v []float64) *tensor.Tensor[float64] { return tensor.FromSlice(v, len(v)) }
		return []*tensor.Tensor[float64]{wrap(indptr), wrap(indices), wrap(data)}
	}
}

func prep() []*tensor.Tensor[float64] {
	const n, d = 1_000_000, 20
	r := seeded(41)
	x := normal(r, n, d)
	for i := range x.Data() {
		x.Data()[i] = x.Data()[i]*float64(i%d+1) + 5
	}
	c := tensor.New[float64](n, 4)
	for i := range c.Data() {
		c.Data()[i] = float64(r.IntN(50))
	}
	return []*tensor.Tensor[float64]{x, c}
}

func scores() []*tensor.Tensor[float64] {
	const n = 1_000_000
	r := seeded(42)
	y := vector(n, func(int) float64 { return bernoulli(r, 0.3) })
	return []*tensor.Tensor[float64]{y, vector(n, func(i int) float64 { return logistic(r.NormFloat64() + 1.5*y.Data()[i] - 1) })}
}

// kernelOperands are two long vectors of normal numbers that the kernels' matrices are cut from.
func kernelOperands() []*tensor.Tensor[float64] {
	r := seeded(70)
	draw := func(int) float64 { return r.NormFloat64() }
	return []*tensor.Tensor[float64]{vector(2048*2048, draw), vector(2048*2048, draw)}
}
