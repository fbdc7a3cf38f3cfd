package rl

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
)

// Autoscaler is a queue whose servers are scaled while the load changes, one decision a period. In a period jobs arrive (Poisson, by the level of the load), the
// servers that run take up to PerServer jobs each, what is left waits, and what does not fit into the queue is dropped; then the load may change its level. A server that
// is started works from the next period on. The reward is minus the cost of the servers, of the jobs that wait and of those that are dropped.
//
// What is seen is (level*(MaxQueue+1)+waiting)*MaxServers+servers-1 ([Autoscaler.State] takes it apart). Actions: 0 stop a server, 1 leave them, 2 start one; at least
// one runs, at most MaxServers. Episodes start with an empty queue, one server and the lowest level. Nothing ends an episode but the time limit.
type Autoscaler struct {
	Load       []float64 // mean arrivals in a period at each level, ascending. nil: 2, 6, 12
	Stay       float64   // the probability that the level stays for another period; else it goes one up or down. 0: 0.9
	MaxServers int       // 0: 8
	MaxQueue   int       // jobs that can wait. 0: 20
	PerServer  int       // jobs that a server takes in a period. 0: 2
	ServerCost float64   // of one for a period. 0: 1
	WaitCost   float64   // of a job that waits for a period. 0: 0.5
	DropCost   float64   // of a job that is dropped. 0: 5
	MaxSteps   int       // episodes are truncated after so many periods. 0: 288, a day of five minutes each
}

// State takes the code of a state apart.
func (c Autoscaler) State(code int) (level, waiting, servers int) {
	c = c.defaults()
	return code / c.MaxServers / (c.MaxQueue + 1), code / c.MaxServers % (c.MaxQueue + 1), code%c.MaxServers + 1
}

func (c Autoscaler) defaults() Autoscaler {
	setDefault(&c.Stay, 0.9)
	setDefault(&c.MaxServers, 8)
	setDefault(&c.MaxQueue, 20)
	setDefault(&c.PerServer, 2)
	setDefault(&c.ServerCost, 1)
	setDefault(&c.WaitCost, 0.5)
	setDefault(&c.DropCost, 5)
	setDefault(&c.MaxSteps, 288)
	if c.Load == nil {
		c.Load = []float64{2, 6, 12}
	}
	return c
}

// setDefault gives a field that is zero its default.
func setDefault[T int | float64](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// Make makes the environment.
func (c Autoscaler) Make() (Env[int, int], error) {
	m, err := c.MDP()
	c = c.defaults()
	return makeDrawn(m, err, gauges(func(state int) []gauge {
		level, waiting, servers := c.State(state)
		return []gauge{{"load", level + 1, len(c.Load)}, {"waiting", waiting, c.MaxQueue}, {"servers", servers, c.MaxServers}}
	}))
}

// MDP gives the exact tables, arrivals being cut off where their chance falls below 1e-12.
func (c Autoscaler) MDP() (*MDP, error) {
	const where = "rl.Autoscaler"
	c = c.defaults()
	switch {
	case len(c.Load) < 1 || len(c.Load) > 100 || !slices.IsSorted(c.Load) || !(c.Load[0] >= 0 && c.Load[len(c.Load)-1] <= 500):
		return nil, ml.BadConfig(where, "Load", c.Load, "1..100 ascending numbers, 0..500")
	case !(c.Stay > 0 && c.Stay <= 1):
		return nil, ml.BadConfig(where, "Stay", c.Stay, "above 0 and at most 1, or 0 for 0.9")
	case c.MaxServers < 1 || c.MaxServers > 1000:
		return nil, ml.BadConfig(where, "MaxServers", c.MaxServers, "1..1000, or 0 for 8")
	case c.MaxQueue < 1 || c.MaxQueue > 10_000:
		return nil, ml.BadConfig(where, "MaxQueue", c.MaxQueue, "1..10000, or 0 for 20")
	case c.PerServer < 1 || c.PerServer > 1_000_000:
		return nil, ml.BadConfig(where, "PerServer", c.PerServer, "1..1000000, or 0 for 2")
	case c.MaxSteps < 0:
		return nil, ml.BadConfig(where, "MaxSteps", c.MaxSteps, ">= 1, or 0 for 288")
	}
	for name, cost := range map[string]float64{"ServerCost": c.ServerCost, "WaitCost": c.WaitCost, "DropCost": c.DropCost} {
		if !(cost >= 0 && cost <= 1e9) {
			return nil, ml.BadConfig(where, name, cost, "0..1e9, 0 for the default")
		}
	}
	levels := len(c.Load)
	states, arrivals := levels*(c.MaxQueue+1)*c.MaxServers, make([][]float64, levels)
	width := 0
	for l, rate := range c.Load {
		arrivals[l] = poisson(rate)
		width = max(width, len(arrivals[l]))
	}
	if most := 1 << 24; states > most/(9*width) {
		return nil, ml.BadConfig(where, "MaxQueue", fmt.Sprintf("%d, which makes %d states", c.MaxQueue, states), fmt.Sprintf("at most %d outcomes in all", most))
	}
	m := Tabulate(states, 3, func(s, a int) []Outcome {
		level, waiting, servers := c.State(s)
		then := min(max(servers+a-1, 1), c.MaxServers)
		var of []Outcome
		for jobs, p := range arrivals[level] {
			left := max(waiting+jobs-servers*c.PerServer, 0)
			dropped := max(left-c.MaxQueue, 0)
			left -= dropped
			r := -float64(c.ServerCost*float64(servers)) - float64(c.WaitCost*float64(left)) - float64(c.DropCost*float64(dropped))
			if n := len(of) - 1; n >= 0 && of[n].Next == left && of[n].Reward == r { // all of these leave the queue empty
				of[n].P += p
				continue
			}
			of = append(of, Outcome{P: p, Next: left, Reward: r})
		}
		return c.levels(of, level, then)
	})
	m.ID, m.MaxSteps = "Autoscaler", c.MaxSteps
	return m, nil
}

// levels turns outcomes whose Next is the queue's length into those of whole states: the load stays or moves to a neighbouring level.
func (c Autoscaler) levels(of []Outcome, level, servers int) []Outcome {
	var out []Outcome
	for next := max(level-1, 0); next <= min(level+1, len(c.Load)-1); next++ {
		p := c.Stay
		switch {
		case len(c.Load) == 1:
			p = 1
		case next == level:
		case level == 0 || level == len(c.Load)-1:
			p = 1 - c.Stay
		default:
			p = (1 - c.Stay) / 2
		}
		if p == 0 {
			continue
		}
		for _, o := range of {
			o.P *= p
			o.Next = (next*(c.MaxQueue+1)+o.Next)*c.MaxServers + servers - 1
			out = append(out, o)
		}
	}
	return out
}

// poisson are the probabilities of 0, 1, ... events at a mean rate up to 500, until they fall below 1e-12; they sum to 1.
func poisson(rate float64) []float64 {
	p := []float64{kern.ExpOne(-rate)}
	sum := p[0]
	for k := 1; float64(k) <= rate || p[k-1] > 1e-12; k++ {
		p = append(p, p[k-1]*rate/float64(k))
		sum += p[k]
	}
	for k := range p {
		p[k] = math.Max(p[k]/sum, math.SmallestNonzeroFloat64)
	}
	return p
}
