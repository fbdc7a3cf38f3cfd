package main

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// customers draws n of them: plan, region and payment are categories, regions being many; fees and regions have gaps.
func customers(n int, seed uint64) ml.Dataset[int] {
	r := rand.New(rand.NewPCG(seed, 0))
	columns := []ml.Column{
		{Name: "plan", Kind: ml.Categorical, Levels: []string{"basic", "family", "prepaid"}},
		{Name: "region", Kind: ml.Categorical},
		{Name: "payment", Kind: ml.Categorical, Levels: []string{"card", "debit", "invoice", "transfer"}},
		{Name: "tenure"},
		{Name: "fee"},
		{Name: "complaints"},
	}
	const regions = 40
	for k := range regions {
		columns[1].Levels = append(columns[1].Levels, fmt.Sprintf("region %02d", k))
	}
	effect := make([]float64, regions) // of a competitor there
	for k := range effect {
		effect[k] = 0.8 * r.NormFloat64()
	}
	x, y := tensor.New[float64](n, len(columns)), make([]int, n)
	for i := range n {
		row := x.Row(i)
		plan, region, payment := r.IntN(3), int(math.Sqrt(r.Float64())*regions), r.IntN(4)
		tenure, fee, complaints := r.ExpFloat64()*30, 20+15*float64(plan)+10*r.NormFloat64(), float64(poisson(r, 0.7))
		score := -3.2 + effect[region] + 0.9*complaints - 0.03*tenure + 0.02*(fee-35)
		if plan == 2 {
			score += 0.8
		}
		if payment == 2 && fee > 50 {
			score += 0.7
		}
		if r.Float64() < 1/(1+math.Exp(-score)) {
			y[i] = 1
		}
		copy(row, []float64{float64(plan), float64(region), float64(payment), math.Round(tenure), math.Round(fee), complaints})
		for _, j := range []int{1, 4} {
			if r.Float64() < 0.1 {
				row[j] = math.NaN()
			}
		}
	}
	return ml.Dataset[int]{Table: ml.Table{X: x, Columns: columns}, Y: y, Classes: []string{"stays", "leaves"}}
}

func poisson(r *rand.Rand, mean float64) int {
	k, p := 0, r.Float64()
	for p > math.Exp(-mean) {
		p *= r.Float64()
		k++
	}
	return k
}
