package decomp

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

type manifoldGolden struct {
	Roll, New, Start, Table, Dirty, Probe [][]float64
	Layouts                               map[string]struct {
		Embedding [][]float64
		New       [][]float64 `json:",omitempty"`
		Values    []float64   `json:",omitempty"`
		Error     float64     `json:",omitempty"`
	}
	MDS map[string]struct {
		Embedding  [][]float64
		Stress     float64
		Iterations int
	}
	Covariances map[string]struct {
		Location              []float64
		Covariance, Precision [][]float64
		Mahalanobis           []float64
		Score, Shrinkage      float64
		RawLocation           []float64   `json:"raw_location,omitempty"`
		RawCovariance         [][]float64 `json:"raw_covariance,omitempty"`
		Support               []int       `json:",omitempty"`
		RawSupport            []int       `json:"raw_support,omitempty"`
		Alpha                 float64     `json:",omitempty"`
		Alphas, Scores        []float64   `json:",omitempty"`
		Decision              []float64   `json:",omitempty"`
		Offset                float64     `json:",omitempty"`
	}
	TSNE struct {
		P, Y     [][]float64
		KL       float64
		Gradient []float64
	}
	Trustworthiness struct{ Isomap []float64 }
}

func matrix(t *testing.T, x [][]float64) *tensor.Tensor[float64] {
	t.Helper()
	m, err := tensor.FromRows(x)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// closeUpToSigns compares columns, each of which may have the other sign, and returns the signs of ours.
func closeUpToSigns(t *testing.T, got tensor.Matrix, want [][]float64, signs []float64, tol float64, what string) []float64 {
	t.Helper()
	n, c := got.Dims()
	if n != len(want) || c != len(want[0]) {
		t.Fatalf("%s: %d x %d, want %d x %d", what, n, c, len(want), len(want[0]))
	}
	if signs == nil {
		signs = make([]float64, c)
		for k := range signs {
			dot := 0.0
			for i := range n {
				dot += got.At(i, k) * want[i][k]
			}
			signs[k] = math.Copysign(1, dot)
		}
	}
	var ours, theirs []float64
	for i := range n {
		for k := range c {
			ours, theirs = append(ours, signs[k]*got.At(i, k)), append(theirs, want[i][k])
		}
	}
	golden.Close(t, ours, theirs, 0, tol, what)
	return signs
}

func flat(x [][]float64) []float64 { return slices.Concat(x...) }

// A sheet that is bent comes out flat: places by Hessian LLE and LTSA are those on the sheet, but for a linear map. (scikit-learn's "hessian" is no golden: it keeps whatever is not on the tangent plane, as its
// "ltsa" does, and gives the same layout.)
func TestSheetComesOutFlat(t *testing.T) {
	r := rng.New(7, 0)
	n := 300
	x, flat := tensor.New[float64](n, 3), make([]float64, n*3)
	for i := range n {
		u, v := r.Float64(), r.Float64()
		x.Row(i)[0], x.Row(i)[1], x.Row(i)[2] = math.Cos(3*u)/3, math.Sin(3*u)/3, v
		flat[3*i], flat[3*i+1], flat[3*i+2] = 1, u, v
	}
	for _, c := range []LocallyLinearEmbedding{{Method: HessianLLE, Neighbors: 12}, {Method: LTSA, Neighbors: 12}, {Method: ModifiedLLE, Neighbors: 12}} {
		m, err := c.Fit(t.Context(), ml.Table{X: x})
		if err != nil {
			t.Fatal(err)
		}
		y := slices.Clone(m.Embedding.Data())
		qr := linalg.NewFullQR(slices.Clone(flat), n, 3)
		qr.Solve(2, y, 2)
		rest, whole := 0.0, 0.0
		for i, v := range y {
			if i >= 6 {
				rest += v * v
			}
			whole += v * v
		}
		if rest > 1e-3*whole { // of the variance; the sheet is bent within a neighbourhood too
			t.Errorf("%v: %.2g of the layout is not on the sheet", c.Method, rest/whole)
		}
	}
}

// Both decompose the same matrices, so the eigenvectors differ by rounding over the gaps of the eigenvalues.
func TestLayoutsAreScikitLearns(t *testing.T) {
	g := golden.Load[manifoldGolden](t, "testdata/manifold.json")
	roll, fresh := ml.Table{X: matrix(t, g.Roll)}, matrix(t, g.New)
	lle := func(k int, method LLEMethod) LocallyLinearEmbedding {
		return LocallyLinearEmbedding{Neighbors: k, Method: method}
	}
	for _, c := range []struct {
		name   string
		config ml.Fitter[ml.Table, *LLEModel]
		tol    float64
	}{
		// The smallest eigenvalues of these are near to each other and to 0: a relative gap of 1e-6 leaves eight of fifteen digits.
		{"lle standard", lle(8, StandardLLE), 1e-8}, {"lle modified", lle(9, ModifiedLLE), 1e-8}, {"lle ltsa", lle(8, LTSA), 1e-8},
	} {
		m, err := c.config.Fit(t.Context(), roll)
		if err != nil {
			t.Fatal(err)
		}
		want := g.Layouts[c.name]
		signs := closeUpToSigns(t, m.Embedding, want.Embedding, nil, c.tol, c.name)
		z, err := m.Transform(fresh)
		if err != nil {
			t.Fatal(err)
		}
		closeUpToSigns(t, z, want.New, signs, c.tol, c.name+", new rows")
		golden.Close(t, []float64{m.Error}, []float64{want.Error}, 1e-8, 1e-12, c.name+", error")
	}
	for name, c := range map[string]Isomap{"isomap": {Neighbors: 6}, "isomap parts": {Neighbors: 2, Components: 3}} {
		m, err := c.Fit(t.Context(), roll)
		if err != nil {
			t.Fatal(err)
		}
		want := g.Layouts[name]
		signs := closeUpToSigns(t, m.Embedding, want.Embedding, nil, 1e-8, name)
		z, err := m.Transform(fresh)
		if err != nil {
			t.Fatal(err)
		}
		closeUpToSigns(t, z, want.New, signs, 1e-8, name+", new rows")
		if want.Values != nil {
			golden.Close(t, m.Eigenvalues, want.Values, 1e-10, 0, name+", eigenvalues")
			golden.Close(t, []float64{m.Error}, []float64{want.Error}, 1e-9, 0, name+", error")
			for i, k := range []int{3, 12} {
				trust, err := Trustworthiness(roll.X, m.Embedding, k, nil)
				if err != nil {
					t.Fatal(err)
				}
				golden.Close(t, []float64{trust}, g.Trustworthiness.Isomap[i:i+1], 1e-12, 0, "trustworthiness")
			}
		}
	}
	for name, c := range map[string]SpectralEmbedding{"spectral neighbors": {Neighbors: 8}, "spectral rbf": {Affinity: AffinityRBF, Gamma: 0.02}} {
		m, err := c.Fit(t.Context(), roll)
		if err != nil {
			t.Fatal(err)
		}
		closeUpToSigns(t, m.Embedding, g.Layouts[name].Embedding, nil, 1e-8, name)
	}
	m, err := ClassicalMDS{}.Fit(t.Context(), roll)
	if err != nil {
		t.Fatal(err)
	}
	closeUpToSigns(t, m.Embedding, g.Layouts["classical"].Embedding, nil, 1e-8, "classical")
	golden.Close(t, m.Eigenvalues, g.Layouts["classical"].Values, 1e-11, 0, "classical, eigenvalues")
}

// Both take the same steps.
func TestMDSIsScikitLearns(t *testing.T) {
	g := golden.Load[manifoldGolden](t, "testdata/manifold.json")
	x := matrix(t, g.Roll)
	for name, nonMetric := range map[string]bool{"metric": false, "non-metric": true} {
		want := g.MDS[name]
		c := MDS{NonMetric: nonMetric, Start: matrix(t, g.Start), MaxIter: 40, Tol: 1e-12}
		m, err := c.Fit(t.Context(), ml.Table{X: x})
		if err != nil {
			t.Fatal(err)
		}
		closeUpToSigns(t, m.Embedding, want.Embedding, []float64{1, 1}, 1e-8, name)
		golden.Close(t, []float64{m.Stress}, []float64{want.Stress}, 1e-9, 0, name+", stress")
		if m.Info.Iterations != want.Iterations {
			t.Errorf("%s: %d steps, want %d", name, m.Info.Iterations, want.Iterations)
		}
		for i, v := range m.Info.Loss {
			if i > 0 && !nonMetric && v > m.Info.Loss[i-1]*(1+1e-12) {
				t.Errorf("%s: the stress rises from %v to %v in step %d", name, m.Info.Loss[i-1], v, i+1)
			}
		}
		// The same distances, given.
		far, err := allDistances("test", pointsOf(x), nearEuclidean)
		if err != nil {
			t.Fatal(err)
		}
		c.Precomputed = true
		again, err := c.Fit(t.Context(), ml.Table{X: tensor.FromSlice(far, 90, 90)})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(again.Embedding.Data(), m.Embedding.Data()) {
			t.Errorf("%s: given distances make another layout", name)
		}
		z, err := again.Transform(tensor.FromSlice(far, 90, 90))
		if err != nil {
			t.Fatal(err)
		}
		closeUpToSigns(t, z, rowsOfMatrix(m.Embedding), []float64{1, 1}, 0, name+", rows of the fit")
	}
	// From its own start a layout of rows in a plane is the plane, and new rows come to lie where they are in it.
	plane := tensor.New[float64](40, 2)
	for i := range 40 {
		plane.Row(i)[0], plane.Row(i)[1] = math.Cos(float64(i)), math.Sin(float64(2*i))
	}
	for _, c := range []ml.Fitter[ml.Table, *MDSModel]{ClassicalMDS{}, MDS{}} {
		m, err := c.Fit(t.Context(), ml.Table{X: plane.Rows(0, 30)})
		if err != nil {
			t.Fatal(err)
		}
		z, err := m.Transform(plane.Rows(30, 40))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			for j := range 30 {
				want := math.Hypot(plane.At(30+i, 0)-plane.At(j, 0), plane.At(30+i, 1)-plane.At(j, 1))
				got := math.Hypot(z.At(i, 0)-m.Embedding.At(j, 0), z.At(i, 1)-m.Embedding.At(j, 1))
				if math.Abs(got-want) > 1e-4 { // steps end by a tolerance of 1e-9 of a place, and converge linearly
					t.Fatalf("%T: new row %d is %v from row %d, want %v", c, i, got, j, want)
				}
			}
		}
	}
}

func rowsOfMatrix(x *tensor.Tensor[float64]) [][]float64 {
	n, _ := x.Dims()
	out := make([][]float64, n)
	for i := range out {
		out[i] = x.Row(i)
	}
	return out
}

func TestCovariancesAreScikitLearns(t *testing.T) {
	g := golden.Load[manifoldGolden](t, "testdata/manifold.json")
	table, dirty, probe := matrix(t, g.Table), matrix(t, g.Dirty), matrix(t, g.Probe)
	type fitter = ml.Fitter[ml.Table, *CovarianceModel]
	configs := map[string]fitter{
		"empirical": EmpiricalCovariance{}, "empirical centered": EmpiricalCovariance{Centered: true},
		"shrunk": ShrunkCovariance{Shrinkage: 0.3}, "shrunk centered": ShrunkCovariance{Shrinkage: 0.3, Centered: true},
		"ledoit-wolf": LedoitWolf{}, "ledoit-wolf centered": LedoitWolf{Centered: true}, "ledoit-wolf few": LedoitWolf{},
		"oas": OAS{}, "oas centered": OAS{Centered: true}, "oas few": OAS{},
		"mcd": MinCovDet{}, "mcd centered": MinCovDet{Centered: true},
		"lasso": GraphicalLasso{Alpha: 0.2, Tol: 1e-13, MaxIter: 1000}, "lasso cv": GraphicalLassoCV{Tol: 1e-11, MaxIter: 10000},
	}
	for name, c := range configs {
		x := table
		switch {
		case strings.HasPrefix(name, "mcd"):
			x = dirty
		case strings.HasSuffix(name, "few"):
			x = table.Rows(0, 7)
		}
		m, err := c.Fit(t.Context(), ml.Table{X: x})
		if err != nil {
			t.Fatal(err)
		}
		want := g.Covariances[name]
		golden.Close(t, m.Location, want.Location, 1e-10, 1e-10, name+", location")
		golden.Close(t, m.Covariance.Data(), flat(want.Covariance), 1e-8, 1e-8, name+", covariance")
		golden.Close(t, m.Precision.Data(), flat(want.Precision), 1e-8, 1e-8, name+", precision")
		golden.Close(t, []float64{m.Shrinkage}, []float64{want.Shrinkage}, 1e-10, 0, name+", shrinkage")
		far, err := m.Mahalanobis(probe)
		if err != nil {
			t.Fatal(err)
		}
		golden.Close(t, far, want.Mahalanobis, 1e-8, 1e-8, name+", distances")
		score, err := m.LogLikelihood(probe)
		if err != nil {
			t.Fatal(err)
		}
		golden.Close(t, []float64{score}, []float64{want.Score}, 1e-8, 0, name+", score")
		if m.Raw != nil {
			golden.Close(t, m.Raw.Location, want.RawLocation, 1e-10, 1e-10, name+", raw location")
			golden.Close(t, m.Raw.Covariance.Data(), flat(want.RawCovariance), 1e-8, 1e-8, name+", raw covariance")
			if !slices.Equal(m.Support, want.Support) || !slices.Equal(m.Raw.Support, want.RawSupport) {
				t.Errorf("%s: other rows: %v, raw %v", name, m.Support, m.Raw.Support)
			}
		}
		if want.Alpha != 0 {
			golden.Close(t, []float64{m.Alpha}, []float64{want.Alpha}, 1e-9, 0, name+", penalty")
			var alphas, scores []float64
			for _, p := range m.Path {
				alphas, scores = append(alphas, p.Alpha), append(scores, p.Mean)
			}
			golden.Close(t, alphas, want.Alphas, 1e-9, 0, name+", penalties")
			golden.Close(t, scores, want.Scores, 1e-7, 0, name+", scores") // scikit-learn ends folds by a relative change of coefficients
		}
	}
	m, err := EllipticEnvelope{Contamination: 0.2}.Fit(t.Context(), ml.Table{X: dirty})
	if err != nil {
		t.Fatal(err)
	}
	want := g.Covariances["envelope"]
	scores, err := m.Predict(probe)
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, scores, want.Decision, 1e-8, 1e-8, "envelope, decision")
	golden.Close(t, []float64{m.Offset}, []float64{want.Offset}, 1e-8, 0, "envelope, offset")
}

// With the affinities of the file, the divergence and its gradient are those of scikit-learn's exact method, but for its factor 4.
func TestTSNEGradientIsScikitLearns(t *testing.T) {
	g := golden.Load[manifoldGolden](t, "testdata/manifold.json").TSNE
	n := len(g.P)
	e := &edges{start: []int{0}}
	for i, row := range g.P {
		for j, v := range row {
			if i != j {
				e.cols, e.value = append(e.cols, int32(j)), append(e.value, v)
			}
		}
		e.start = append(e.start, len(e.cols))
	}
	y := flat(g.Y)
	d := &descent{c: TSNE{Components: 2}, g: e, y: y, n: n, forces: exactForces{2}, attract: make([]float64, 2*n), repel: make([]float64, 2*n), z: make([]float64, n)}
	d.forces.sum(d.repel, d.z, y)
	d.pull()
	whole := 0.0
	for _, v := range d.z {
		whole += v
	}
	golden.Close(t, []float64{d.divergence(whole)}, []float64{g.KL}, 1e-10, 0, "divergence")
	gradient := make([]float64, 2*n)
	for i := range gradient {
		gradient[i] = 4 * (d.attract[i] - d.repel[i]/whole)
	}
	golden.Close(t, gradient, g.Gradient, 0, 1e-8, "gradient")
}
