// Servenet serves a net over HTTP that was trained with PyTorch in Python (internal/golden/servenet.py) and saved as safetensors: it reads handwritten digits of 8 by 8
// pixels. Weights are found by the names that PyTorch gave them, and the report says what became of each.
//
//	go run ./examples/servenet                # serves to itself for a moment and prints how long requests take
//	go run ./examples/servenet -addr :8080    # serves
//	curl -d '[[0,0,5,13,9,1,0,0, ...]]' localhost:8080/read
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
	"strings"
	"sync"
	"time"

	"github.com/gopherwood-ml/ml/nn"
	"github.com/gopherwood-ml/ml/tensor"
)

//go:embed digits.safetensors
var file []byte

func main() {
	addr := flag.String("addr", "", "where to serve, such as :8080; empty: only show how long requests take")
	flag.Parse()
	if err := run(os.Stdout, *addr); err != nil {
		log.Fatal(err)
	}
}

func run(w io.Writer, addr string) error {
	reader, report, err := load(bytes.NewReader(file))
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "loaded: %s\nmissing: %s\nunexpected: %s\n", strings.Join(report.Loaded, ", "), orNone(report.Missing), orNone(report.Unexpected))
	handler := newHandler(reader)
	if addr != "" {
		server := &http.Server{Addr: addr, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
		return server.ListenAndServe()
	}
	return showLatency(w, handler, 8, 100)
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

// load builds the net that Python describes and fills it. There, layers have names; here they have places in Seq.
func load(r io.Reader) (*nn.Net, nn.StateReport, error) {
	reader, err := nn.New(nn.Seq{
		nn.Conv2D{Out: 8, Kernel: 3, Zeros: 1},
		nn.BatchNorm{},
		nn.ReLU,
		nn.MaxPool{Size: 2},
		nn.Conv2D{Out: 16, Kernel: 3, Zeros: 1, Act: nn.ReLU},
		nn.MaxPool{Size: 2},
		nn.Flatten{},
		nn.Dense{Out: 10},
	}, []int{8, 8, 1}, 0)
	if err != nil {
		return nil, nn.StateReport{}, err
	}
	report, err := nn.ReadSafetensors(r, reader, nn.StateDict{Rename: map[string]string{"0": "conv1", "1": "norm1", "4": "conv2", "7": "fc"}})
	return reader, report, err
}

// service answers for one net. Any number of requests may use it at once.
type service struct{ net *nn.Net }

func newHandler(n *nn.Net) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /read", service{n}.read)
	return mux
}

// maxBody bounds a request: some thousands of images.
const maxBody = 1 << 20

// answer is what is said of an image.
type answer struct {
	Digit       int     `json:"digit"`
	Probability float64 `json:"probability"`
}

// read takes a list of images, each 64 numbers from 0 to 16, row by row.
func (s service) read(w http.ResponseWriter, r *http.Request) {
	var images [][]float32
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&images); err != nil {
		http.Error(w, "want a list of lists of numbers: "+err.Error(), http.StatusBadRequest)
		return
	}
	x := tensor.New[float32](len(images), 8, 8, 1)
	for i, image := range images {
		if len(image) != 64 {
			http.Error(w, fmt.Sprintf("image %d has %d numbers: want 64", i, len(image)), http.StatusBadRequest)
			return
		}
		for j, v := range image {
			if !(v >= 0 && v <= 16) {
				http.Error(w, fmt.Sprintf("image %d, number %d is %v: want 0 to 16", i, j, v), http.StatusBadRequest)
				return
			}
			x.Data()[64*i+j] = v / 16
		}
	}
	answers := make([]answer, len(images))
	if len(images) > 0 {
		y, err := s.net.Predict(x)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		for i := range answers {
			answers[i] = likeliest(y.Data()[10*i : 10*i+10])
		}
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(answers); err != nil {
		log.Print(err)
	}
}

// likeliest is the digit of the largest score, and its share of the softmax.
func likeliest(scores []float32) answer {
	best, sum := 0, 0.0
	for k, v := range scores {
		if v > scores[best] {
			best = k
		}
	}
	for _, v := range scores {
		sum += math.Exp(float64(v) - float64(scores[best]))
	}
	return answer{best, 1 / sum}
}

// aZero is an image of a 0.
const aZero = "[0,0,5,13,9,1,0,0,0,0,13,15,10,15,5,0,0,3,15,2,0,11,8,0,0,4,12,0,0,8,8,0,0,5,8,0,0,9,8,0,0,4,11,0,1,12,7,0,0,2,14,5,10,12,0,0,0,0,6,13,10,0,0,0]"

// showLatency sends requests of one image from several clients at once over local connections.
func showLatency(w io.Writer, handler http.Handler, clients, each int) (err error) {
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
	url := "http://" + listener.Addr().String() + "/read"
	var (
		wait   sync.WaitGroup
		faults = make([]error, clients)
		said   = make([]string, clients)
		start  = time.Now()
	)
	for c := range clients {
		wait.Go(func() {
			for range each {
				if said[c], faults[c] = ask(url, "["+aZero+"]"); faults[c] != nil {
					return
				}
			}
		})
	}
	wait.Wait()
	took := time.Since(start)
	if err := errors.Join(faults...); err != nil {
		return err
	}
	fmt.Fprintf(w, "an image of a 0 is read as %s%d clients at once, %d requests: %v each\n", said[0], clients, clients*each, (took / time.Duration(clients*each)).Round(time.Microsecond))
	return nil
}

func ask(url, body string) (string, error) {
	r, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r.Body)
	if closing := r.Body.Close(); err == nil {
		err = closing
	}
	if r.StatusCode != http.StatusOK && err == nil {
		err = fmt.Errorf("%s: %s", r.Status, text)
	}
	return string(text), err
}
