package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSimulation(t *testing.T) {
	var out bytes.Buffer
	visitors := 10000
	if testing.Short() {
		visitors = 1500
	}
	require.NoError(t, simulate(&out, visitors))
	t.Log(out.String())
	require.Contains(t, out.String(), "gate: always autumn stays out")
	if !testing.Short() {
		require.Contains(t, out.String(), "gate: by device is deployed")
	}
}

func TestAnswers(t *testing.T) {
	b, err := newBandit(&bytes.Buffer{})
	require.NoError(t, err)
	h := newHandler(b)
	ask := func(method, path, body string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
		return w
	}
	w := ask(http.MethodPost, "/decide", `{"mobile": true}`)
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	require.Contains(t, w.Body.String(), `"id":1,`)
	require.Equal(t, http.StatusOK, ask(http.MethodPost, "/reward", `{"id": 1, "reward": 1}`).Code)
	require.Equal(t, http.StatusConflict, ask(http.MethodPost, "/reward", `{"id": 1, "reward": 1}`).Code)
	require.Equal(t, http.StatusNotFound, ask(http.MethodPost, "/reward", `{"id": 2, "reward": 1}`).Code)
	require.Equal(t, http.StatusBadRequest, ask(http.MethodPost, "/reward", `{"id": 1, "reward": 7}`).Code)
	require.Equal(t, http.StatusBadRequest, ask(http.MethodPost, "/decide", `{"phone": true}`).Code)
	require.Contains(t, ask(http.MethodGet, "/shares", "").Body.String(), `"autumn":`)
}
