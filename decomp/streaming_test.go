package decomp

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestStreamingPCAKeepsTheLaws(t *testing.T) {
	order := mltest.Waive(mltest.RowOrder, "rows are learned one after the other")
	copies := mltest.Waive(mltest.RepeatedRows, "a copy of a row is a step of its own")
	mltest.Transformer(t, StreamingPCA{}, order, copies)
	if testing.Short() {
		return
	}
	mltest.Transformer(t, StreamingPCA{Rule: RuleOja, Components: 2, Whiten: true}, nearest, order, copies)
}

// The recursions written out in numpy; 1e-8 is for sums in another order over 60 rows.
func TestStreamingPCAIsTheRecursion(t *testing.T) {
	g := golden.Load[struct {
		X     [][]float64
		Cases map[string]struct {
			Mean    []float64
			Vectors [][]float64
		}
	}](t, "testdata/streaming.json")
	for name, c := range map[string]StreamingPCA{
		"ccipca": {Components: 3}, "ccipca amnesia": {Components: 3, Amnesia: 2}, "oja": {Components: 3, Rule: RuleOja, Step: 4},
	} {
		m, err := c.Fit(t.Context(), ml.Table{X: matrix(t, g.X)})
		if err != nil {
			t.Fatal(name, err)
		}
		wantNumbers(t, name+": mean", m.Mean, g.Cases[name].Mean)
		wantRows(t, name+": vectors", m.Vectors, g.Cases[name].Vectors)
	}
}

// rotatedRows are n rows whose variances along turned axes are 9, 4, 1, 1/4, ...
func rotatedRows(n, p int, seed uint64) *tensor.Tensor[float64] {
	x := tensor.New[float64](n, p)
	rng.Normal(rng.New(seed, 0), x.Data(), 0, 1)
	turn := make([]float64, p*p)
	rng.Normal(rng.New(5, 1), turn, 0, 1)
	d, _ := linalg.NewSVD(turn, p, p, linalg.ThinVectors)
	row := make([]float64, p)
	for i := range n {
		clear(row)
		for a, v := range x.Row(i) {
			size := 3.0
			if a > 0 {
				size = math.Exp2(float64(2 - a))
			}
			for j := range p {
				row[j] += float64(size * v * d.U[a*p+j])
			}
		}
		for j, v := range row {
			x.Row(i)[j] = v + float64(10*j)
		}
	}
	return x
}

// After 20 000 rows both rules are within 0.05 of the angle of PCA's components (sampling alone turns those by about 0.01, the starts that are forgotten as 1/t add to it), and within a tenth of their variances.
func TestStreamingPCAApproachesPCA(t *testing.T) {
	n, bound := 20000, .05
	if testing.Short() {
		n, bound = 3000, .15
	}
	x := rotatedRows(n, 6, 3)
	want, err := PCA{Components: 3}.Fit(t.Context(), ml.Table{X: x})
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range []StreamingRule{RuleCCIPCA, RuleOja} {
		m, err := StreamingPCA{Components: 3, Rule: rule}.Fit(t.Context(), ml.Table{X: x})
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range m.Components {
			cos := linalg.Dot(v, want.Components[i])
			if angle := math.Acos(min(math.Abs(cos), 1)); angle > bound || cos < 0 {
				t.Errorf("%v: component %d is turned by %v (cosine %v)", rule, i, angle, cos)
			}
			if r := m.Variance[i] / want.Variance[i]; math.Abs(r-1) > .1 && !testing.Short() {
				t.Errorf("%v: variance %d is %v of PCA's", rule, i, r)
			}
		}
	}
}

// Update goes on where Fit stopped, to the bit.
func TestStreamingPCAUpdates(t *testing.T) {
	x := rowsOf(rotatedRows(200, 4, 9))
	for _, c := range []StreamingPCA{{Amnesia: 1}, {Rule: RuleOja, Components: 2}} {
		whole, err := c.Fit(t.Context(), ml.Table{X: matrix(t, x)})
		if err != nil {
			t.Fatal(err)
		}
		m, err := c.Fit(t.Context(), ml.Table{X: matrix(t, x[:1])})
		for _, at := range [][2]int{{1, 2}, {2, 90}, {90, 200}} {
			if err == nil {
				m, err = m.Update(t.Context(), ml.Table{X: matrix(t, x[at[0]:at[1]])})
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range flat(m.Components) {
			if math.Float64bits(v) != math.Float64bits(flat(whole.Components)[i]) {
				t.Fatalf("%v: %v, want %v", c.Rule, v, flat(whole.Components)[i])
			}
		}
	}
}

// Directions in another unit are the same, and a stream of which the direction turns is followed if old rows are forgotten.
func TestStreamingPCAForgets(t *testing.T) {
	x := tensor.New[float64](4000, 2)
	rng.Normal(rng.New(2, 2), x.Data(), 0, 1)
	for i := range 4000 {
		x.Row(i)[i/2000] *= 3 // along the first axis, and then the second
	}
	for _, amnesia := range []float64{0, 4} {
		m, err := StreamingPCA{Components: 1, Amnesia: amnesia}.Fit(t.Context(), ml.Table{X: x})
		if err != nil {
			t.Fatal(err)
		}
		if second := math.Abs(m.Components[0][1]); amnesia > 0 && second < .95 {
			t.Errorf("the new direction is not followed: %v", m.Components[0])
		} else if amnesia == 0 && second > .95 {
			t.Errorf("old rows are forgotten: %v", m.Components[0])
		}
	}
}

// Rows that all lie on a line tell of one component; the others are axes at right angles, of no variance.
func TestStreamingPCAOfALine(t *testing.T) {
	x := tensor.New[float64](30, 3)
	for i := range 30 {
		copy(x.Row(i), []float64{float64(i), float64(2 * i), float64(-2 * i)})
	}
	for _, rule := range []StreamingRule{RuleCCIPCA, RuleOja} {
		m, err := StreamingPCA{Rule: rule}.Fit(t.Context(), ml.Table{X: x})
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range m.Components {
			for j, w := range m.Components {
				if want := map[bool]float64{true: 1}[i == j]; math.Abs(linalg.Dot(v, w)-want) > 1e-12 {
					t.Errorf("%v: components %d and %d: %v", rule, i, j, linalg.Dot(v, w))
				}
			}
		}
		if m.Variance[1] != 0 || m.Variance[2] != 0 || !(m.Variance[0] > 0) {
			t.Errorf("%v: variances %v", rule, m.Variance)
		}
	}
}

func TestStreamingPCARefuses(t *testing.T) {
	x := rotatedRows(5, 3, 1)
	for _, c := range []StreamingPCA{{Components: -1}, {Components: 4}, {Rule: 2}, {Amnesia: -1}, {Amnesia: math.NaN()}, {Step: math.Inf(1)}} {
		if _, err := c.Fit(context.Background(), ml.Table{X: x}); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
