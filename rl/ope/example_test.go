package ope_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml/rl/ope"
)

// log is what a shop kept that showed two banners by chance, the first one to four in five.
func log() []ope.Round {
	r := rand.New(rand.NewPCG(1, 2))
	rounds := make([]ope.Round, 5000)
	for i := range rounds {
		choice, p := 0, 0.8
		if r.Float64() < 0.2 {
			choice, p = 1, 0.2
		}
		click := 0.0
		if r.Float64() < []float64{0.10, 0.16}[choice] {
			click = 1
		}
		rounds[i] = ope.Round{Arms: []string{"old", "new"}, Choice: choice, Propensity: p, Reward: click}
	}
	return rounds
}

func ExampleEvaluate() {
	for _, e := range []ope.Estimator{ope.IPS{}, ope.SNIPS{}, ope.DR{}} {
		est, err := ope.Evaluate(context.Background(), log(), ope.Always("new"), e, ope.Normal{})
		fmt.Println(est.Lo < 0.16 && 0.16 < est.Hi, est.Hi-est.Lo < 0.06, err)
	}
	// Output:
	// true true <nil>
	// true true <nil>
	// true true <nil>
}

func ExampleGate() {
	gate := ope.Gate{Margin: 0.01}
	v, err := gate.Compare(context.Background(), log(), ope.Always("new"), nil)
	fmt.Println(v.Deploy, v.Lift.Lo > 0.01, err)
	v, err = gate.Compare(context.Background(), log(), ope.Always("old"), nil)
	fmt.Println(v.Deploy, err)
	// Output:
	// true true <nil>
	// false <nil>
}
