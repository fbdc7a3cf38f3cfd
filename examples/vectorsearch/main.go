// Vectorsearch serves nearest-neighbour search over a hundred thousand embeddings: articles in eight languages and forty topics are indexed by cosine distance, and
// an HTTP server answers for those nearest to a vector or to an article, of one language if that is asked for, while articles are put in and taken out.
//
//	go run ./examples/vectorsearch                        # builds the index, checks its recall, asks itself a few questions
//	go run ./examples/vectorsearch -serve localhost:8080  # and serves
//	curl 'localhost:8080/like?id=42&k=5&language=3'
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/neighbors"
	"github.com/gopherwood-ml/ml/tensor"
)

const (
	columns   = 64
	topics    = 40
	languages = 8
)

func main() {
	address := flag.String("serve", "", "where to listen; empty: a demonstration only")
	articles := flag.Int("articles", 100_000, "how many there are")
	flag.Parse()
	s, err := run(context.Background(), os.Stdout, *articles)
	if err != nil {
		log.Fatal(err)
	}
	if *address != "" {
		log.Fatal(http.ListenAndServe(*address, s.handler()))
	}
}

// run builds the index, says how well it finds what brute force finds, and asks the server about one article.
func run(ctx context.Context, w io.Writer, articles int) (*server, error) {
	x := embeddings(articles)
	began := time.Now()
	s, err := newServer(ctx, x)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(w, "%d vectors of %d numbers, indexed in %.1f s\n", articles, columns, time.Since(began).Seconds())

	queries := x.Rows(0, min(200, articles))
	exact, err := neighbors.NearestNeighbors{Distance: metrics.Cosine{}}.Fit(ctx, ml.Table{X: x})
	if err != nil {
		return nil, err
	}
	want, err := exact.Nearest(queries, 10)
	if err != nil {
		return nil, err
	}
	began = time.Now()
	got, err := s.index.Nearest(queries, 10)
	if err != nil {
		return nil, err
	}
	took := time.Since(began)
	hits, all := 0, 0
	for i, list := range want {
		for _, id := range list.Index {
			all++
			if slices.Contains(got[i].Index, id) {
				hits++
			}
		}
	}
	fmt.Fprintf(w, "recall of the ten nearest: %.3f, %.0f µs a query\n", float64(hits)/float64(all), float64(took.Microseconds())/float64(len(want)))

	answer := httptest.NewRecorder()
	s.handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/like?id=42&k=3&language=3", nil))
	fmt.Fprintf(w, "GET /like?id=42&k=3&language=3: %s", answer.Body)
	return s, nil
}

// embeddings are vectors about the directions of their topics, as a language model would make them of texts.
func embeddings(n int) *tensor.Tensor[float32] {
	rng := rand.New(rand.NewPCG(1, 2))
	centre := make([]float32, topics*columns)
	for i := range centre {
		centre[i] = float32(rng.NormFloat64())
	}
	x := tensor.New[float32](n, columns)
	for i := range n {
		of := centre[rng.IntN(topics)*columns:]
		for j := range columns {
			x.Row(i)[j] = of[j] + float32(rng.NormFloat64())
		}
	}
	return x
}

// A server answers for articles; the index locks itself, the languages have their own lock.
type server struct {
	index    *neighbors.HNSWIndex
	lock     sync.RWMutex
	language map[int]int // of each article
}

func newServer(ctx context.Context, x *tensor.Tensor[float32]) (*server, error) {
	index, err := neighbors.HNSW{Distance: metrics.Cosine{}, Width: 100}.Fit(ctx, ml.Table{X: x})
	if err != nil {
		return nil, err
	}
	s := &server{index: index, language: map[int]int{}}
	for id := range index.Len() {
		s.language[id] = id % languages
	}
	return s, nil
}

// Answer is one article that was found.
type Answer struct {
	ID       int     `json:"id"`
	Distance float64 `json:"distance"`
	Language int     `json:"language"`
}

// Question is what is posted to /search and /articles.
type Question struct {
	Vector   []float32 `json:"vector"`
	K        int       `json:"k"`        // 0: 10
	Language *int      `json:"language"` // nil: any
}

func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /search", func(w http.ResponseWriter, r *http.Request) {
		if q, ok := read(w, r); ok {
			s.answer(w, q)
		}
	})
	mux.HandleFunc("GET /like", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.Atoi(r.FormValue("id"))
		vector, found := s.index.Vector(id)
		if err != nil || !found {
			http.Error(w, "no such article", http.StatusNotFound)
			return
		}
		q := Question{Vector: vector}
		q.K, _ = strconv.Atoi(r.FormValue("k"))
		if v, err := strconv.Atoi(r.FormValue("language")); err == nil {
			q.Language = &v
		}
		s.answer(w, q)
	})
	mux.HandleFunc("POST /articles", func(w http.ResponseWriter, r *http.Request) {
		q, ok := read(w, r)
		if !ok {
			return
		}
		if q.Language == nil || len(q.Vector) != columns {
			http.Error(w, fmt.Sprintf("an article has a language and a vector of %d numbers", columns), http.StatusBadRequest)
			return
		}
		id, err := s.index.Add(r.Context(), tensor.FromSlice(q.Vector, 1, columns))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.lock.Lock()
		s.language[id] = *q.Language
		s.lock.Unlock()
		reply(w, map[string]int{"id": id})
	})
	mux.HandleFunc("DELETE /articles/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.Atoi(r.PathValue("id"))
		if err == nil {
			err = s.index.Delete(id)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		s.lock.Lock()
		delete(s.language, id)
		s.lock.Unlock()
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

// answer searches. The filter runs inside the search, so that k articles of the language are found, not those of the language among the k nearest.
func (s *server) answer(w http.ResponseWriter, q Question) {
	query := neighbors.Query{K: q.K}
	if q.K == 0 {
		query.K = 10
	}
	s.lock.RLock()
	defer s.lock.RUnlock()
	if q.Language != nil {
		query.Keep = func(id int) bool { l, known := s.language[id]; return known && l == *q.Language }
	}
	found, err := s.index.NearestRow(neighbors.Neighbors{}, q.Vector, query)
	if err != nil { // of the wrong width, not finite, k below 1
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answers := make([]Answer, len(found.Index))
	for i, id := range found.Index {
		answers[i] = Answer{id, found.Distance[i], s.language[id]}
	}
	reply(w, answers)
}

func read(w http.ResponseWriter, r *http.Request) (q Question, ok bool) {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&q); err != nil {
		http.Error(w, "want a JSON object with a vector", http.StatusBadRequest)
		return q, false
	}
	return q, true
}

func reply(w http.ResponseWriter, v any) {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = b.WriteTo(w) // a client that is gone is none of our business
}
