package metrics

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestDistancesAreTheReferences(t *testing.T) {
	want := golden.Load[struct {
		X, Y, Precision, BX, BY, NX, NY, NaN, Haversine, AX, AY, Shares [][]float64
		Variance, Nearest                                               []float64
		Earth                                                           [][][]float64
		Distances, Bits, Kernels, Chi                                   map[string][][]float64
		Index                                                           []int
	}](t, "testdata/pairwise.json")
	x, y := matrix(t, want.X), matrix(t, want.Y)
	check := func(name string, x, y *tensor.Tensor[float64], d Distance, want [][]float64) {
		t.Helper()
		got, err := Distances(x, y, d)
		if err != nil {
			t.Fatal(name, err)
		}
		// 1 minus a cosine near 1 has its error relative to 1, and so do roots of what the reference takes by differences of products.
		golden.Close(t, got.Data(), slices.Concat(want...), tight, 1e-14, name)
		n, _ := x.Dims()
		for i := range n {
			for j, v := range got.Row(i) {
				one := d.Between(x.Row(i), y.Row(j))
				golden.Close(t, []float64{one}, []float64{v}, tight, 1e-14, fmt.Sprint(name, " between ", i, j))
			}
		}
		var blocks []float64
		if err := EachDistances(x, y, d, 3, func(first int, b *tensor.Tensor[float64]) error {
			if first*b.Shape()[1] != len(blocks) {
				t.Error(name, "a block begins at", first)
			}
			blocks = append(blocks, b.Data()...)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		golden.Close(t, blocks, got.Data(), tight, 1e-14, name+" in blocks")
		sparse, err := Distances(tensor.SparseFrom[float64](x), tensor.SparseFrom[float64](y), d)
		if err != nil {
			t.Fatal(err)
		}
		golden.Close(t, sparse.Data(), got.Data(), 0, 0, name+" of CSR")
	}
	for name, d := range map[string]Distance{
		"euclidean": Euclidean{}, "sqeuclidean": SquaredEuclidean{}, "cityblock": Manhattan{}, "chebyshev": Chebyshev{}, "cosine": Cosine{}, "correlation": Correlation{}, "canberra": Canberra{},
		"wminkowski3": WeightedMinkowski{3, want.Variance}, "inner": InnerProduct{},
		"braycurtis": BrayCurtis{}, "minkowski1.5": Minkowski{P: 1.5}, "seuclidean": StandardizedEuclidean{want.Variance}, "mahalanobis": Mahalanobis{want.Precision},
	} {
		check(name, x, y, d, want.Distances[name])
	}
	for name, d := range map[string]Distance{"hamming": Hamming{}, "jaccard": JaccardDistance{}, "dice": DiceDistance{}, "rogerstanimoto": RogersTanimoto{}, "russellrao": RussellRao{}, "sokalsneath": SokalSneath{}, "yule": Yule{}} {
		check(name, matrix(t, want.BX), matrix(t, want.BY), d, want.Bits[name])
	}
	positive := func(x [][]float64) *tensor.Tensor[float64] {
		m := matrix(t, x)
		for i, v := range m.Data() {
			m.Data()[i] = math.Abs(v)
		}
		return m
	}
	check("jensenshannon", positive(want.X), positive(want.Y), JensenShannonDistance{}, want.Shares)
	check("NaN", matrix(t, want.NX), matrix(t, want.NY), NaNEuclidean{}, want.NaN)
	check("haversine", matrix(t, want.Earth[0]), matrix(t, want.Earth[1]), Haversine{}, want.Haversine)

	index, distance, err := Nearest(x, y, Euclidean{})
	if err != nil || !slices.Equal(index, want.Index) {
		t.Errorf("nearest: %v, want %v: %v", index, want.Index, err)
	}
	golden.Close(t, distance, want.Nearest, tight, 1e-7, "nearest") // the reference finds a row 1e-8 from itself
	paired, err := PairedDistances(x, y.Rows(0, 7), Euclidean{})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range paired {
		close1(t, "paired", v, want.Distances["euclidean"][i][i])
	}

	kernel := func(name string, x, y *tensor.Tensor[float64], k Kernel, want [][]float64) {
		t.Helper()
		got, err := Kernels(x, y, k)
		if err != nil {
			t.Fatal(name, err)
		}
		golden.Close(t, got.Data(), slices.Concat(want...), tight, 1e-14, name)
		n, _ := x.Dims()
		for i := range n {
			for j, v := range got.Row(i) {
				golden.Close(t, []float64{k.Of(x.Row(i), y.Row(j))}, []float64{v}, tight, 1e-14, name)
			}
		}
	}
	for name, k := range map[string]Kernel{
		"linear": LinearKernel{}, "polynomial": PolynomialKernel{}, "polynomial2": PolynomialKernel{Degree: 2, Gamma: 0.3, Coef0: 1.5}, "rbf": RBF{}, "rbf2": RBF{Gamma: 2.5}, "laplacian": LaplacianKernel{},
		"sigmoid": SigmoidKernel{Gamma: 0.2, Coef0: 0.5}, "cosine": CosineKernel{},
	} {
		kernel(name, x, y, k, want.Kernels[name])
	}
	kernel("additive", matrix(t, want.AX), matrix(t, want.AY), AdditiveChi2Kernel{}, want.Chi["additive"])
	kernel("chi2", matrix(t, want.AX), matrix(t, want.AY), Chi2Kernel{}, want.Chi["chi2"])
	kernel("chi2g", matrix(t, want.AX), matrix(t, want.AY), Chi2Kernel{Gamma: 0.3}, want.Chi["chi2g"])
}

// Blocks on either side: many rows, wide rows, and storage that must be copied.
func TestDistancesInPiecesAreOneByOne(t *testing.T) {
	r := rng.New(1, 9)
	for _, c := range [][3]int{{700, 900, 3}, {30, 40, 60_000}, {1, 1, 1}, {5, 4, 0}, {0, 3, 2}} {
		x, y := tensor.New[float64](c[0], c[2]), tensor.New[float64](c[1], c[2])
		for _, m := range []*tensor.Tensor[float64]{x, y} {
			for i := range m.Data() {
				m.Data()[i] = float64(r.IntN(9))
			}
		}
		for _, d := range []Distance{Euclidean{}, Manhattan{}, Cosine{}} {
			got, err := Distances(tensor.Convert[float32](x), y, d)
			if err != nil {
				t.Fatal(err)
			}
			for i := range c[0] {
				for _, j := range []int{0, c[1] / 2, c[1] - 1} {
					golden.Close(t, []float64{got.At(i, j)}, []float64{d.Between(x.Row(i), y.Row(j))}, tight, 1e-13, fmt.Sprint(c, d, i, j))
				}
			}
		}
	}
	x := tensor.FromSlice([]float64{0.1, 0.2, 0.3, 0.5, 0.7, 0.9}, 2, 3)
	for _, d := range []Distance{Euclidean{}, Cosine{}, Correlation{}, Manhattan{}} {
		got, err := Distances(x, nil, d)
		if err != nil || got.At(0, 0) != 0 || got.At(1, 1) != 0 {
			t.Errorf("%T: a row is not where it is: %v %v", d, got, err)
		}
	}
}

func TestDistancesSayWhatIsWrong(t *testing.T) {
	x := tensor.New[float64](2, 3)
	nan := tensor.FromSlice([]float64{0, math.NaN()}, 1, 2)
	stop := errors.New("stop")
	for name, c := range map[string]struct {
		err  func() error
		kind error
	}{
		"nil matrix":    {func() error { _, err := Distances(nil, nil, Euclidean{}); return err }, ml.ErrShape},
		"nil distance":  {func() error { _, err := Distances(x, x, nil); return err }, ml.ErrConfig},
		"nil kernel":    {func() error { _, err := Kernels(x, x, nil); return err }, ml.ErrConfig},
		"widths":        {func() error { _, err := Distances(x, nan, NaNEuclidean{}); return err }, ml.ErrShape},
		"NaN":           {func() error { _, err := Distances(nan, nil, Euclidean{}); return err }, ml.ErrNotFinite},
		"haversine":     {func() error { _, err := Distances(x, x, Haversine{}); return err }, ml.ErrConfig},
		"Minkowski":     {func() error { _, err := Distances(x, x, Minkowski{P: 0.5}); return err }, ml.ErrConfig},
		"variance":      {func() error { _, err := Distances(x, x, StandardizedEuclidean{}); return err }, ml.ErrConfig},
		"zero variance": {func() error { _, err := Distances(x, x, StandardizedEuclidean{[]float64{1, 0, 1}}); return err }, ml.ErrConfig},
		"precision":     {func() error { _, err := Distances(x, x, Mahalanobis{[][]float64{{1}, {2}, {3}}}); return err }, ml.ErrConfig},
		"degree":        {func() error { _, err := Kernels(x, x, PolynomialKernel{Degree: -1}); return err }, ml.ErrConfig},
		"chi2":          {func() error { _, err := Kernels(tensor.FromSlice([]float64{-1}, 1, 1), nil, Chi2Kernel{}); return err }, ml.ErrData},
		"nearest":       {func() error { _, _, err := Nearest(x, tensor.New[float64](0, 3), Euclidean{}); return err }, ml.ErrShape},
		"paired":        {func() error { _, err := PairedDistances(x, x.Rows(0, 1), Euclidean{}); return err }, ml.ErrShape},
		"rows":          {func() error { return EachDistances(x, x, Euclidean{}, -1, nil) }, ml.ErrConfig},
		"callback": {func() error {
			return EachDistances(x, x, Euclidean{}, 1, func(int, *tensor.Tensor[float64]) error { return stop })
		}, stop},
	} {
		if err := c.err(); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkDistances(b *testing.B) {
	r := rng.New(1, 2)
	x := tensor.New[float64](2000, 50)
	for i := range x.Data() {
		x.Data()[i] = r.NormFloat64()
	}
	for b.Loop() {
		if _, err := Distances(x, nil, Euclidean{}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestNearestOfNoRows(t *testing.T) {
	index, distance, err := Nearest(tensor.New[float64](0, 3), tensor.New[float64](2, 3), Euclidean{})
	if err != nil || len(index) != 0 || len(distance) != 0 {
		t.Errorf("%v, %v, %v", index, distance, err)
	}
}
