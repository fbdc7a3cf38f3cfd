package rl

import (
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
)

// Pricing is the sale of a stock that is worth nothing after a number of periods (seats, rooms, tickets), at a price that is set anew in each (Gallego and van Ryzin,
// "Optimal Dynamic Pricing of Inventories with Stochastic Demand over Finite Horizons", Management Science 40 (1994)). At each price so many buyers come in a period,
// Poisson with the mean of Demand, and buy while there is stock. The reward is what they pay.
//
// What is seen is (periods left-1)*Stock+stock left-1 ([Pricing.State] takes it apart), the action is the index of a price. An episode ends when the stock or the time
// is used up. Discount 1 fits.
type Pricing struct {
	Stock   int       // 0: 20
	Periods int       // 0: 30
	Prices  []float64 // nil: 50, 75, 100, 125, 150, 175, 200
	Demand  []float64 // mean buyers in a period at each price. nil: 4·exp(-price/50)
}

// State takes the code of a state apart.
func (c Pricing) State(code int) (periods, stock int) {
	c = c.defaults()
	return code/c.Stock + 1, code%c.Stock + 1
}

func (c Pricing) defaults() Pricing {
	setDefault(&c.Stock, 20)
	setDefault(&c.Periods, 30)
	if c.Prices == nil {
		c.Prices = []float64{50, 75, 100, 125, 150, 175, 200}
	}
	if c.Demand == nil {
		c.Demand = make([]float64, len(c.Prices))
		for i, p := range c.Prices {
			c.Demand[i] = 4 * kern.ExpOne(-p/50)
		}
	}
	return c
}

// Make makes the environment.
func (c Pricing) Make() (Env[int, int], error) {
	m, err := c.MDP()
	c = c.defaults()
	return makeDrawn(m, err, gauges(func(state int) []gauge {
		periods, stock := c.State(state)
		return []gauge{{"periods", periods, c.Periods}, {"stock", stock, c.Stock}}
	}))
}

// MDP gives the exact tables, demand being cut off where its chance falls below 1e-12.
func (c Pricing) MDP() (*MDP, error) {
	const where = "rl.Pricing"
	c = c.defaults()
	switch {
	case c.Stock < 1 || c.Stock > 10_000:
		return nil, ml.BadConfig(where, "Stock", c.Stock, "1..10000, or 0 for 20")
	case c.Periods < 1 || c.Periods > 10_000:
		return nil, ml.BadConfig(where, "Periods", c.Periods, "1..10000, or 0 for 30")
	case len(c.Prices) < 1 || len(c.Prices) > 1000:
		return nil, ml.BadConfig(where, "Prices", fmt.Sprintf("%d prices", len(c.Prices)), "1..1000, or nil")
	case len(c.Demand) != len(c.Prices):
		return nil, ml.BadConfig(where, "Demand", fmt.Sprintf("%d means", len(c.Demand)), fmt.Sprintf("%d, one for each price, or nil", len(c.Prices)))
	}
	buyers := make([][]float64, len(c.Prices))
	width := 0
	for a, price := range c.Prices {
		if !(price >= 0 && price <= 1e12) {
			return nil, ml.BadConfig(where, "Prices", price, "0..1e12")
		}
		if d := c.Demand[a]; !(d >= 0 && d <= 500) {
			return nil, ml.BadConfig(where, "Demand", d, "0..500")
		}
		buyers[a] = poisson(c.Demand[a])
		width = max(width, min(len(buyers[a]), c.Stock+1))
	}
	if most := 1 << 24; c.Stock*c.Periods > most/(len(c.Prices)*width) {
		return nil, ml.BadConfig(where, "Stock", fmt.Sprintf("%d for %d periods", c.Stock, c.Periods), fmt.Sprintf("at most %d outcomes in all", most))
	}
	m := Tabulate(c.Stock*c.Periods, len(c.Prices), func(s, a int) []Outcome {
		periods, stock := c.State(s)
		var of []Outcome
		for n, p := range buyers[a] {
			if n > stock { // they find nothing left
				of[stock].P += p
				continue
			}
			o := Outcome{P: p, Next: s, Reward: c.Prices[a] * float64(n), Terminated: periods == 1 || n == stock}
			if !o.Terminated {
				o.Next = s - c.Stock - n
			}
			of = append(of, o)
		}
		return of
	})
	m.ID, m.Start = "Pricing", make([]float64, m.States)
	m.Start[m.States-1] = 1
	return m, nil
}
