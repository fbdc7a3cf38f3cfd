package tree

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// foreign is a golden file of models of another library.
type foreign struct {
	Version string
	X       [][]float64
	Cases   map[string]foreignCase
}

type foreignCase struct {
	Model    string
	X        [][]float64 // nil: that of the file
	Raw      []float64   // row after row
	Response []float64
	Leaves   [][]int32
}

// answering is what every loaded model can do.
type answering interface {
	Trees() *Ensemble
	Meta() *ml.Fitted
	Raw(x tensor.Matrix) (*tensor.Tensor[float64], error)
	Response(x tensor.Matrix) (*tensor.Tensor[float64], error)
	Leaves(x tensor.Matrix) ([]int32, error)
}

func (c foreignCase) rows(t testing.TB, x [][]float64) *tensor.Tensor[float64] {
	t.Helper()
	if c.X != nil {
		x = c.X
	}
	m, err := tensor.FromRows(x)
	require.NoError(t, err)
	return m
}

// Every trap of the format, in files of three versions: raw scores to the bit, leaves by their number, and responses as near as two
// libraries' exponential functions are.
func TestLightGBMModelsAnswerAsInLightGBM(t *testing.T) {
	for _, version := range []string{"4.7.0", "3.3.5", "2.3.1"} {
		file := golden.Load[foreign](t, "testdata/lightgbm_"+version+".json")
		require.Equal(t, version, file.Version)
		for name, c := range file.Cases {
			t.Run(version+"/"+name, func(t *testing.T) {
				m, err := ReadLightGBM[answering](strings.NewReader(c.Model))
				require.NoError(t, err)
				x := c.rows(t, file.X)
				raw, err := m.Raw(x)
				require.NoError(t, err)
				if e := m.Trees(); e.Average { // LightGBM's raw score of a forest is the sum, ours the mean: what goes through the link
					for i := range c.Raw {
						c.Raw[i] /= float64(e.Stages())
					}
				}
				assert.Equal(t, c.Raw, raw.Data(), "raw scores")
				response, err := m.Response(x)
				require.NoError(t, err)
				golden.Close(t, response.Data(), c.Response, 1e-14, 1e-300, "response")
				leaves, err := m.Leaves(x)
				require.NoError(t, err)
				for i, want := range c.Leaves {
					assert.Equal(t, want, leaves[i*len(want):(i+1)*len(want)], "leaves of row %d", i)
				}
			})
		}
	}
}
