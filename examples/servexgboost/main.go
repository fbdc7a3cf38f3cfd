// Servexgboost serves a model over HTTP that was trained with XGBoost in Python (internal/golden/servexgboost.py): whether somebody who wants a loan will fall
// behind with it. What clients send is checked against the model's columns, and each answer says how long the prediction took.
//
//	go run ./examples/servexgboost                # serves to itself for a moment and prints the latency
//	go run ./examples/servexgboost -addr :8080    # serves
//	curl -d '[{"age": 41, "income": 52000, "debt ratio": 0.31, "housing": "rent"}]' localhost:8080/predict
package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tree"
)

//go:embed model.json
var file []byte

func main() {
	addr := flag.String("addr", "", "where to serve, such as :8080; empty: only show the latency")
	flag.Parse()
	if err := run(os.Stdout, *addr); err != nil {
		log.Fatal(err)
	}
}

func run(w io.Writer, addr string) error {
	start := time.Now()
	model, err := tree.ReadXGBoost[*tree.ClassificationModel](bytes.NewReader(file))
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%d trees on %d columns, loaded in %v\n", model.Trees().Trees(), len(model.Columns), time.Since(start).Round(time.Microsecond))
	handler := newHandler(model)
	if addr != "" {
		server := &http.Server{Addr: addr, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
		return server.ListenAndServe()
	}
	return showLatency(w, handler, 2000)
}

// service answers for one model. Any number of requests may use it at once.
type service struct {
	model *tree.ClassificationModel
	place map[string]int // of each column
}

func newHandler(model *tree.ClassificationModel) http.Handler {
	s := service{model: model, place: map[string]int{}}
	for j, c := range model.Columns {
		s.place[c.Name] = j
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /predict", s.predict)
	return mux
}

// maxBody bounds a request: about ten thousand rows.
const maxBody = 1 << 20

// predict takes a list of rows, each an object with a value for every column, and answers with the probability of class 1 for each.
func (s service) predict(w http.ResponseWriter, r *http.Request) {
	var rows []map[string]any
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&rows); err != nil {
		http.Error(w, "want a list of objects: "+err.Error(), http.StatusBadRequest)
		return
	}
	x := make([]float64, len(rows)*len(s.model.Columns))
	for i, row := range rows {
		if err := s.fill(x[i*len(s.model.Columns):][:len(s.model.Columns)], row); err != nil {
			http.Error(w, fmt.Sprintf("row %d: %v", i, err), http.StatusBadRequest)
			return
		}
	}
	start := time.Now()
	out := make([]float64, len(rows))
	var p [2]float64
	for i := range rows {
		if err := s.model.ProbaRow(p[:], x[i*len(s.model.Columns):][:len(s.model.Columns)]); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		out[i] = p[1]
	}
	w.Header().Set("Server-Timing", fmt.Sprintf("predict;dur=%.4f", float64(time.Since(start))/1e6)) // in milliseconds; browsers show it
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(out); err != nil {
		log.Print(err)
	}
}

// fill puts a row's values where the model wants them. null is a missing value; a column that is not there at all is a client's mistake.
func (s service) fill(x []float64, row map[string]any) error {
	for name := range row {
		if _, ok := s.place[name]; !ok {
			return fmt.Errorf("unknown column %q: the model has %s", name, s.names())
		}
	}
	for j, c := range s.model.Columns {
		v, ok := row[c.Name]
		if !ok {
			return fmt.Errorf("no column %q: the model has %s", c.Name, s.names())
		}
		var err error
		if x[j], err = number(c, v); err != nil {
			return err
		}
	}
	return nil
}

func (s service) names() string {
	var names []string
	for _, c := range s.model.Columns {
		names = append(names, fmt.Sprintf("%q", c.Name))
	}
	return strings.Join(names, ", ")
}

// number is what the model makes of a value: itself, or the code of a category's name.
func number(c ml.Column, v any) (float64, error) {
	if v == nil {
		return math.NaN(), nil
	}
	if c.Kind == ml.Categorical {
		name, ok := v.(string)
		code := slices.Index(c.Levels, name)
		if !ok || code < 0 {
			return 0, fmt.Errorf("column %q is %v: want one of %q", c.Name, v, c.Levels)
		}
		return float64(code), nil
	}
	f, ok := v.(float64)
	if !ok {
		return 0, fmt.Errorf("column %q is %q: want a number", c.Name, fmt.Sprint(v))
	}
	return f, nil
}

// showLatency sends requests of one row over a local connection.
func showLatency(w io.Writer, handler http.Handler, n int) (err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	defer func() {
		if closing := server.Close(); err == nil {
			err = closing
		}
		if served := <-done; err == nil && !errors.Is(served, http.ErrServerClosed) {
			err = served
		}
	}()
	url := "http://" + listener.Addr().String() + "/predict"
	var whole, inside []time.Duration
	for range n {
		start := time.Now()
		answer, timing, err := ask(url, `[{"age": 41, "income": 52000, "debt ratio": 0.31, "housing": "rent"}]`)
		if err != nil {
			return err
		}
		whole = append(whole, time.Since(start))
		var ms float64
		if _, err := fmt.Sscanf(timing, "predict;dur=%g", &ms); err != nil {
			return err
		}
		inside = append(inside, time.Duration(ms*1e6))
		if len(whole) == 1 {
			fmt.Fprintf(w, "an applicant with debts of 31%% of the income falls behind with probability %s", answer)
		}
	}
	fmt.Fprintf(w, "%d requests of one row: prediction %s, whole request %s\n", n, quantiles(inside), quantiles(whole))
	return nil
}

func ask(url, body string) (answer, timing string, err error) {
	r, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		return "", "", err
	}
	text, err := io.ReadAll(r.Body)
	if closing := r.Body.Close(); err == nil {
		err = closing
	}
	if r.StatusCode != http.StatusOK && err == nil {
		err = fmt.Errorf("%s: %s", r.Status, text)
	}
	return string(text), r.Header.Get("Server-Timing"), err
}

func quantiles(d []time.Duration) string {
	slices.Sort(d)
	return fmt.Sprintf("p50 %v, p99 %v", d[len(d)/2], d[len(d)*99/100])
}
