package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tree"
)

func serve(t *testing.T, body string) *httptest.ResponseRecorder {
	t.Helper()
	model, err := tree.ReadXGBoost[*tree.ClassificationModel](bytes.NewReader(file))
	require.NoError(t, err)
	w := httptest.NewRecorder()
	newHandler(model).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/predict", strings.NewReader(body)))
	return w
}

// The answers are those of XGBoost in Python, to the digits of its float32.
func TestAnswersAreThoseOfPython(t *testing.T) {
	want := golden.Load[struct {
		Rows          []map[string]any
		Probabilities []float64
	}](t, "testdata/predictions.json")
	body, err := json.Marshal(want.Rows)
	require.NoError(t, err)
	w := serve(t, string(body))
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	var got []float64
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	golden.Close(t, got, want.Probabilities, 1e-6, 0, "probabilities")
	assert.Contains(t, w.Header().Get("Server-Timing"), "predict;dur=")
}

func TestRequestsAreCheckedAgainstTheColumns(t *testing.T) {
	for body, message := range map[string]string{
		`{`:              "want a list of objects",
		`[{"age": 41}]`:  `row 0: no column "income": the model has "age", "income", "debt ratio", "housing"`,
		`[{"Age": 41}]`:  `unknown column "Age"`,
		`[{"age": "x"}]`: `column "age" is "x": want a number`,
		`[{"age": 41, "income": null, "debt ratio": 0.3, "housing": "tent"}]`: `column "housing" is tent: want one of ["own" "parents" "rent"]`,
		`[{"age": 41, "income": null, "debt ratio": 0.3, "housing": 2}]`:      `column "housing" is 2`,
	} {
		w := serve(t, body)
		assert.Equal(t, http.StatusBadRequest, w.Code, body)
		assert.Contains(t, w.Body.String(), message)
	}
	w := serve(t, `[{"age": null, "income": null, "debt ratio": null, "housing": null}]`)
	assert.Equal(t, http.StatusOK, w.Code, w.Body.String())
}

func TestRunPrintsTheLatency(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(&out, ""))
	assert.Contains(t, out.String(), "40 trees on 4 columns")
	assert.Contains(t, out.String(), "2000 requests of one row: prediction p50")
}
