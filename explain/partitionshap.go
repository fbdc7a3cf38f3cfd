package explain

import (
	"container/heap"
	"context"
	"fmt"
	"math"
	"math/bits"

	"github.com/gopherwood-ml/ml"
)

// PartitionSHAP lets columns play in coalitions: the coalitions share out what the model answers among themselves, each shares its part out among its own parts, and so on down to
// columns (Owen 1977, "Values of games with a priori unions"; Winter 1989 for more than one level). A coalition comes and goes as a whole while others share, so columns that say the same
// are best put into one: [ClusterColumns] finds such. Without Coalitions these are Shapley values.
//
// A coalition of k parts asks about 2^k sets for each of the sets of the coalitions around it, so small coalitions are cheap: in a balanced tree of pairs M columns cost about M^2 sets,
// each the rows of the background. The values are exact unless Evaluations cuts them short.
type PartitionSHAP struct {
	Sampled
	Coalitions  []Coalition // who plays together; what is in none plays by itself at the top
	Evaluations int         // the most sets that are asked for a row: the coalitions with the largest parts are shared out first, and what is left over goes to its columns in equal parts; 0: all sets, at most 2^16
}

// Coalition is players that play together, and smaller coalitions within it.
type Coalition struct {
	Members []int       // players: numbers of columns, or where there are Groups the numbers of the explanation's columns, which are the groups and then what is in none
	Parts   []Coalition // parts that share as one each, besides the Members
}

// For prepares to explain a model.
func (c PartitionSHAP) For(m Model) (Explainer, error) {
	const where = "explain.PartitionSHAP"
	if err := checkBudget(where, c.Evaluations, 0); err != nil {
		return nil, err
	}
	a, err := c.asker(where, m)
	if err != nil {
		return nil, err
	}
	taken := make([]bool, len(a.players))
	for _, part := range c.Coalitions {
		if err := part.check(where, taken); err != nil {
			return nil, err
		}
	}
	all := Coalition{Parts: c.Coalitions}
	for q, in := range taken {
		if !in {
			all.Members = append(all.Members, q)
		}
	}
	return &explainer{a, func(ctx context.Context, _ int, row []float64, who []int, whole []float64) ([][]float64, [][]float64, error) {
		values, err := c.explain(ctx, a, all, row, who, whole)
		return values, nil, err
	}}, nil
}

func (c Coalition) check(where string, taken []bool) error {
	for _, q := range c.Members {
		if q < 0 || q >= len(taken) || taken[q] {
			return ml.BadConfig(where, "Coalitions", q, fmt.Sprintf("each of %d players at most once", len(taken)))
		}
		taken[q] = true
	}
	for _, part := range c.Parts {
		if err := part.check(where, taken); err != nil {
			return err
		}
	}
	return nil
}

// union is a coalition without the players that make no difference, and without coalitions of one part.
type union struct {
	who   []int // all players in it
	parts []*union
}

// union returns nil if none of the coalition's players counts.
func (c Coalition) union(counts []bool) *union {
	u := &union{}
	for _, part := range c.Parts {
		if p := part.union(counts); p != nil {
			u.parts = append(u.parts, p)
		}
	}
	for _, q := range c.Members {
		if counts[q] {
			u.parts = append(u.parts, &union{who: []int{q}})
		}
	}
	switch len(u.parts) {
	case 0:
		return nil
	case 1:
		return u.parts[0]
	}
	for _, p := range u.parts {
		u.who = append(u.who, p.who...)
	}
	return u
}

// sets is how many sets are asked about for a union that is shared out in so many settings of the others, and which union has too many parts.
func (u *union) sets(settings float64) (total float64, wide *union) {
	k := len(u.parts)
	if k == 0 {
		return 0, nil
	}
	if k > maxExact {
		return math.Inf(1), u
	}
	total = float64(settings * (math.Ldexp(1, k) - 2))
	for _, p := range u.parts {
		more, w := p.sets(math.Ldexp(settings, k-1))
		if total += more; w != nil {
			wide = w
		}
	}
	return total, wide
}

// share is what a union is to share out when the players of set are there already.
type share struct {
	*union
	set           []bool
	before, after []float64 // the answers without the union and with it
	weight        float64
	size          float64 // how much is at stake
	number        int
}

// shares lists the largest share first.
type shareHeap []*share

func (s shareHeap) Len() int { return len(s) }
func (s shareHeap) Less(a, b int) bool {
	return s[a].size > s[b].size || s[a].size == s[b].size && s[a].number < s[b].number
}
func (s shareHeap) Swap(a, b int) { s[a], s[b] = s[b], s[a] }
func (s *shareHeap) Push(x any)   { *s = append(*s, x.(*share)) }
func (s *shareHeap) Pop() any {
	last := len(*s) - 1
	x := (*s)[last]
	*s = (*s)[:last]
	return x
}

func (c PartitionSHAP) explain(ctx context.Context, a *asker, all Coalition, row []float64, who []int, whole []float64) ([][]float64, error) {
	top := all.union(a.set(who))
	sets, wide := top.sets(1)
	switch {
	case wide != nil:
		return nil, ml.BadConfig(a.where, "Coalitions", fmt.Sprintf("one of %d parts that differ from the background", len(wide.parts)), fmt.Sprintf("at most %d parts: coalitions within it, or another explainer", maxExact))
	case c.Evaluations == 0 && sets > 1<<maxExact:
		return nil, ml.BadConfig(a.where, "Coalitions", fmt.Sprintf("%g sets to ask for all of them", sets), "at most 2^16, or Evaluations")
	}
	p := &partition{asker: a, row: row, game: newGame(Shapley, maxExact), values: grid(len(a.players), len(a.base)), left: c.Evaluations, exact: c.Evaluations == 0}
	p.push(&share{union: top, set: make([]bool, len(a.players)), before: a.base, after: whole, weight: 1})
	for len(p.open) > 0 {
		if err := p.next(ctx); err != nil {
			return nil, err
		}
	}
	out := make([][]float64, len(who))
	for q, player := range who {
		out[q] = p.values[player]
	}
	return out, nil
}

// partition is the state of one row.
type partition struct {
	*asker
	game   *game
	row    []float64
	values [][]float64 // players x outputs
	open   shareHeap
	pushed int
	left   int // sets that may be asked yet
	exact  bool
}

// push takes a share in: at once if it is a single player's.
func (p *partition) push(s *share) {
	if len(s.parts) == 0 {
		p.settle(s)
		return
	}
	for o, v := range s.after {
		s.size = max(s.size, float64(s.weight*math.Abs(v-s.before[o])))
	}
	s.number = p.pushed
	p.pushed++
	heap.Push(&p.open, s)
}

// settle gives each player of a share the same.
func (p *partition) settle(s *share) {
	for o, v := range s.after {
		each := float64(s.weight*(v-s.before[o])) / float64(len(s.who))
		for _, q := range s.who {
			p.values[q][o] += each
		}
	}
}

// next shares the largest shares out: one if sets are counted, else as many as the model may be asked about at once.
func (p *partition) next(ctx context.Context) error {
	var taken []*share
	var sets [][]bool
	for len(p.open) > 0 {
		s := p.open[0]
		count := 1<<len(s.parts) - 2
		if !p.exact && (count > p.left || len(taken) > 0) || len(taken) > 0 && (len(sets)+count)*len(p.weight) > rowsAtOnce {
			break
		}
		heap.Pop(&p.open)
		p.left -= count
		taken = append(taken, s)
		for set := 1; set <= count; set++ {
			sets = append(sets, s.with(set))
		}
	}
	if len(taken) == 0 { // nothing more may be asked: the largest share is not the only one that is too dear
		p.settle(heap.Pop(&p.open).(*share))
		return nil
	}
	answers, err := p.ask(ctx, p.row, sets)
	if err != nil {
		return err
	}
	for _, s := range taken {
		count := 1<<len(s.parts) - 2
		all := make([][]float64, 0, count+2)
		all = append(append(append(all, s.before), answers[:count]...), s.after)
		answers = answers[count:]
		p.deal(s, all)
	}
	return nil
}

// with is the set of a share with some of its parts.
func (s *share) with(parts int) []bool {
	out := append([]bool(nil), s.set...)
	for i, part := range s.parts {
		if parts>>i&1 != 0 {
			for _, q := range part.who {
				out[q] = true
			}
		}
	}
	return out
}

// deal gives each part its shares, one for each set of the others.
func (p *partition) deal(s *share, answers [][]float64) {
	k := len(s.parts)
	for i, part := range s.parts {
		for set := range answers {
			if set>>i&1 != 0 {
				continue
			}
			size := bits.OnesCount(uint(set))
			one := &share{union: part, before: answers[set], after: answers[set|1<<i], weight: float64(s.weight * p.game.before(size, k-1-size))}
			if len(part.parts) > 0 {
				one.set = s.with(set)
			}
			p.push(one)
		}
	}
}
