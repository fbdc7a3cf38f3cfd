package main

import (
	"math"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// The columns of an application.
const (
	income = iota
	debt
	employed
	age
	amount
	months
	purpose
	late
)

// applicants draws n of them, and whether each one paid back.
func applicants(n int, seed uint64) ml.Dataset[int] {
	r := rand.New(rand.NewPCG(seed, 0))
	columns := []ml.Column{
		{Name: "income per year"},
		{Name: "debt per year"},
		{Name: "years employed"},
		{Name: "age"},
		{Name: "amount"},
		{Name: "months"},
		{Name: "purpose", Kind: ml.Categorical, Levels: []string{"car", "education", "furniture", "holiday"}},
		{Name: "late payments"},
	}
	x, y := tensor.New[float64](n, len(columns)), make([]int, n)
	for i := range n {
		row := x.Row(i)
		row[age] = math.Round(20 + 45*r.Float64())
		row[employed] = math.Round(min(row[age]-18, r.ExpFloat64()*6))
		row[income] = math.Round(math.Exp(10.2+0.35*r.NormFloat64()+0.01*row[employed])/100) * 100
		row[debt] = math.Round(row[income]*0.3*r.Float64()/100) * 100
		row[amount] = math.Round((1000+20000*r.Float64()*r.Float64())/100) * 100
		row[months] = float64(12 * (1 + r.IntN(6)))
		row[purpose] = float64(r.IntN(4))
		row[late] = float64(min(5, int(r.ExpFloat64()*0.9)))
		burden := (row[debt] + row[amount]*12/row[months]) / row[income]
		score := 3.2 - 7*burden - 0.8*row[late] + 0.08*row[employed]
		if row[purpose] == 3 {
			score -= 0.7
		}
		if r.Float64() < 1/(1+math.Exp(-score)) {
			y[i] = 1
		}
	}
	return ml.Dataset[int]{Table: ml.Table{X: x, Columns: columns}, Y: y, Classes: []string{"default", "paid back"}}
}
