package explain

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// bits reads float64 numbers.
func bits64(t *testing.T, text string) []float64 {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(text)
	require.NoError(t, err)
	out := make([]float64, len(raw)/8)
	for i := range out {
		out[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
	}
	return out
}

type treeCase struct {
	Name, Library, Model, Rows string
	Contribs                   string `json:"contribs,omitempty"`
	Columns, Outputs           int
	Interactions               string        `json:"interactions,omitempty"`
	Saabas                     string        `json:"saabas,omitempty"`
	ShapInteractions           string        `json:"shap_interactions,omitempty"`
	Background                 string        `json:"background,omitempty"`
	Interventional             string        `json:"interventional,omitempty"`
	Probability                string        `json:"probability,omitempty"`
	Base                       float64       `json:"base,omitempty"`
	Values                     [][]float64   `json:"values,omitempty"`
	Pairs                      [][][]float64 `json:"pairs,omitempty"`
}

func (c treeCase) load(t *testing.T) tree.Grown {
	t.Helper()
	read := tree.ReadXGBoost[tree.Grown]
	if c.Library == "lightgbm" {
		read = tree.ReadLightGBM[tree.Grown]
	}
	m, err := read(strings.NewReader(c.Model))
	require.NoError(t, err)
	return m
}

func (c treeCase) matrix(t *testing.T, text string) *tensor.Tensor[float64] {
	t.Helper()
	numbers := bits64(t, text)
	return tensor.FromSlice(numbers, len(numbers)/c.Columns, c.Columns)
}

// TestTreesAreExplainedAsByTheirLibraries compares with what LightGBM, XGBoost and shap say of their own models.
//
// XGBoost adds up in float32: 12 trees of values of size 1 leave some 1e-6. Version 3.4.1, whose contributions are quadratures like ours, says the same of its models as 3.2.0 did of its own. LightGBM and shap add up in float64, but their algorithm divides by the
// cover's shares again and again, which costs them digits: 1e-9. shap's interventional values have float32 weights: 1e-7.
//
// What differs by its meaning: LightGBM's contributions of a forest (boosting=rf) add up to the sum of its trees, ours to their mean, which is what the
// forest predicts.
func TestTreesAreExplainedAsByTheirLibraries(t *testing.T) {
	ctx := context.Background()
	file := golden.Load[struct{ Cases []treeCase }](t, "testdata/trees.json")
	for _, c := range golden.Load[struct{ Cases []treeCase }](t, "testdata/xgboost.json").Cases {
		c.Name += ", 3.4.1"
		file.Cases = append(file.Cases, c)
	}
	for _, c := range file.Cases {
		t.Run(c.Library+" "+c.Name, func(t *testing.T) {
			m := c.load(t)
			rows := c.matrix(t, c.Rows)
			n := rows.Shape()[0]
			tolerance := 1e-9
			if c.Library == "xgboost" {
				tolerance = 3e-6
			}
			x, err := TreeSHAP{}.For(m)
			require.NoError(t, err)
			got, err := x.Explain(ctx, rows)
			require.NoError(t, err)
			want := bits64(t, c.Contribs)
			if c.Name == "forest" {
				for i := range want {
					want[i] /= float64(m.Trees().Trees())
				}
			}
			for i := range n {
				for k := range c.Outputs {
					line := want[(i*c.Outputs+k)*(c.Columns+1):][:c.Columns+1]
					golden.Close(t, got.Row(i, k), line[:c.Columns], 0, tolerance, "contributions")
					golden.Close(t, got.Base.Row(i)[k:k+1], line[c.Columns:], 0, tolerance, "base")
				}
			}
			if c.Saabas != "" {
				got, err := Saabas{}.Explain(ctx, m, rows)
				require.NoError(t, err)
				want := bits64(t, c.Saabas)
				for i := range n {
					for k := range c.Outputs {
						golden.Close(t, got.Row(i, k), want[(i*c.Outputs+k)*(c.Columns+1):][:c.Columns], 0, tolerance, "Saabas")
					}
				}
			}
			both, err := x.Interactions(ctx, rows)
			require.NoError(t, err)
			if c.Interactions != "" { // columns and the base
				want, side := bits64(t, c.Interactions), c.Columns+1
				for i := range n {
					for k := range c.Outputs {
						matrix := both.Matrix(i, k)
						for j := range c.Columns {
							golden.Close(t, matrix[j*c.Columns:(j+1)*c.Columns], want[((i*c.Outputs+k)*side+j)*side:][:c.Columns], 0, 2*tolerance, "interactions")
						}
					}
				}
			}
			if c.ShapInteractions != "" {
				golden.Close(t, both.Values.Data(), bits64(t, c.ShapInteractions), 0, tolerance, "shap's interactions")
			}
			if c.Background == "" {
				return
			}
			background := ml.Table{X: c.matrix(t, c.Background)}
			if c.Interventional != "" {
				x, err := TreeSHAP{Background: background}.For(m)
				require.NoError(t, err)
				got, err := x.Explain(ctx, rows)
				require.NoError(t, err)
				golden.Close(t, got.Values.Data(), bits64(t, c.Interventional), 0, 1e-7, "interventional")
			}
			if c.Probability != "" {
				x, err := TreeSHAP{Background: background, Scale: Response}.For(m)
				require.NoError(t, err)
				got, err := x.Explain(ctx, rows)
				require.NoError(t, err)
				golden.Close(t, got.Values.Data(), bits64(t, c.Probability), 0, 1e-7, "probability")
			}
		})
	}
}
