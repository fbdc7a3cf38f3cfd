// Abntest replaces an A/B/n test by Thompson sampling behind net/http. A shop asks which banner to show, and tells when it was clicked; the better banners are soon shown to
// most, while every decision is logged with its probability. From that log alone, a second policy is judged that shows phones and computers different banners,
// and a gate says whether it may be deployed.
//
//	go run ./examples/abntest                                  # 10000 simulated visitors, and what came of them
//	go run ./examples/abntest -addr :8080 -log decisions.jsonl # serves
//	curl -d '{"mobile": true}' localhost:8080/decide           # {"id":1,"arm":"winter","propensity":0.33}
//	curl -d '{"id": 1, "reward": 1}' localhost:8080/reward
//	curl localhost:8080/shares                                 # what visitors would be shown now
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/gopherwood-ml/ml/rl/bandit"
	"github.com/gopherwood-ml/ml/rl/ope"
)

var banners = []string{"autumn", "winter", "plain"}

func main() {
	addr := flag.String("addr", "", "where to serve, such as :8080; empty: simulate visitors and stop")
	file := flag.String("log", "decisions.jsonl", "the log of decisions and rewards, when serving")
	flag.Parse()
	var err error
	if *addr == "" {
		err = simulate(os.Stdout, 10000)
	} else {
		err = serve(*addr, *file)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// newBandit learns which banner is clicked. A fifth of the traffic stays spread evenly, so that the log can judge any other policy; clicks that take more than a day do not
// count.
func newBandit(w io.Writer) (*bandit.Bandit, error) {
	b, err := bandit.New(bandit.ThompsonBeta{}, bandit.Options{Seed: 1, Name: "thompson-1", MinProb: 1.0 / 15, Expiry: 24 * time.Hour, ExpireAs: new(0.0)}, banners...)
	if err != nil {
		return nil, err
	}
	return b, b.LogTo(w)
}

func serve(addr, file string) (err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b, err := newBandit(f)
	if err != nil {
		return err
	}
	server := &http.Server{Addr: addr, Handler: newHandler(b), ReadHeaderTimeout: 5 * time.Second}
	return server.ListenAndServe()
}

// visitor is what a shop tells of who looks.
type visitor struct {
	Mobile bool `json:"mobile"`
}

// context is the visitor as numbers. Thompson sampling takes no notice of them, but they are logged, and other policies may.
func (v visitor) context() []float64 {
	if v.Mobile {
		return []float64{1, 0}
	}
	return []float64{0, 1}
}

type decision struct {
	ID         uint64  `json:"id"`
	Arm        string  `json:"arm"`
	Propensity float64 `json:"propensity"`
}

type reward struct {
	ID     uint64  `json:"id"`
	Reward float64 `json:"reward"`
}

func newHandler(b *bandit.Bandit) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /decide", func(w http.ResponseWriter, r *http.Request) {
		var v visitor
		if !read(w, r, &v) {
			return
		}
		d, err := b.Decide(bandit.Request{Context: v.context()})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		write(w, decision{d.ID, d.Name, d.Propensity})
	})
	mux.HandleFunc("POST /reward", func(w http.ResponseWriter, r *http.Request) {
		var v reward
		if !read(w, r, &v) {
			return
		}
		switch err := b.Reward(v.ID, v.Reward); {
		case errors.Is(err, bandit.ErrUnknown):
			http.Error(w, err.Error(), http.StatusNotFound)
		case errors.Is(err, bandit.ErrDuplicate), errors.Is(err, bandit.ErrExpired):
			http.Error(w, err.Error(), http.StatusConflict)
		case err != nil:
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})
	mux.HandleFunc("GET /shares", func(w http.ResponseWriter, _ *http.Request) {
		p := make([]float64, len(banners))
		if err := b.Probs(p, &ope.Round{Arms: banners}); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		shares := map[string]float64{}
		for i, name := range banners {
			shares[name] = p[i]
		}
		write(w, shares)
	})
	return mux
}

func read(w http.ResponseWriter, r *http.Request, v any) bool {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}

func write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		log.Print(err)
	}
}

// clicks are the true rates, which nobody knows but the simulation: on phones "winter" is the best, on computers "plain".
var clicks = map[bool]map[string]float64{
	true:  {"autumn": 0.08, "winter": 0.20, "plain": 0.06},
	false: {"autumn": 0.08, "winter": 0.05, "plain": 0.20},
}

// simulate serves visitors, of whom two in three have a phone, and looks at the log afterwards.
func simulate(w io.Writer, visitors int) (err error) {
	var logged bytes.Buffer
	b, err := newBandit(&logged)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: newHandler(b), ReadHeaderTimeout: 5 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	clicked, even, shown, err := visit("http://"+listener.Addr().String(), visitors)
	err = errors.Join(err, server.Close())
	if served := <-done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%d visitors:", visitors)
	for _, name := range banners {
		fmt.Fprintf(w, " %s %.0f%%", name, 100*float64(shown[name])/float64(visitors))
	}
	fmt.Fprintf(w, "\nclicks: %d; an A/B/C test with equal shares would have had about %.0f\n\n", clicked, even)
	return judge(w, &logged)
}

// visit plays the shop. Clicks come a while after the decision, when others have been asked for.
func visit(url string, visitors int) (clicked int, even float64, shown map[string]int, err error) {
	chance := rand.New(rand.NewPCG(1, 2))
	shown = map[string]int{}
	var late []reward
	for i := range visitors {
		v := visitor{Mobile: chance.Float64() < 2.0/3}
		var d decision
		if err := post(url+"/decide", v, &d); err != nil {
			return 0, 0, nil, err
		}
		shown[d.Arm]++
		r := reward{ID: d.ID}
		if chance.Float64() < clicks[v.Mobile][d.Arm] {
			r.Reward = 1
			clicked++
		}
		for _, name := range banners {
			even += clicks[v.Mobile][name] / float64(len(banners))
		}
		if late = append(late, r); len(late) < 20 && i < visitors-1 {
			continue
		}
		for _, r := range late {
			if err := post(url+"/reward", r, nil); err != nil {
				return 0, 0, nil, err
			}
		}
		late = late[:0]
	}
	return clicked, even, shown, nil
}

func post(url string, question, answer any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return err
	}
	r, err := http.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	text, err := io.ReadAll(r.Body)
	if err = errors.Join(err, r.Body.Close()); err != nil {
		return err
	}
	if r.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", r.Status, text)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(text, answer)
}

// judge evaluates other policies by the log: from its first half a second bandit learns to look at the device, the second half says what it would get.
func judge(w io.Writer, logged io.Reader) error {
	ctx := context.Background()
	events, err := bandit.ReadLog(logged)
	if err != nil {
		return err
	}
	if _, err := bandit.Replay(events); err != nil {
		return err
	}
	rounds := bandit.Rounds(events, nil)
	learn, test := rounds[:len(rounds)/2], rounds[len(rounds)/2:]
	second, err := bandit.New(bandit.LinEpsilonGreedy{Epsilon: 0.1, Design: bandit.Design{NoIntercept: true}}, bandit.Options{Seed: 2, Name: "by-device-1"}, banners...)
	if err != nil {
		return err
	}
	for i := range learn {
		r := &learn[i]
		arm, _ := second.Arm(r.Arms[r.Choice])
		if err := second.Learn(bandit.Request{Context: r.Context, Arms: []int{arm}}, 0, r.Propensity, r.Reward); err != nil {
			return err
		}
	}
	fmt.Fprintf(w, "from the log's second half, %d decisions (each can be repeated from the log):\n", len(test))
	for _, p := range []struct {
		name   string
		policy ope.Policy
	}{{"always autumn", ope.Always("autumn")}, {"always winter", ope.Always("winter")}, {"by device", second}} {
		for _, e := range []struct {
			name string
			e    ope.Estimator
		}{{"IPS", ope.IPS{}}, {"SNIPS", ope.SNIPS{}}, {"DR", ope.DR{}}} {
			est, err := ope.Evaluate(ctx, test, p.policy, e.e, nil)
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "  %-14s %-6s %v, %4.0f effective rounds\n", p.name, e.name, est, est.Effective)
		}
	}
	gate := ope.Gate{Margin: 0.01}
	for _, p := range []struct {
		name   string
		policy ope.Policy
	}{{"always autumn", ope.Always("autumn")}, {"by device", second}} {
		v, err := gate.Compare(ctx, test, p.policy, nil)
		if err != nil {
			return err
		}
		answer := "stays out"
		if v.Deploy {
			answer = "is deployed"
		}
		fmt.Fprintf(w, "gate: %s %s: %s\n", p.name, answer, v.Reason)
	}
	return nil
}
