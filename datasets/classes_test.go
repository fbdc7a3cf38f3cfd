package datasets

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// Bounds on means and shares below are at least five standard errors of the stated number of rows, and the seeds are
// fixed, so that a failure means another distribution.

func column(x tensor.Matrix, j int) []float64 {
	n, _ := x.Dims()
	v := make([]float64, n)
	for i := range v {
		v[i] = x.At(i, j)
	}
	return v
}

// columnsNamed returns the columns whose names begin with kind, in the order of their numbers.
func columnsNamed(table ml.Table, kind string) [][]float64 {
	var out [][]float64
	for {
		name := kind + strconv.Itoa(len(out))
		found := false
		for j, c := range table.Columns {
			if c.Name == name {
				out, found = append(out, column(table.X, j)), true
			}
		}
		if !found {
			return out
		}
	}
}

func shares(y []int, k int) []float64 {
	s := make([]float64, k)
	for _, c := range y {
		s[c] += 1 / float64(len(y))
	}
	return s
}

func TestClassificationColumns(t *testing.T) {
	c := Classification{Rows: 4000, Features: 12, Informative: 4, Redundant: 3, Repeated: 2, Classes: 3, Seed: 1}
	d, err := c.Make()
	require.NoError(t, err)
	assert.Equal(t, []string{"0", "1", "2"}, d.Classes)
	informative, redundant := columnsNamed(d.Table, "informative"), columnsNamed(d.Table, "redundant")
	repeated, noise := columnsNamed(d.Table, "repeated"), columnsNamed(d.Table, "noise")
	assert.Equal(t, []int{4, 3, 2, 3}, []int{len(informative), len(redundant), len(repeated), len(noise)})
	kinds := ""
	for _, c := range d.Columns {
		kinds += c.Name[:1]
	}
	assert.NotEqual(t, "iiiirrrrrnnn", kinds, "columns are shuffled")

	// Redundant columns are linear in the informative ones, and repeated ones are copies.
	basis := mat.NewDense(4, c.Rows, nil)
	for j, v := range informative {
		basis.SetRow(j, v)
	}
	for _, v := range redundant {
		var w mat.VecDense
		require.NoError(t, w.SolveVec(basis.T(), mat.NewVecDense(c.Rows, v)))
		var fit mat.VecDense
		fit.MulVec(basis.T(), &w)
		assert.InDeltaSlice(t, v, fit.RawVector().Data, 1e-9)
		for _, a := range w.RawVector().Data {
			assert.LessOrEqual(t, math.Abs(a), 1.0)
		}
	}
	for _, v := range repeated {
		assert.Contains(t, append(append([][]float64{}, informative...), redundant...), v)
	}
	for _, v := range noise {
		mean, sd := stat.MeanStdDev(v, nil)
		assert.InDelta(t, 0, mean, 0.08)
		assert.InDelta(t, 1, sd, 0.06)
	}
	for _, s := range shares(d.Y, 3) {
		assert.InDelta(t, 1.0/3, s, 0.001)
	}
}

func TestClassificationClusters(t *testing.T) {
	d, err := Classification{Rows: 40000, Features: 3, Informative: 3, Classes: 2, ClustersPerClass: 1, Weights: []float64{0.75, 0.25},
		Separation: 2, NoShuffle: true, Seed: 2}.Make()
	require.NoError(t, err)
	assert.Equal(t, 0, d.Y[29999])
	assert.Equal(t, 1, d.Y[30000])
	corners := [2]string{}
	for k, rows := range [][2]int{{0, 30000}, {30000, 40000}} {
		for j := range 3 {
			v := column(d.X, j)[rows[0]:rows[1]]
			mean, sd := stat.MeanStdDev(v, nil)
			assert.InDelta(t, 2, math.Abs(mean), 0.1, "a corner of the hypercube")
			assert.Less(t, sd, math.Sqrt(3), "three entries of A, below 1 each")
			corners[k] += map[bool]string{true: "+", false: "-"}[mean > 0]
		}
	}
	assert.NotEqual(t, corners[0], corners[1])
}

func TestClassificationFlipWeightsAndScale(t *testing.T) {
	d, err := Classification{Rows: 20000, Features: 4, Informative: 2, Classes: 4, ClustersPerClass: 1, Flip: 0.4, NoShuffle: true, Seed: 3}.Make()
	require.NoError(t, err)
	changed := 0.0
	for i, y := range d.Y {
		if y != i/5000 {
			changed++
		}
	}
	assert.InDelta(t, 0.4*3/4, changed/20000, 0.02)

	d, err = Classification{Rows: 1000, Weights: []float64{0, 1}, Seed: 3}.Make()
	require.NoError(t, err)
	assert.Equal(t, []float64{0, 1}, round(shares(d.Y, 2)))

	plain := Classification{Rows: 2000, Features: 3, Seed: 4}
	moved := plain
	moved.Shift, moved.Scale = 3, 10
	a, err := plain.Make()
	require.NoError(t, err)
	b, err := moved.Make()
	require.NoError(t, err)
	for i, v := range values(a) {
		require.InDelta(t, 10*(v+3), values(b)[i], 1e-9)
	}
	wild, err := Classification{Rows: 5000, Features: 30, RandomShift: true, RandomScale: true, Seed: 5}.Make()
	require.NoError(t, err)
	for _, v := range columnsNamed(wild.Table, "noise") {
		mean, sd := stat.MeanStdDev(v, nil)
		assert.True(t, sd > 0.9 && sd < 105, sd)
		assert.Less(t, math.Abs(mean/sd), 1.1)
	}
}

func TestClassificationUsesEveryCorner(t *testing.T) {
	d, err := Classification{Rows: 1600, Features: 4, Informative: 4, Classes: 2, ClustersPerClass: 8, Separation: 50, NoShuffle: true, Seed: 6}.Make()
	require.NoError(t, err)
	corners := map[string]bool{}
	for i := range 1600 {
		key := ""
		for j := range 4 {
			key += strconv.FormatBool(d.X.At(i, j) > 0)
		}
		corners[key] = true
	}
	assert.Len(t, corners, 16)
	stretched, err := Classification{Rows: 1600, Features: 4, Informative: 4, ClustersPerClass: 8, Separation: 50, Polytope: true, Seed: 6}.Make()
	require.NoError(t, err)
	assert.Less(t, stat.StdDev(values(stretched), nil), 0.6*stat.StdDev(values(d), nil))
}

func round(v []float64) []float64 {
	out := make([]float64, len(v))
	for i := range v {
		out[i] = math.Round(v[i]*1e9) / 1e9
	}
	return out
}

func TestMultilabel(t *testing.T) {
	d, err := Multilabel{Rows: 20000, Classes: 6, Labels: 2, Length: 30, Seed: 1}.Make()
	require.NoError(t, err)
	labels, none, words := make([]float64, 7), 0.0, 0.0
	for i, y := range d.Y {
		n := 0
		for _, on := range y {
			n += on
		}
		labels[n]++
		if n == 0 {
			none++
		}
		for j := range 20 {
			words += d.X.At(i, j)
		}
	}
	// A Poisson of mean 2, cut off above 6.
	p, sum := make([]float64, 7), 0.0
	for n := range p {
		p[n] = math.Exp(-2) * math.Pow(2, float64(n)) / math.Gamma(float64(n+1))
		sum += p[n]
	}
	for n := range p {
		assert.InDelta(t, p[n]/sum, labels[n]/20000, 0.02, "%d labels", n)
	}
	assert.InDelta(t, 30, words/20000, 0.2)
	for _, v := range values(d) {
		require.True(t, v >= 0 && v == math.Trunc(v))
	}

	d, err = Multilabel{Rows: 2000, NoUnlabeled: true, Seed: 1}.Make()
	require.NoError(t, err)
	for _, y := range d.Y {
		assert.Contains(t, y, 1)
	}
}

// The words of rows with one label only follow that label's distribution: their frequencies repeat in another half.
func TestMultilabelWordsTellTheLabel(t *testing.T) {
	d, err := Multilabel{Rows: 30000, Features: 10, Classes: 2, Labels: 1, Seed: 2}.Make()
	require.NoError(t, err)
	frequency := func(label, half int) []float64 {
		f := make([]float64, 10)
		for i := half; i < len(d.Y); i += 2 {
			if d.Y[i][label] == 1 && d.Y[i][1-label] == 0 {
				axpy(1, d.X.(*tensor.Tensor[float64]).Row(i), f)
			}
		}
		total := dot(f, []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1})
		for j := range f {
			f[j] /= total
		}
		return f
	}
	for label := range 2 {
		assert.InDeltaSlice(t, frequency(label, 0), frequency(label, 1), 0.005)
	}
	apart := 0.0
	for j, f := range frequency(0, 0) {
		apart += math.Abs(f - frequency(1, 0)[j])
	}
	assert.Greater(t, apart, 0.1)
}

func TestBlobs(t *testing.T) {
	b := Blobs{Sizes: []int{3000, 6000, 0}, Features: 3, Stds: []float64{0.5, 2, 1}, Seed: 1}
	d, err := b.Make()
	require.NoError(t, err)
	points, err := b.Points()
	require.NoError(t, err)
	assert.Equal(t, []float64{1.0 / 3, 2.0 / 3, 0}, round6(shares(d.Y, 3)))
	assert.Equal(t, 3, d.K())
	for k := range 2 {
		for j := range 3 {
			var v []float64
			for i, y := range d.Y {
				if y == k {
					v = append(v, d.X.At(i, j))
				}
			}
			mean, sd := stat.MeanStdDev(v, nil)
			assert.InDelta(t, points[k][j], mean, 6*b.Stds[k]/math.Sqrt(float64(len(v))))
			assert.InEpsilon(t, b.Stds[k], sd, 0.07)
			assert.LessOrEqual(t, math.Abs(points[k][j]), 10.0)
		}
	}
	given := Blobs{Means: [][]float64{{1, 2}, {30, 40}}, Std: 1e-3}
	d, err = given.Make()
	require.NoError(t, err)
	for i, y := range d.Y {
		assert.InDelta(t, given.Means[y][0], d.X.At(i, 0), 0.01)
	}
	assert.Nil(t, given.Sizes, "Make leaves the config alone")
	given.Means[0][0] = 7
	points, err = given.Points()
	require.NoError(t, err)
	points[0][0] = 8
	assert.Equal(t, 7.0, given.Means[0][0])
}

func round6(v []float64) []float64 {
	out := make([]float64, len(v))
	for i := range v {
		out[i] = math.Round(v[i]*3e6) / 3e6
	}
	return out
}

type problem struct {
	X [][]float64
	Y []float64
}

// Without noise and shuffling the points are scikit-learn's. They come from the same few operations on numbers of about
// 1, hence a few units in the last place.
func TestMoonsAndCirclesMatchReference(t *testing.T) {
	reference := golden.Load[struct{ Moons, Circles map[string]problem }](t, "testdata/formulas.json")
	check := func(want problem, d ml.Dataset[int], err error) {
		require.NoError(t, err)
		for i, row := range want.X {
			assert.InDelta(t, row[0], d.X.At(i, 0), 1e-15)
			assert.InDelta(t, row[1], d.X.At(i, 1), 1e-15)
			assert.Equal(t, int(want.Y[i]), d.Y[i])
		}
	}
	for _, n := range []int{2, 3, 9} {
		d, err := Moons{Rows: n, NoShuffle: true}.Make()
		check(reference.Moons[strconv.Itoa(n)], d, err)
		d, err = Circles{Rows: n, Factor: 0.4, NoShuffle: true}.Make()
		check(reference.Circles[strconv.Itoa(n)], d, err)
	}
}

func TestMoonsNoiseAndShuffle(t *testing.T) {
	clean, err := Moons{Rows: 5000, Seed: 1}.Make()
	require.NoError(t, err)
	noisy, err := Moons{Rows: 5000, Noise: 0.2, Seed: 1}.Make()
	require.NoError(t, err)
	assert.Equal(t, clean.Y, noisy.Y)
	var diff []float64
	for i, v := range values(noisy) {
		diff = append(diff, v-values(clean)[i])
	}
	mean, sd := stat.MeanStdDev(diff, nil)
	assert.InDelta(t, 0, mean, 0.01)
	assert.InDelta(t, 0.2, sd, 0.008)
	early := shares(clean.Y[:1000], 2)
	assert.InDelta(t, 0.5, early[0], 0.08, "shuffled")
}

func TestHastie(t *testing.T) {
	d, err := Hastie{Rows: 40000, Seed: 1}.Make()
	require.NoError(t, err)
	for i, y := range d.Y {
		row := d.X.(*tensor.Tensor[float64]).Row(i)
		require.Equal(t, dot(row, row) > 9.34, y == 1)
	}
	assert.InDelta(t, 0.5, shares(d.Y, 2)[1], 0.015)
}

// The masses again, from the columns, by the pairwise formula for massless particles.
func TestHiggsLikeMasses(t *testing.T) {
	d, err := HiggsLike{Rows: 2000, Seed: 1}.Make()
	require.NoError(t, err)
	at := map[string]int{}
	for j, c := range d.Columns {
		at[c.Name] = j
	}
	for i := range 2000 {
		row := d.X.(*tensor.Tensor[float64]).Row(i)
		get := func(name string) float64 { return row[at[name]] }
		type p struct{ pt, eta, phi float64 }
		lepton := p{get("lepton_pT"), get("lepton_eta"), get("lepton_phi")}
		missing := p{get("missing_energy_magnitude"), get("lepton_eta"), get("missing_energy_phi")}
		var jet []p
		for _, k := range []string{"jet_1_", "jet_2_", "jet_3_", "jet_4_"} {
			jet = append(jet, p{get(k + "pt"), get(k + "eta"), get(k + "phi")})
		}
		mass := func(parts ...p) float64 {
			sum := 0.0
			for a := range parts {
				for b := range a {
					sum += 2 * parts[a].pt * parts[b].pt * (math.Cosh(parts[a].eta-parts[b].eta) - math.Cos(parts[a].phi-parts[b].phi))
				}
			}
			return math.Sqrt(sum)
		}
		for name, want := range map[string]float64{
			"m_jj": mass(jet[2], jet[3]), "m_jjj": mass(jet[1:]...), "m_lv": mass(lepton, missing), "m_jlv": mass(lepton, missing, jet[0]),
			"m_bb": mass(jet[0], jet[1]), "m_wbb": mass(lepton, missing, jet[0], jet[1]), "m_wwbb": mass(lepton, missing, jet[0], jet[1], jet[2], jet[3]),
		} {
			// The sum of four-vectors cancels where the pairwise formula does not: particles side by side at large eta.
			require.InDelta(t, want, row[at[name]], 1e-6*(1+want), name)
		}
	}
}

func TestHiggsLikeDistribution(t *testing.T) {
	const rows = 60000
	d, err := HiggsLike{Rows: rows, Seed: 2}.Make()
	require.NoError(t, err)
	assert.Len(t, d.Columns, 28)
	assert.InDelta(t, 0.51, shares(d.Y, 2)[1], 0.012)
	for j, c := range d.Columns[:21] {
		v := column(d.X, j)
		mean, sd := stat.MeanStdDev(v, nil)
		switch {
		case strings.HasSuffix(c.Name, "eta"):
			assert.InDelta(t, 0, mean, 0.025, c.Name)
			assert.InDelta(t, 1, sd, 0.02, c.Name)
		case strings.HasSuffix(c.Name, "phi"):
			assert.InDelta(t, 0, mean, 0.04, c.Name)
			assert.InDelta(t, math.Pi/math.Sqrt(3), sd, 0.03, c.Name)
		case strings.HasSuffix(c.Name, "b-tag"):
			assert.InDelta(t, 0.75, mean, 0.02, c.Name)
		default:
			assert.InDelta(t, 1, mean, 0.02, c.Name)
			assert.InDelta(t, math.Sqrt(math.Exp(0.25)-1), sd, 0.03, c.Name)
		}
	}
	// Classes by the documented probability, in ten bins of it; and no single column tells much.
	var hits, expected, count [10]float64
	for i, y := range d.Y {
		x := d.X.(*tensor.Tensor[float64]).Row(i)
		b := func(m, c, w float64) float64 { return math.Exp(-math.Pow(math.Log(m/c), 2) / (2 * w * w)) }
		f := 3*b(x[25], 1.9, .35) + 2*b(x[21], 1.5, .35) + 1.2*b(x[24], 3, .35) - 1.2*b(x[22], 3.2, .3) - b(x[26], 5, .3) +
			.35*(x[8]+x[12]-1.5)*b(x[25], 1.9, .7) + .5*(x[0]-1) - .3*(x[23]-1.2)
		p := sigmoid(1.3 * (f - 1.92))
		k := min(int(10*p), 9)
		hits[k] += float64(y)
		expected[k] += p
		count[k]++
	}
	for k := range hits {
		assert.InDelta(t, expected[k], hits[k], 5*math.Sqrt(count[k])/2+1, "bin %d", k)
	}
	y := make([]float64, rows)
	for i := range y {
		y[i] = float64(d.Y[i])
	}
	for j, c := range d.Columns {
		assert.Less(t, math.Abs(stat.Correlation(column(d.X, j), y, nil)), 0.2, c.Name)
	}

	flipped, err := HiggsLike{Rows: rows, Flip: 1, Seed: 2}.Make()
	require.NoError(t, err)
	for i := range y {
		require.Equal(t, 1-d.Y[i], flipped.Y[i])
	}
}

func TestClickLike(t *testing.T) {
	const rows = 60000
	d, err := ClickLike{Rows: rows, Numeric: 4, Categorical: 5, Levels: 2000, Exponent: 1.2, BaseRate: 0.05, Missing: 0.2, Seed: 1}.Make()
	require.NoError(t, err)
	assert.InEpsilon(t, 0.05, shares(d.Y, 2)[1], 0.15)
	sizes := []int{}
	for j, c := range d.Columns {
		missing := 0.0
		for _, v := range column(d.X, j) {
			if math.IsNaN(v) {
				missing++
				continue
			}
			require.True(t, v >= 0 && v == math.Trunc(v))
			if c.Kind == ml.Categorical {
				require.Less(t, int(v), len(c.Levels))
			}
		}
		assert.InDelta(t, 0.4*(float64(j)+0.5)/9, missing/rows, 0.012, c.Name)
		if c.Kind == ml.Categorical {
			sizes = append(sizes, len(c.Levels))
		}
	}
	assert.Equal(t, []int{2, 11, 63, 356, 2000}, sizes)

	frequency := make([]float64, 2000)
	for _, v := range column(d.X, 8) {
		if !math.IsNaN(v) {
			frequency[int(v)]++
		}
	}
	assert.InDelta(t, -1.2, slope(frequency[:60], 1), 0.06)

	full, err := ClickLike{Rows: 2000, NoMissing: true, Seed: 1}.Make()
	require.NoError(t, err)
	for _, v := range values(full) {
		require.False(t, math.IsNaN(v))
	}
}

// The log odds of the documentation explain the clicks: rows that the model calls likely are clicked as often as it says.
func TestClickLikeFollowsItsModel(t *testing.T) {
	c := ClickLike{Rows: 40000, Numeric: 3, Categorical: 3, Levels: 40, Exponent: 1, BaseRate: 0.2, NoMissing: true, Seed: 4}
	d, err := c.Make()
	require.NoError(t, err)
	m := c.model()
	var hits, expected, count [10]float64
	for i, y := range d.Y {
		x := d.X.(*tensor.Tensor[float64]).Row(i)
		odds := m.base + m.pair[int(x[4])%16][int(x[5])%16]
		for k := range 3 {
			odds += m.effect[k][int(x[3+k])]
		}
		// Of g only the floor is left; its middle is close enough for counts that are not tiny.
		tiny := false
		for j := range 3 {
			tiny = tiny || x[j] < 5
			odds += m.slope[j] * (math.Log(x[j]+0.5) - m.offset[j])
		}
		if tiny {
			continue
		}
		p := sigmoid(odds)
		k := min(int(10*p), 9)
		hits[k] += float64(y)
		expected[k] += p
		count[k]++
	}
	for k := range hits {
		assert.InDelta(t, expected[k], hits[k], 5*math.Sqrt(count[k])/2+1, "bin %d", k)
	}
}

// slope fits log frequency against log rank from the given rank on, each word weighted by how well it is measured.
func slope(frequency []float64, rank int) float64 {
	var x, y, w []float64
	for i, f := range frequency {
		x, y, w = append(x, math.Log(float64(rank+i))), append(y, math.Log(f)), append(w, f)
	}
	_, b := stat.LinearRegression(x, y, w, false)
	return b
}

func TestSparseText(t *testing.T) {
	s := SparseText{Rows: 5000, Vocabulary: 3001, Classes: 3, Length: 80, Exponent: 1.1, Signal: 0.3, Seed: 1}
	d, err := s.Make()
	require.NoError(t, err)
	x := d.X.(*tensor.CSR[float64])
	n, p := x.Dims()
	assert.Equal(t, []int{5000, 3001}, []int{n, p})
	all := make([]float64, 3001)
	byClass := [3][]float64{make([]float64, 3001), make([]float64, 3001), make([]float64, 3001)}
	words := [3]float64{}
	for i, y := range d.Y {
		cols, counts := x.RowNZ(i)
		require.NotEmpty(t, cols)
		for j, c := range cols {
			require.True(t, counts[j] >= 1 && (j == 0 || cols[j-1] < c))
			all[c] += counts[j]
			byClass[y][c] += counts[j]
			words[y] += counts[j]
		}
	}
	assert.InDelta(t, 80, (words[0]+words[1]+words[2])/5000, 0.7)
	for _, share := range shares(d.Y, 3) {
		assert.InDelta(t, 1.0/3, share, 0.035)
	}
	assert.InDelta(t, -1.1, slope(all[3:300], 4), 0.05, "the whole corpus follows Zipf's law")

	z := zipf(3001, 1.1)
	total := 0.0
	for _, v := range z {
		total += v
	}
	for class := range 3 {
		for w := range 60 {
			block := w / 3 * 3
			want := 0.7 * z[w] / total
			if w%3 == class {
				want += 0.3 * (z[block] + z[block+1] + z[block+2]) / total
			}
			got := byClass[class][w] / words[class]
			assert.InDelta(t, want, got, 5*math.Sqrt(want/words[class]), "word %d of class %d", w, class)
		}
	}
	assert.InDelta(t, all[3000], z[3000]/total*(words[0]+words[1]+words[2]), 5*math.Sqrt(all[3000])+5, "the incomplete block is left alone")
}

func TestAliasDrawsItsDistribution(t *testing.T) {
	weight := []float64{0, 3, 1, 0, 6}
	a := newAlias(weight)
	r := streamForTest(1)
	count := make([]float64, 5)
	for range 100000 {
		count[a.draw(r)]++
	}
	for i, w := range weight {
		assert.InDelta(t, w/10, count[i]/100000, 0.008)
	}
	// Exactly, from the table: each cell of width 1/n gives keep to itself and the rest to the other.
	p := make([]float64, 5)
	for i, k := range a.keep {
		p[i] += k / 5
		p[a.other[i]] += (1 - k) / 5
	}
	assert.InDeltaSlice(t, []float64{0, 0.3, 0.1, 0, 0.6}, p, 1e-15)
}

func TestRankingQueries(t *testing.T) {
	for _, noise := range []float64{0, 2} {
		d, err := RankingQueries{Queries: 2000, Documents: 25, Noise: noise, Seed: 1}.Make()
		require.NoError(t, err)
		rows := float64(len(d.Y))
		assert.InDelta(t, 25, rows/2000, 0.6)
		var grades [5]float64
		for i, y := range d.Y {
			grades[int(y)]++
			require.True(t, i == 0 || d.Group[i] == d.Group[i-1] || d.Group[i] == d.Group[i-1]+1)
		}
		assert.Equal(t, 1999, d.Group[len(d.Group)-1])
		for g, want := range []float64{0.5, 0.25, 0.15, 0.07, 0.03} {
			assert.InDelta(t, want, grades[g]/rows, 0.012, "grade %d, noise %v", g, noise)
		}

		// Within queries the informative columns carry the grade and the others don't.
		best := 0.0
		for j, c := range d.Columns {
			correlation := math.Abs(withinCorrelation(d, j))
			if strings.HasPrefix(c.Name, "noise") {
				assert.Less(t, correlation, 0.03, c.Name)
			} else {
				best = max(best, correlation)
			}
		}
		assert.Greater(t, best, 0.4/(1+noise))
	}
}

// withinCorrelation is the correlation of a column with the grade after both lose their query's mean.
func withinCorrelation(d ml.Dataset[float64], j int) float64 {
	queries := d.Group[len(d.Group)-1] + 1
	n, mx, my := make([]float64, queries), make([]float64, queries), make([]float64, queries)
	for i, q := range d.Group {
		n[q]++
		mx[q] += d.X.At(i, j)
		my[q] += d.Y[i]
	}
	var x, y []float64
	for i, q := range d.Group {
		x, y = append(x, d.X.At(i, j)-mx[q]/n[q]), append(y, d.Y[i]-my[q]/n[q])
	}
	return stat.Correlation(x, y, nil)
}
