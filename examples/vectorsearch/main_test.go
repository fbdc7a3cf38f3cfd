package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const few = 3000

func ask(t *testing.T, method, url, body string) (int, []Answer) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	var found []Answer
	if answer.StatusCode == http.StatusOK && bytes.HasPrefix(text, []byte("[")) {
		require.NoError(t, json.Unmarshal(text, &found))
	}
	return answer.StatusCode, found
}

func TestArticlesAreFoundOverHTTP(t *testing.T) {
	x := embeddings(few)
	s, err := newServer(context.Background(), x)
	require.NoError(t, err)
	web := httptest.NewServer(s.handler())
	defer web.Close()

	code, found := ask(t, "GET", web.URL+"/like?id=42&k=5", "")
	require.Equal(t, http.StatusOK, code)
	require.Len(t, found, 5)
	assert.Equal(t, 42, found[0].ID)
	assert.InDelta(t, 0, found[0].Distance, 1e-6)

	code, found = ask(t, "GET", web.URL+"/like?id=42&k=5&language=3", "")
	require.Equal(t, http.StatusOK, code)
	require.Len(t, found, 5)
	for _, a := range found {
		assert.Equal(t, 3, a.Language)
		assert.Equal(t, 3, a.ID%languages)
	}

	vector, err := json.Marshal(x.Row(7))
	require.NoError(t, err)
	code, _ = ask(t, "POST", web.URL+"/articles", fmt.Sprintf(`{"vector": %s, "language": 9}`, vector))
	require.Equal(t, http.StatusOK, code)
	code, found = ask(t, "POST", web.URL+"/search", fmt.Sprintf(`{"vector": %s, "k": 2}`, vector))
	require.Equal(t, http.StatusOK, code)
	assert.ElementsMatch(t, []int{7, few}, []int{found[0].ID, found[1].ID})
	code, found = ask(t, "POST", web.URL+"/search", fmt.Sprintf(`{"vector": %s, "language": 9}`, vector))
	require.Equal(t, http.StatusOK, code)
	require.Len(t, found, 1)

	code, _ = ask(t, "DELETE", web.URL+"/articles/"+strconv.Itoa(7), "")
	require.Equal(t, http.StatusNoContent, code)
	code, found = ask(t, "POST", web.URL+"/search", fmt.Sprintf(`{"vector": %s, "k": 1}`, vector))
	require.Equal(t, http.StatusOK, code)
	assert.Equal(t, few, found[0].ID)

	for _, bad := range [][3]string{
		{"GET", "/like?id=7", ""}, {"GET", "/like?id=x", ""}, {"DELETE", "/articles/7", ""}, {"POST", "/search", "{"}, {"POST", "/search", `{"vector": [1, 2]}`},
		{"POST", "/articles", `{"vector": [1], "language": 1}`}, {"GET", "/like?id=1&k=-1", ""},
	} {
		code, _ = ask(t, bad[0], web.URL+bad[1], bad[2])
		assert.Contains(t, []int{http.StatusBadRequest, http.StatusNotFound}, code, bad)
	}
}

func TestRunSaysHowWellItFinds(t *testing.T) {
	var b strings.Builder
	_, err := run(context.Background(), &b, few)
	require.NoError(t, err)
	m := regexp.MustCompile(`recall of the ten nearest: (0\.\d+|1\.000)`).FindStringSubmatch(b.String())
	require.NotNil(t, m, b.String())
	recall, err := strconv.ParseFloat(m[1], 64)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, recall, 0.95)
	assert.Contains(t, b.String(), `"language":3`)
}
