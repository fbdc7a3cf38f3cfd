package cluster

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// sequences are the rows of a table as sequences.
type sequences struct {
	order  []int     // the table's rows, sequence by sequence; nil: as they are
	begin  []int     // where each begins in that order, and the end of the last
	weight []float64 // of each sequence; nil: all 1
}

// sequencesOf takes a table's groups apart. Rows of weight 0 are absent; the others of a group must weigh the same.
func sequencesOf(where string, t ml.Table) (*sequences, error) {
	n := t.Rows()
	number := make([]int, n) // of each row's sequence, by first sight
	var size []int
	var weight []float64
	seen := map[int]int{}
	asIs := true
	for i := range n {
		w := 1.0
		if t.Weight != nil {
			if w = t.Weight[i]; w == 0 {
				number[i], asIs = -1, false
				continue
			}
		}
		g := 0
		if t.Group != nil {
			g = t.Group[i]
		}
		s, ok := seen[g]
		if !ok {
			s = len(size)
			seen[g] = s
			size, weight = append(size, 0), append(weight, w)
		}
		if w != weight[s] {
			return nil, &ml.Error{Where: where, Field: fmt.Sprintf("Weight[%d]", i), Found: fmt.Sprint(w), Want: fmt.Sprintf("%g, as the rows before it in its sequence: weights are those of sequences", weight[s]), Kind: ml.ErrWeight}
		}
		number[i] = s
		size[s]++
		asIs = asIs && s == len(size)-1
	}
	q := &sequences{begin: make([]int, len(size)+1)}
	for s, k := range size {
		q.begin[s+1] = q.begin[s] + k
	}
	if t.Weight != nil {
		q.weight = weight
	}
	if asIs {
		return q, nil
	}
	q.order = make([]int, q.begin[len(size)])
	next := append([]int(nil), q.begin...)
	for i, s := range number {
		if s >= 0 {
			q.order[next[s]] = i
			next[s]++
		}
	}
	return q, nil
}

// table is the rows in order.
func (q *sequences) table(x tensor.Matrix) tensor.Matrix {
	if q.order == nil {
		return x
	}
	return rows.Select(x, q.order)
}

// rowWeights are the weights of the sequences, row by row.
func (q *sequences) rowWeights() []float64 {
	if q.weight == nil {
		return nil
	}
	var out []float64
	for s, w := range q.weight {
		for range q.begin[s+1] - q.begin[s] {
			out = append(out, w)
		}
	}
	return out
}

// steps are expected counts.
type steps struct {
	first []float64 // of first states
	moves []float64 // from state to state
	loss  float64   // log-likelihood
	lost  int       // a sequence that cannot be, -1 for none
}

// expect turns log densities, n x k, into the probabilities of the states, and counts. The chunks of sequences do not depend on the number of cores.
func (q *sequences) expect(logs []float64, k int, initial, moves []float64) (*steps, int) {
	across := make([]float64, k*k) // moves, turned: along the states one comes from
	for i := range k {
		for j := range k {
			across[j*k+i] = moves[i*k+j]
		}
	}
	count := len(q.begin) - 1
	if count == 0 {
		return &steps{lost: -1}, -1
	}
	s := par.Reduce(count, (count+63)/64, func(_, lo, hi int) *steps {
		sum := &steps{first: make([]float64, k), moves: make([]float64, k*k), lost: -1}
		var room []float64
		for c := lo; c < hi; c++ {
			w := 1.0
			if q.weight != nil {
				w = q.weight[c]
			}
			own := logs[q.begin[c]*k : q.begin[c+1]*k]
			if len(room) < len(own)+3*k {
				room = make([]float64, len(own)+3*k)
			}
			loss, ok := forwardBackward(own, k, initial, moves, across, w, sum, room)
			if !ok {
				sum.lost = c
				return sum
			}
			sum.loss += w * loss
			for i, p := range own[:k] {
				sum.first[i] += w * p
			}
		}
		return sum
	}, func(a, b *steps) *steps {
		kern.Add(a.first, a.first, b.first)
		kern.Add(a.moves, a.moves, b.moves)
		a.loss += b.loss
		if a.lost < 0 {
			a.lost = b.lost
		}
		return a
	})
	return s, s.lost
}

// exponentials turns a row of log densities into densities in units of the greatest, whose logarithm it returns; false if all are 0, or one is infinite.
func exponentials(row []float64) (top float64, ok bool) {
	top = math.Inf(-1)
	for _, v := range row {
		if v > top {
			top = v
		}
	}
	if !(math.Abs(top) <= math.MaxFloat64) {
		return 0, false
	}
	for i, v := range row {
		row[i] = v - top
	}
	kern.Exp(row, row)
	return top, true
}

// forward overwrites the log densities of a sequence with the probabilities of the states given the rows so far. dens gets the densities, and scale what each row's
// probabilities were divided by; either may be nil.
func forward(p []float64, k int, initial, across, dens, scale []float64) (loss float64, ok bool) {
	before := make([]float64, k)
	for t := 0; t*k < len(p); t++ {
		row := p[t*k : (t+1)*k]
		top, ok := exponentials(row)
		if !ok {
			return 0, false
		}
		if dens != nil {
			copy(dens[t*k:(t+1)*k], row)
		}
		sum := 0.0
		for j, b := range row {
			from := 0.0
			if t == 0 {
				from = initial[j]
			} else {
				for i, a := range before {
					from += float64(a * across[j*k+i])
				}
			}
			row[j] = from * b
			sum += row[j]
		}
		if !(sum > 0) {
			return 0, false
		}
		for j := range row {
			row[j] /= sum
		}
		copy(before, row)
		if scale != nil {
			scale[t] = sum
		}
		loss += top + math.Log(sum)
	}
	return loss, true
}

// forwardBackward overwrites the log densities of a sequence with the probabilities of its states, adds the moves between them, and returns its log-likelihood.
// The backward pass is scaled by the sums of the forward one, so nothing underflows.
func forwardBackward(p []float64, k int, initial, moves, across []float64, w float64, sum *steps, room []float64) (loss float64, ok bool) {
	n := len(p) / k
	dens, next, here, share := room[:n*k], room[n*k:n*k+k], room[n*k+k:n*k+2*k], room[n*k+2*k:n*k+3*k]
	scale := make([]float64, n)
	loss, ok = forward(p, k, initial, across, dens, scale)
	if !ok {
		return 0, false
	}
	for i := range next {
		next[i] = 1
	}
	for t := n - 2; t >= 0; t-- {
		// next is the backward probability of row t+1; with its density and scale it goes back over the moves.
		for j, b := range dens[(t+1)*k : (t+2)*k] {
			next[j] *= b / scale[t+1]
		}
		row := p[t*k : (t+1)*k]
		total := 0.0
		for i, a := range row {
			back := 0.0
			own := moves[i*k : (i+1)*k]
			for j, b := range next {
				back += float64(own[j] * b)
			}
			here[i] = back
			share[i] = a * back
			total += share[i]
			if sum != nil && a > 0 {
				to := sum.moves[i*k : (i+1)*k]
				for j, b := range next {
					to[j] += float64(w * a * own[j] * b)
				}
			}
		}
		for i := range row {
			if total > 0 { // else what lies ahead underflowed: what lies behind must do
				row[i] = share[i] / total
			}
		}
		copy(next, here)
	}
	return loss, true
}

// viterbi is the most likely path of a sequence by the log densities of its rows: of equally likely ones that of the lower states from the end. It is false if no path is possible.
func viterbi(path []int, logs []float64, k int, initial, moves []float64) (loss float64, ok bool) {
	n := len(path)
	if n == 0 {
		return 0, true
	}
	move := logsOf(moves)
	from := make([]int32, n*k)
	best, next := make([]float64, k), make([]float64, k)
	for j, p := range initial {
		best[j] = math.Log(p) + logs[j]
	}
	for t := 1; t < n; t++ {
		for j := range k {
			at, top := 0, math.Inf(-1)
			for i, v := range best {
				if v += move[i*k+j]; v > top {
					at, top = i, v
				}
			}
			from[t*k+j] = int32(at)
			next[j] = top + logs[t*k+j]
		}
		best, next = next, best
	}
	at := kern.ArgMax(best)
	loss = best[at]
	if !(math.Abs(loss) <= math.MaxFloat64) {
		return loss, false
	}
	for t := n - 1; t >= 0; t-- {
		path[t] = at
		at = int(from[t*k+at])
	}
	return loss, true
}
