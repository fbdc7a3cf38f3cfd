package tree

import (
	"encoding/base64"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/internal/golden"
)

// file is the model as XGBoost wrote it: UBJSON stands in base64.
func (c foreignCase) file(t testing.TB) string {
	t.Helper()
	if strings.HasPrefix(c.Model, "{") || strings.HasPrefix(c.Model, "tree") {
		return c.Model
	}
	raw, err := base64.StdEncoding.DecodeString(c.Model)
	require.NoError(t, err)
	return string(raw)
}

// Every trap of the format, in files of five versions: margins to the bit, leaves by their number. XGBoost's links are float32: 1e-6.
func TestXGBoostModelsAnswerAsInXGBoost(t *testing.T) {
	for _, version := range []string{"3.4.1", "3.2.0", "3.0.5", "2.1.4", "1.7.6"} {
		file := golden.Load[foreign](t, "testdata/xgboost_"+version+".json")
		require.Equal(t, version, file.Version)
		for name, c := range file.Cases {
			t.Run(version+"/"+name, func(t *testing.T) {
				m, err := ReadXGBoost[answering](strings.NewReader(c.file(t)))
				require.NoError(t, err)
				x := c.rows(t, file.X)
				raw, err := m.Raw(x)
				require.NoError(t, err)
				golden.Close(t, raw.Data(), c.Raw, 0, 0, "margins")
				response, err := m.Response(x)
				require.NoError(t, err)
				if name == "logitraw" { // XGBoost predicts the margin there
					for i, v := range c.Response {
						c.Response[i] = 1 / (1 + math.Exp(-v))
					}
				}
				golden.Close(t, response.Data(), c.Response, 1e-6, 1e-12, "response")
				leaves, err := m.Leaves(x)
				require.NoError(t, err)
				for i, want := range c.Leaves {
					if len(want) > 0 {
						assert.Equal(t, want, leaves[i*len(want):(i+1)*len(want)], "leaves of row %d", i)
					}
				}
			})
		}
	}
}

func TestXGBoostBaseScoreInEveryForm(t *testing.T) {
	logit := func(p float64) float64 { return float64(-float32(math.Log(float64(1/float32(p) - 1)))) }
	for score, want := range map[string]float64{`"5E-1"`: 0, `"[2.5E-1]"`: logit(0.25), `0.25`: logit(0.25), `[0.25]`: logit(0.25), `"0.25"`: logit(0.25), `null`: 0} {
		text := `{"learner":{"learner_model_param":{"base_score":` + score + `,"num_class":"0","num_feature":"1"},"objective":{"name":"binary:logistic"},
			"gradient_booster":{"name":"gbtree","model":{"trees":[],"tree_info":[],"gbtree_model_param":{}}}},"version":[3,1,0]}`
		m, err := ReadXGBoost[*ClassificationModel](strings.NewReader(text))
		require.NoError(t, err, score)
		assert.Equal(t, []float64{want}, m.Ensemble.Base, score)
	}
}
