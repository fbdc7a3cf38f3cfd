package bandit

import (
	"fmt"
	"io"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// benchmarkRound is a decision and its reward.
func benchmarkRound(b *testing.B, p Policy, o Options, context, features, arms int) {
	bandit, err := New(p, o, names(arms)...)
	if err != nil {
		b.Fatal(err)
	}
	const rows = 256
	r := rng.New(1, 2)
	requests := make([]Request, rows)
	for i := range requests {
		if context > 0 {
			requests[i].Context = make([]float64, context)
			rng.Normal(r, requests[i].Context, 0, 1)
		}
		if features > 0 {
			for range arms {
				f := make([]float64, features)
				rng.Normal(r, f, 0, 1)
				requests[i].Features = append(requests[i].Features, f)
			}
		}
	}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		d, err := bandit.Decide(requests[i%rows])
		if err == nil {
			err = bandit.Reward(d.ID, coin(0.3+0.02*float64(d.Choice), d.ID))
		}
		if err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// The case: LinUCB with contexts of 20 numbers and 10 arms, decide and update below 4 µs.
func BenchmarkLinUCB(b *testing.B) {
	benchmarkRound(b, LinUCB{Design: Design{NoIntercept: true}}, Options{Pending: 1024}, 20, 0, 10)
}

func BenchmarkLinUCBShared(b *testing.B) {
	benchmarkRound(b, LinUCB{Design: Design{NoIntercept: true, Shared: true}}, Options{Pending: 1024}, 0, 20, 10)
}

func BenchmarkLinUCBLogged(b *testing.B) {
	bandit, err := New(LinUCB{}, Options{Pending: 1024}, names(10)...)
	if err != nil {
		b.Fatal(err)
	}
	if err := bandit.LogTo(io.Discard); err != nil {
		b.Fatal(err)
	}
	x := make([]float64, 20)
	rng.Normal(rng.New(1, 3), x, 0, 1)
	b.ReportAllocs()
	for b.Loop() {
		d, err := bandit.Decide(Request{Context: x})
		if err == nil {
			err = bandit.Reward(d.ID, 1)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkContextual(b *testing.B) {
	for name, p := range linearPolicies() {
		b.Run(name, func(b *testing.B) { benchmarkRound(b, p, Options{Pending: 1024}, 20, 0, 10) })
	}
	b.Run("HybridLinUCB", func(b *testing.B) { benchmarkRound(b, HybridLinUCB{}, Options{Pending: 1024}, 20, 10, 10) })
	b.Run("SharedLinThompson", func(b *testing.B) {
		benchmarkRound(b, LinThompson{Design: Design{Shared: true}}, Options{Pending: 1024}, 0, 20, 10)
	})
}

func BenchmarkPlain(b *testing.B) {
	for name, p := range plainPolicies() {
		for _, arms := range []int{3, 10} {
			b.Run(fmt.Sprintf("%s-%d", name, arms), func(b *testing.B) { benchmarkRound(b, p, Options{Pending: 1024}, 0, 0, arms) })
		}
	}
}

// Decisions alone, from all cores at once.
func BenchmarkDecideParallel(b *testing.B) {
	bandit, err := New(LinUCB{}, Options{Pending: 1024}, names(10)...)
	if err != nil {
		b.Fatal(err)
	}
	x := make([]float64, 20)
	rng.Normal(rng.New(1, 3), x, 0, 1)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := bandit.Decide(Request{Context: x}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
