package bandit_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/rl/bandit"
	"github.com/gopherwood-ml/ml/rl/ope"
)

// Three buttons, a thousand visitors, and what another policy would have got, from the log alone.
func ExampleBandit() {
	b, err := bandit.New(bandit.ThompsonBeta{}, bandit.Options{Seed: 1, MinProb: 0.05}, "blue", "green", "red")
	if err != nil {
		fmt.Println(err)
		return
	}
	var log bytes.Buffer
	if err := b.LogTo(&log); err != nil {
		fmt.Println(err)
		return
	}
	visitors := rand.New(rand.NewPCG(1, 2))
	rate := map[string]float64{"blue": 0.05, "green": 0.20, "red": 0.10}
	shown := map[string]int{}
	for range 1000 {
		d, err := b.Decide(bandit.Request{})
		if err != nil {
			fmt.Println(err)
			return
		}
		shown[d.Name]++
		click := 0.0
		if visitors.Float64() < rate[d.Name] {
			click = 1
		}
		if err := b.Reward(d.ID, click); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println("green was shown most:", shown["green"] > shown["blue"]+shown["red"])

	events, err := bandit.ReadLog(&log)
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := ope.Gate{Estimator: ope.SNIPS{}, MinEffective: 50}.Compare(context.Background(), bandit.Rounds(events, nil), ope.Always("red"), nil)
	fmt.Println("replace it by red alone:", v.Deploy, err)
	again, err := bandit.Replay(events)
	fmt.Println("the log can be repeated:", again.Version() == b.Version(), err)
	// Output:
	// green was shown most: true
	// replace it by red alone: false <nil>
	// the log can be repeated: true <nil>
}

// Articles that come with their features: no arm need be known before.
func ExampleDesign() {
	b, err := bandit.New(bandit.LinUCB{Design: bandit.Design{Shared: true}}, bandit.Options{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	articles := [][]float64{{1, 0}, {0, 1}, {1, 1}} // sport, politics
	for range 50 {
		d, err := b.Decide(bandit.Request{Features: articles, Names: []string{"match", "election", "games and votes"}})
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := b.Reward(d.ID, articles[d.Choice][0]-articles[d.Choice][1]); err != nil { // readers like sport and not politics
			fmt.Println(err)
			return
		}
	}
	d, err := b.Decide(bandit.Request{Features: [][]float64{{0, 1}, {0.5, 0}}, Names: []string{"budget", "marathon"}})
	fmt.Println(d.Name, err)
	// Output: marathon <nil>
}

// Two servers learn by themselves and tell each other.
func ExampleMerge() {
	server := func(replica int) *bandit.Bandit {
		b, err := bandit.New(bandit.UCB1{}, bandit.Options{Replica: replica}, "a", "b")
		if err != nil {
			panic(err)
		}
		return b
	}
	one, two := server(1), server(2)
	for _, b := range []*bandit.Bandit{one, two} {
		for range 10 {
			if d, err := b.Decide(bandit.Request{}); err == nil {
				_ = b.Reward(d.ID, float64(d.Arm))
			}
		}
	}
	s1, s2 := one.Snapshot(), two.Snapshot()
	merged, err := bandit.Merge(nil, s1, s2)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(one.Adopt(s1, merged), two.Adopt(s2, merged))
	var file bytes.Buffer
	fmt.Println(ml.Save(&file, one.Snapshot()))
	fmt.Println(one.Snapshot().Common[0], "rewards are known")
	// Output:
	// <nil> <nil>
	// <nil>
	// 20 rewards are known
}

func ExampleSuccessiveElimination() {
	days := rand.New(rand.NewPCG(1, 2))
	rates := []float64{0.2, 0.6, 0.3}
	found, err := bandit.SuccessiveElimination{Miscoverage: 0.01}.Identify(context.Background(), len(rates), func(arm int) (float64, error) {
		if days.Float64() < rates[arm] {
			return 1, nil
		}
		return 0, nil
	})
	fmt.Println(found.Best, found.Sure, err)
	// Output: 1 true <nil>
}
