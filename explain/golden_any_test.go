package explain

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// clustered reads scipy's linkage: the numbers of two clusters and their distance, for each join.
func clustered(tree [][]float64) (Coalition, []float64) {
	var parts []Coalition
	for j := range len(tree) + 1 {
		parts = append(parts, Coalition{Members: []int{j}})
	}
	var heights []float64
	for _, join := range tree {
		parts = append(parts, joined(parts[int(join[0])], parts[int(join[1])]))
		heights = append(heights, join[2])
	}
	return parts[len(parts)-1], heights
}

// TestAnyModelIsExplainedAsByShap asks the same formula about the same sets: what is left is rounding, of values up to 10.
//
// What differs by its meaning: shap's kernel chooses columns with l1_reg="num_features(10)" unless told else, ours gives each its value unless told else. shap's Partition calls what
// it computes Owen values, its Coalition explainer Winter values: both are ours of PartitionSHAP. shap clusters by 1 - r, which puts a column and its negative far apart; ours is 1 - |r|.
func TestAnyModelIsExplainedAsByShap(t *testing.T) {
	type tensor3 [][][]float64
	f := golden.Load[struct {
		Background, Rows, X, Tree [][]float64
		Exact                     struct {
			Values tensor3
			Base   [][]float64
		}
		KernelAll   tensor3 `json:"kernel_all"`
		KernelThree tensor3 `json:"kernel_three"`
		KernelAIC   tensor3 `json:"kernel_aic"`
		KernelBIC   tensor3 `json:"kernel_bic"`
		Partition   tensor3
		Coalition   tensor3
		Linear      struct {
			Coef      []float64
			X, Values [][]float64
			Base      float64
		}
	}](t, "testdata/any.json")
	rows := matrixOf(f.Rows)
	background := Sampled{Background: ml.Table{X: matrixOf(f.Background)}}
	tree, heights := clustered(f.Tree)
	ours, at, err := ClusterColumns(ml.Table{X: matrixOf(f.X)})
	require.NoError(t, err)
	golden.Close(t, at, heights, 0, 1e-12, "distances")
	for name, c := range map[string]struct {
		how interface {
			For(m Model) (Explainer, error)
		}
		want tensor3
	}{
		"exact":                  {ExactSHAP{Sampled: background}, f.Exact.Values},
		"kernel":                 {KernelSHAP{Sampled: background}, f.KernelAll},
		"kernel, three columns":  {KernelSHAP{Sampled: background, MaxColumns: 3}, f.KernelThree},
		"kernel, AIC":            {KernelSHAP{Sampled: background, Criterion: AIC}, f.KernelAIC},
		"kernel, BIC":            {KernelSHAP{Sampled: background, Criterion: BIC}, f.KernelBIC},
		"partition":              {PartitionSHAP{Sampled: background, Coalitions: []Coalition{tree}}, f.Partition},
		"partition, our cluster": {PartitionSHAP{Sampled: background, Coalitions: ours}, f.Partition},
		"coalitions": {PartitionSHAP{Sampled: background, Coalitions: []Coalition{
			{Parts: []Coalition{{Members: []int{0, 5, 2}}, {Members: []int{3, 6}}}}, {Members: []int{1, 4, 7}},
		}}, f.Coalition},
	} {
		got := explainAll(t, c.how, formula(crossed), rows)
		for i := range f.Rows {
			golden.Close(t, got.Base.Row(i), f.Exact.Base[i], 0, 1e-13, name+": base")
			for k := range 2 {
				golden.Close(t, got.Row(i, k), c.want[i][k], 0, 1e-11, name)
			}
		}
	}
	x := matrixOf(f.Linear.X)
	got, err := LinearSHAP{Coef: tensor.FromSlice(f.Linear.Coef, 1, 5), Intercept: []float64{0.25}, Background: ml.Table{X: x}, Correlated: true}.Explain(context.Background(), x)
	require.NoError(t, err)
	for i, want := range f.Linear.Values {
		golden.Close(t, got.Row(i, 0), want, 0, 1e-12, "linear")
		require.InDelta(t, f.Linear.Base, got.Base.Row(i)[0], 1e-13)
	}
}

// kernelFormulas are those of explain_kernel.py.
func kernelFormulas(x []float64) []float64 {
	sum := x[0]*x[1]*x[2] + math.Sin(x[3]*x[4]) + x[5]*x[6]*x[7]*x[8]
	for j, v := range x {
		sum += float64(j) * v
	}
	net, steps := 0.0, 0.0
	for unit := range 8 {
		in := 0.0
		for j, v := range x {
			in += v * math.Sin(float64(8*j+unit)*1.7)
		}
		net += math.Tanh(in) * math.Cos(float64(unit))
	}
	for j := range len(x) - 2 {
		switch {
		case x[j] < 0.2 && x[j+1] > -0.3:
			steps += float64(j) - 3
		case x[j] < 0.2:
			steps++
		case x[j+2] > 0:
			steps += 2
		default:
			steps -= float64(j)
		}
	}
	return []float64{sum, net, steps}
}

// TestKernelErrsLessThanShaps: the squared error of as many sets is at most 0.4 times that of shap's KernelExplainer, which draws sets with repetition and by the kernel's weight. With
// ten seeds the ratios are 0.082, 0.372, 0 (100 sets), 0.002, 0.280, 0 (300) and 0.00004, 0.135, 0 (1000).
func TestKernelErrsLessThanShaps(t *testing.T) {
	f := golden.Load[struct {
		Background, Rows [][]float64
		Exact            [][][]float64
		Cases            []struct {
			Sets    int
			Squares []float64
		}
	}](t, "testdata/kernel.json")
	rows := matrixOf(f.Rows)
	background := Sampled{Background: ml.Table{X: matrixOf(f.Background)}}
	for _, c := range f.Cases {
		if testing.Short() && c.Sets != 300 {
			continue
		}
		var squares [3]float64
		seeds := 2.0
		if c.Sets == 100 {
			seeds = 10 // few sets: the error of the errors is larger
		}
		for seed := range uint64(seeds) {
			got := explainAll(t, KernelSHAP{Sampled: background, Evaluations: c.Sets, Seed: seed}, formula(kernelFormulas), rows)
			for i := range f.Rows {
				for k := range squares {
					for j, want := range f.Exact[i][k] {
						squares[k] += (got.Row(i, k)[j] - want) * (got.Row(i, k)[j] - want) / seeds
					}
				}
			}
		}
		for k, v := range squares {
			t.Logf("%d sets, formula %d: %.3g of shap's %.3g: %.3f", c.Sets, k, v, c.Squares[k], v/c.Squares[k])
			require.Less(t, v, 0.4*c.Squares[k])
		}
	}
}
