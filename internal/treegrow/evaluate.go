package treegrow

import (
	"cmp"
	"math"
	"slices"
)

// evaluate says what a node is by itself, and whether it is a leaf in any case.
func (f *frame[E]) evaluate(nd *node) {
	nd.out = Node{Feature: -1, Samples: nd.size()}
	var pure bool
	if f.target.K > 0 {
		pure = f.evaluateClasses(nd)
	} else {
		pure = f.evaluateNumbers(nd)
	}
	if f.params.Monotone != nil {
		f.clip(nd)
	}
	p := &f.params
	nd.final = pure || p.MaxDepth > 0 && nd.depth >= p.MaxDepth || nd.size() < max(p.MinSplit, 2) || nd.size() < 2*p.MinLeaf ||
		nd.stat[0] < 2*f.leastWeight
}

func (f *frame[E]) evaluateClasses(nd *node) (pure bool) {
	k := f.target.K
	nd.stat = make([]int64, k+1)
	counts := nd.stat[1:]
	for _, r := range f.rows[nd.lo:nd.hi] {
		w := int64(1)
		if f.weight != nil {
			w = f.weight[r]
		}
		counts[f.class[r]] += w
	}
	for _, c := range counts {
		nd.stat[0] += c
	}
	value := make([]float64, k)
	for c, n := range counts {
		value[c] = float64(n)
		pure = pure || n == nd.stat[0]
	}
	total := float64(nd.stat[0])
	nd.out.Weight = total * f.weights.unit
	if !f.weights.whole {
		total = f.floatShares(nd, value)
		nd.out.Weight = total
	}
	nd.out.Value = value
	for c := range value {
		value[c] /= total
	}
	if !pure {
		nd.out.Impurity = f.classImpurity(value)
	}
	return pure
}

// floatShares adds the weights of the classes as they were given.
func (f *frame[E]) floatShares(nd *node, value []float64) (total float64) {
	clear(value)
	for _, r := range f.rows[nd.lo:nd.hi] {
		value[f.class[r]] += f.weight64(r)
	}
	for _, v := range value {
		total += v
	}
	return total
}

// weight64 is the weight of a local row as it was given.
func (f *frame[E]) weight64(r int32) float64 {
	if f.task.weight == nil {
		return 1
	}
	return f.task.weight[f.kept[f.data[r]]]
}

func (f *frame[E]) classImpurity(share []float64) float64 {
	if f.criterion == Entropy {
		m := f.task.measure
		sum := 0.0
		for _, p := range share {
			if p > 0 {
				sum -= float64(p * float64(m.log(p)*(1/math.Ln2)))
			}
		}
		return sum
	}
	sum := 0.0
	for _, p := range share {
		sum += float64(p * p)
	}
	return 1 - sum
}

func (f *frame[E]) evaluateNumbers(nd *node) (pure bool) {
	m := f.target.M
	rows := f.rows[nd.lo:nd.hi]
	nd.stat = make([]int64, m+1)
	w := 0.0
	for _, r := range rows {
		w += f.weight64(r)
		if f.weight == nil {
			nd.stat[0]++
		} else {
			nd.stat[0] += f.weight[r]
		}
	}
	nd.out.Weight, nd.out.Value = w, make([]float64, m)
	pure = true
	for j := range m {
		first, same := f.number[int(rows[0])*m+j], true
		for _, r := range rows {
			same = same && f.number[int(r)*m+j] == first
		}
		if same {
			nd.out.Value[j] = first
			continue
		}
		pure = false
		switch f.criterion {
		case Quantile:
			nd.out.Value[j], nd.out.Impurity = f.quantile(rows, w)
			continue
		case Huber:
			nd.out.Value[j], nd.out.Impurity = f.location(rows, w)
			continue
		}
		origin, sum := f.numbers.origin[j], 0.0
		for _, r := range rows {
			sum += float64(f.weight64(r) * (f.number[int(r)*m+j] - origin))
		}
		mean := origin + sum/w
		nd.out.Value[j] = mean
		loss := 0.0
		for _, r := range rows {
			loss += float64(f.weight64(r) * f.loss(f.number[int(r)*m+j], mean))
		}
		loss /= w
		if f.params.Scale != nil {
			loss = float64(loss * f.params.Scale[j])
		}
		nd.out.Impurity += loss / float64(m)
	}
	return pure
}

// loss is that of a prediction, at least up to terms that add up to 0 for the mean.
func (f *frame[E]) loss(y, mean float64) float64 {
	m := &f.task.measure
	switch f.criterion {
	case Poisson:
		if y == 0 {
			return 0
		}
		return float64(y * logOf(y/mean))
	case Gamma:
		return logOf(mean / y)
	case Tweedie:
		a := 2 - m.power
		return (powOf(y, a) - powOf(mean, a)) / float64((1-m.power)*a)
	}
	d := y - mean
	return float64(d * d)
}

func logOf(x float64) float64 {
	var m measure
	return m.log(x)
}

func powOf(x, a float64) float64 {
	if x == 0 {
		return 0
	}
	var m measure
	m.one[0] = float64(a * m.log(x))
	return m.exp()
}

// quantile is the weighted quantile of the targets of some rows, halfway between two where the weight up to the lower one is just right, and
// the mean loss there.
func (f *frame[E]) quantile(rows []int32, total float64) (q, loss float64) {
	order := f.byNumber(rows)
	sum := int64(0)
	for _, r := range order {
		sum += f.whole(r)
	}
	target := f.params.Level * float64(sum)
	at, below := 0, int64(0)
	for ; at < len(order)-1; at++ {
		if below += f.whole(order[at]); float64(below) >= target {
			break
		}
	}
	q = f.number[order[at]]
	if at+1 < len(order) && float64(below) == target {
		q = q/2 + f.number[order[at+1]]/2
	}
	for _, r := range order {
		d := f.number[r] - q
		share := f.params.Level
		if d < 0 {
			d, share = -d, 1-share
		}
		loss += float64(float64(share*d) * f.weight64(r))
	}
	if !f.params.Halve {
		loss *= 2
	}
	return q, loss / total
}

// byNumber puts rows in the order of their targets.
func (f *frame[E]) byNumber(rows []int32) []int32 {
	order := slices.Clone(rows)
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(f.number[a], f.number[b]) })
	return order
}

// whole is the weight of a local row.
func (f *frame[E]) whole(r int32) int64 {
	if f.weight == nil {
		return 1
	}
	return f.weight[r]
}

// clip keeps the value within the bounds that constraints set.
func (f *frame[E]) clip(nd *node) {
	v := nd.out.Value
	if f.target.K > 0 {
		v[1] = min(max(v[1], nd.lower), nd.upper)
		v[0] = 1 - v[1]
		return
	}
	v[0] = min(max(v[0], nd.lower), nd.upper)
}

// prepare readies the sums of a node that is to be split: for numbers, what each row adds.
func (f *frame[E]) prepare(nd *node) {
	if f.target.K > 0 {
		return
	}
	m, o := f.target.M, &f.numbers
	for j := range m {
		f.shifts[j] = 0
		if f.centred() {
			sum := int64(0)
			for _, r := range f.rows[nd.lo:nd.hi] {
				sum += o.product(f.y[int(r)*m+j], f.whole(r))
			}
			f.shifts[j] = int64(math.RoundToEven(math.Ldexp(float64(sum)/float64(nd.stat[0]), int(o.shift))))
		}
		f.centre[j] = float64(f.shifts[j]) * o.unit[j]
		total := int64(0)
		for _, r := range f.rows[nd.lo:nd.hi] {
			v := o.product(f.y[int(r)*m+j]-f.shifts[j], f.whole(r))
			f.term[int(r)*m+j] = v
			total += v
		}
		nd.stat[1+j] = total
	}
	if f.criterion.ordered() {
		f.climb(nd)
	}
}

func (f *frame[E]) shiftOf(j int) int64 { return f.shifts[j] }
