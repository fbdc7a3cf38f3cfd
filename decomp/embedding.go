package decomp

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// Init is where an embedding starts.
type Init uint8

const (
	// AutoInit is InitPCA for [TSNE] and InitSpectral for [UMAP]. The zero value.
	AutoInit Init = iota
	// InitPCA takes the leading principal components, made small.
	InitPCA
	// InitSpectral takes the eigenvectors of the graph's Laplacian, made small.
	InitSpectral
	// InitRandom draws.
	InitRandom
)

// String returns the name.
func (i Init) String() string {
	names := [...]string{"auto", "PCA", "spectral", "random"}
	if int(i) < len(names) {
		return names[i]
	}
	return fmt.Sprintf("Init(%d)", uint8(i))
}

// embedded is a model of rows and their places.
type embedded interface {
	ml.Transformer
	layout() *tensor.Tensor[float64] // of the rows of positive weight
}

func (m *TSNEModel) layout() *tensor.Tensor[float64]              { return m.Embedding }
func (m *UMAPModel) layout() *tensor.Tensor[float64]              { return m.Embedding }
func (m *MDSModel) layout() *tensor.Tensor[float64]               { return m.Embedding }
func (m *IsomapModel) layout() *tensor.Tensor[float64]            { return m.Embedding }
func (m *LLEModel) layout() *tensor.Tensor[float64]               { return m.Embedding }
func (m *SpectralEmbeddingModel) layout() *tensor.Tensor[float64] { return m.Embedding }

// withPlaces adds to a model, or the error of its fit, the places of all rows of its table: those of positive weight have theirs, others are placed as new ones.
func withPlaces[M embedded](m M, t ml.Table, from []int, err error) (M, tensor.Matrix, error) {
	var none M
	if err != nil {
		return none, nil, err
	}
	if n, _ := t.X.Dims(); len(from) == n {
		return m, tensor.FromMatrix[float64](m.layout()), nil
	}
	z, err := m.Transform(t.X)
	if err != nil {
		return none, nil, err
	}
	out := tensor.FromMatrix[float64](z)
	for k, i := range from {
		copy(out.Row(i), m.layout().Row(k))
	}
	return m, out, nil
}

// begin checks what every layout begins with: the table, the config, and that rows are dense.
func begin(ctx context.Context, where string, t ml.Table, resolve func(where string) error) error {
	if err := cmp.Or(t.Check(where, ml.Accepts{}), resolve(where)); err != nil {
		return err
	}
	return cmp.Or(denseRows(where, t.X), ml.Done(ctx))
}

// denseRows refuses CSR where every number is looked at.
func denseRows(where string, x tensor.Matrix) error {
	if rows.Of(x).Sparse() {
		return ml.BadShape(where, "X", "a CSR matrix", "a dense one: distances need every number")
	}
	return nil
}

// kept are the rows of positive weight, copied, and their indices.
func kept(t ml.Table) (x *tensor.Tensor[float64], from []int) {
	r := rows.Of(t.X)
	n, d := r.Dims()
	for i := range n {
		if t.Weight == nil || t.Weight[i] > 0 {
			from = append(from, i)
		}
	}
	x = tensor.New[float64](len(from), d)
	par.For(len(from), d, func(lo, hi int) {
		buf := make([]float64, d)
		for k := lo; k < hi; k++ {
			copy(x.Row(k), r.Row(from[k], buf))
		}
	})
	return x, from
}

func pointsOf(x *tensor.Tensor[float64]) near.Points {
	n, d := x.Dims()
	return near.Points{N: n, D: d, X: x.Data()}
}

// others are the k nearest others of every row, nearest first: n x k indices and distances. Copies of a row are others too.
func others(where string, p near.Points, index near.Index, k int) (at []int32, far []float64, err error) {
	at, far = make([]int32, p.N*k), make([]float64, p.N*k)
	near.Each(index, rows.Of(tensor.FromSlice(p.X, p.N, p.D)), k+1, func(i int, found []near.Neighbor) {
		for e, f := range near.Rest(found, i, k) {
			at[i*k+e], far[i*k+e] = int32(f.Index), f.Value
		}
	})
	return at, far, finiteDistances(where, far)
}

func finiteDistances(where string, far []float64) error {
	for _, v := range far {
		if !(v <= math.MaxFloat64) {
			return &ml.Error{Where: where, Field: "X", Found: "rows whose distance is not finite", Want: "smaller numbers", Kind: ml.ErrNotFinite}
		}
	}
	return nil
}

// embeddingColumns names the columns of an embedding, each made of all columns of the input.
func embeddingColumns(name string, components, features int) []ml.Column {
	from := make([]int, features)
	for j := range from {
		from[j] = j
	}
	out := make([]ml.Column, components)
	for k := range out {
		out[k] = ml.Column{Name: name + strconv.Itoa(k), From: append([]int(nil), from...)}
	}
	return out
}

// principalStart are the rows in their leading principal components; columns beyond the rank are 0. The largest deviation of the result is size.
func principalStart(p near.Points, components int, size float64, seed uint64) []float64 {
	x, mean, largest := append([]float64(nil), p.X...), make([]float64, p.D), linalg.MaxAbs(p.X)
	if largest == 0 {
		largest = 1
	}
	for i, v := range x {
		x[i] = v / largest
		mean[i%p.D] += x[i] / float64(p.N)
	}
	for i := range x {
		x[i] -= mean[i%p.D]
	}
	y := make([]float64, p.N*components)
	rank := min(components, p.N, p.D)
	s, ok := linalg.RandomizedSVD{Rank: rank, Seed: seed}.Solve(linalg.Dense{Rows: p.N, Cols: p.D, Stride: p.D, Data: x})
	if !ok {
		return y
	}
	for i := range p.N {
		for k := range rank {
			y[i*components+k] = s.U[i*rank+k] * s.Values[k]
		}
	}
	resize(y, components, size)
	return y
}

// resize scales all columns alike, so that the standard deviation of the first is size.
func resize(y []float64, components int, size float64) {
	n := len(y) / components
	mean, square := 0.0, 0.0
	for i := range n {
		mean += y[i*components] / float64(n)
	}
	for i := range n {
		v := y[i*components] - mean
		square += float64(v * v)
	}
	if deviation := math.Sqrt(square / float64(n)); deviation > 0 {
		for i := range y {
			y[i] *= size / deviation
		}
	}
}

// jitter moves everything a little, since points that lie on top of each other never come apart.
func jitter(y []float64, size float64, seed uint64) {
	noise := make([]float64, len(y))
	rng.Normal(rng.New(seed, 1), noise, 0, size)
	for i, v := range noise {
		y[i] += v
	}
}

// checkStart checks a start that the user gave, one row for each row of the table, and takes those of positive weight.
func checkStart(where string, start *tensor.Tensor[float64], all, components int, from []int) ([]float64, error) {
	if len(start.Shape()) != 2 || start.Shape()[0] != all || start.Shape()[1] != components {
		return nil, ml.BadShape(where, "Start", fmt.Sprint(start.Shape()), fmt.Sprintf("%d x %d", all, components))
	}
	if i, j, v, ok := rows.CheckFinite(start, false); !ok {
		return nil, &ml.Error{Where: where, Field: fmt.Sprintf("Start[%d, %d]", i, j), Found: fmt.Sprint(v), Want: "a finite number", Kind: ml.ErrNotFinite}
	}
	y := make([]float64, 0, len(from)*components)
	for _, i := range from {
		y = append(y, start.Row(i)...)
	}
	return y, nil
}

// placed is what embeddings of rows share: the rows, where they came to lie, and a search among them.
type placed struct {
	points near.Points
	index  near.Index
	y      []float64
	c      int // columns of y
}

// openPlaced checks what was read or fitted and makes the index.
func openPlaced(where string, f *ml.Fitted, x, y *tensor.Tensor[float64], components int, d metrics.Distance) (*placed, error) {
	if err := metrics.CheckDistance(where, d, f.Info.Features); err != nil {
		return nil, err
	}
	if err := checkTensor(where, "Rows", x, -1, f.Info.Features); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	if err := checkTensor(where, "Embedding", y, n, components); err != nil {
		return nil, err
	}
	if n > f.Info.Rows {
		return nil, unsound(where, "Rows", fmt.Sprintf("%d rows", n), fmt.Sprintf("no more than the %d of the fit", f.Info.Rows))
	}
	p := &placed{points: pointsOf(x), y: y.Data(), c: components}
	p.index, _ = near.Choose(p.points, d, near.Auto, 0)
	return p, nil
}

// unsound says what is wrong with a file.
func unsound(where, field, found, want string) error {
	return &ml.Error{Where: where, Field: field, Found: found, Want: want, Kind: ml.ErrFormat}
}

// checkTensor checks the shape of what was read, n < 0 standing for any number of rows above 0, and its numbers.
func checkTensor(where, field string, x *tensor.Tensor[float64], n, d int) error {
	if x == nil || len(x.Shape()) != 2 || n >= 0 && x.Shape()[0] != n || x.Shape()[0] < 1 || x.Shape()[1] != d || !x.Contiguous() {
		return unsound(where, field, "of another shape", fmt.Sprintf("rows of %d numbers, as many as there should be", d))
	}
	if i, j, v, ok := rows.CheckFinite(x, false); !ok {
		return unsound(where, fmt.Sprintf("%s[%d, %d]", field, i, j), fmt.Sprint(v), "a finite number")
	}
	return nil
}

// sure checks the rows of a question.
func sure(where string, f *ml.Fitted, x tensor.Matrix) error {
	if err := ml.CheckPredict(where, f, x); err != nil {
		return err
	}
	if err := denseRows(where, x); err != nil {
		return err
	}
	return ml.CheckFinite(where, f, x, false)
}
