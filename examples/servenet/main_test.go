package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/internal/golden"
)

// The answers are those of PyTorch, to the digits of its float32, to many clients at once.
func TestAnswersAreThoseOfPython(t *testing.T) {
	want := golden.Load[struct {
		Images        [][]float64
		Probabilities [][]float64
	}](t, "testdata/answers.json")
	reader, report, err := load(bytes.NewReader(file))
	require.NoError(t, err)
	assert.Len(t, report.Loaded, 10)
	assert.Empty(t, report.Missing)
	assert.Empty(t, report.Unexpected)
	server := httptest.NewServer(newHandler(reader))
	defer server.Close()
	var wait sync.WaitGroup
	for range 16 {
		wait.Go(func() {
			for i, image := range want.Images {
				body, err := json.Marshal([][]float64{image, want.Images[(i+1)%len(want.Images)]})
				if !assert.NoError(t, err) {
					return
				}
				text, err := ask(server.URL+"/read", string(body))
				if !assert.NoError(t, err) {
					return
				}
				var got []answer
				if !assert.NoError(t, json.Unmarshal([]byte(text), &got)) || !assert.Len(t, got, 2) {
					return
				}
				p := want.Probabilities[i]
				for _, v := range p {
					assert.LessOrEqual(t, v, p[got[0].Digit])
				}
				assert.InDelta(t, p[got[0].Digit], got[0].Probability, 1e-5)
			}
		})
	}
	wait.Wait()
}

func TestRequestsAreChecked(t *testing.T) {
	reader, _, err := load(bytes.NewReader(file))
	require.NoError(t, err)
	for body, message := range map[string]string{
		`{`:                                    "want a list of lists of numbers",
		`[[1, 2]]`:                             "image 0 has 2 numbers: want 64",
		`[` + aZero + `,[17` + aZero[2:] + `]`: "image 1, number 0 is 17: want 0 to 16",
	} {
		w := httptest.NewRecorder()
		newHandler(reader).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/read", strings.NewReader(body)))
		assert.Equal(t, http.StatusBadRequest, w.Code, body)
		assert.Contains(t, w.Body.String(), message)
	}
}

// A file that has lost a tensor is refused, with a report.
func TestTheReportNamesWhatIsMissing(t *testing.T) {
	other := bytes.Replace(file, []byte(`"fc.bias"`), []byte(`"fc.bios"`), 1)
	_, report, err := load(bytes.NewReader(other))
	require.Error(t, err)
	assert.Equal(t, []string{"fc.bias"}, report.Missing)
	assert.Equal(t, []string{"fc.bios"}, report.Unexpected)
}

func TestRunPrintsTheReport(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(&out, ""))
	assert.Contains(t, out.String(), "loaded: conv1.weight")
	assert.Contains(t, out.String(), `"digit":0`)
}
