package linear

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
)

// logModel is the quadratic model of the mean loss at the present scores of a proximal fit, its intercepts eliminated, as the curvature of a descent
// over pairs: G = Σ X_iᵀ M_i X_i less what the intercepts take up, where M_i = w(diag(p) - ppᵀ) of the row, or w·p(1-p) for one score.
type logModel struct {
	*proximal
	c       []float64 // G b + q at the present coefficients
	yy      float64
	inverse bend
}

func (f *proximal) model() *logModel {
	m := &logModel{proximal: f.tempered(), c: make([]float64, len(f.b))}
	if f.fitted {
		m.inverse = newBend(m.bend, f.k)
	}
	k := f.k
	m.yy = f.freshness()
	if linalg.MaxAbs(f.b) == 0 {
		copy(m.c, f.q)
	} else {
		u := make([]float64, len(f.z))
		for i := range u {
			u[i] = f.z[i] - f.shift[i%k]
		}
		m.curved(u)
		m.yy += par.Reduce(f.rows, grain(f.rows, 4*k), func(_, lo, hi int) float64 {
			sum := 0.0
			for i := lo * k; i < hi*k; i++ {
				sum += (f.z[i] - f.shift[i%k]) * (u[i] + 2*f.res[i])
			}
			return sum
		}, func(a, b float64) float64 { return a + b })
		linalg.Axpy(1, f.res, u)
		f.pulls(m.c, u)
	}
	for i, dead := range f.dead {
		if dead {
			m.c[i] = 0
		}
	}
	return m
}

// tempered is f with probabilities for second derivatives only, drawn a little towards equal ones in rows that are badly missed: where a row is
// certain to be of another class, the loss is all but straight, and its model would send coefficients far away or, with no curvature left, nowhere.
func (f *proximal) tempered() *proximal {
	g := *f
	k := f.k
	g.p = make([]float64, len(f.p))
	if k == 1 {
		g.h = make([]float64, len(f.h))
	}
	even := 1 / float64(max(k, 2))
	g.bend = par.Reduce(f.rows, grain(f.rows, 4*k*(k+2)), func(_, lo, hi int) []float64 {
		sum := make([]float64, k*k)
		for i := lo; i < hi; i++ {
			p, w := g.p[i*k:(i+1)*k], f.share(i)
			if w == 0 {
				continue
			}
			_, miss := f.hit(i, w)
			const most = 0.01
			by := most * (miss * miss) * (miss * miss)
			for c, v := range f.p[i*k : (i+1)*k] {
				p[c] = v + by*(even-v)
			}
			if k == 1 {
				g.h[i] = f.h[i] + w*by*(1-by/2)*(0.5-f.p[i])*(0.5-f.p[i])*2
				sum[0] += g.h[i]
				continue
			}
			for c, v := range p {
				row := sum[c*k : (c+1)*k]
				for l := range c {
					row[l] -= w * v * p[l]
				}
				row[c] += w * v * (1 - v)
			}
		}
		return sum
	}, addInto)
	return &g
}

// freshness is Σ r_i M_i⁺ r_i of the residuals, the part of the model's constant that no coefficient explains. Rows that are badly missed count less than that:
// the constant only loosens the gap of the model.
func (f *proximal) freshness() float64 {
	const most = 1e8
	return par.Reduce(f.rows, grain(f.rows, 4), func(_, lo, hi int) float64 {
		sum := 0.0
		for i := lo; i < hi; i++ {
			if w := f.share(i); w > 0 {
				hit, miss := f.hit(i, w)
				sum += w * min(miss/hit, most)
			}
		}
		return sum
	}, func(a, b float64) float64 { return a + b })
}

func (m *logModel) terms() lossTerms {
	t := lossTerms{cols: len(m.b), tasks: 1, yy: m.yy, c: m.c, curve: make([]float64, len(m.b))}
	for i := range t.curve {
		if !m.dead[i] {
			t.curve[i] = m.top[i%m.cols]
		}
	}
	return t
}

// curved turns changes of scores, rows x k, into those of the residuals, the intercepts following.
func (m *logModel) curved(u []float64) {
	k := m.k
	sums := m.bent(u)
	if !m.fitted {
		return
	}
	m.inverse.solve(sums)
	par.For(m.rows, 8*k, func(lo, hi int) {
		row := make([]float64, k)
		for i := lo; i < hi; i++ {
			for c, v := range sums {
				row[c] = -v
			}
			m.bendRow(row, i)
			for c, v := range row {
				u[i*k+c] += v
			}
		}
	})
}

func (m *logModel) gradient(ctx context.Context, dst, b []float64) error {
	if err := ml.Done(ctx); err != nil {
		return err
	}
	u := make([]float64, len(m.z))
	m.scoresOf(u, b, make([]float64, m.k))
	m.curved(u)
	m.pulls(dst, u)
	for i, v := range dst {
		dst[i] = m.c[i] - v
		if m.dead[i] {
			dst[i] = 0
		}
	}
	return ml.Done(ctx)
}

// workspace is of products between pairs while these are few, else of the columns themselves: see rowCurvature.
func (m *logModel) workspace(ctx context.Context, last workspace, work []int) (workspace, error) {
	if len(work) <= m.most {
		g, _ := last.(*pairGram)
		return m.gram(ctx, g, work)
	}
	s, _ := last.(*pairColumns)
	return m.pairColumns(ctx, s, work)
}

// stored is how many numbers X has.
func (f *proximal) stored() int {
	if !f.sparse() {
		return f.rows * f.cols
	}
	n := 0
	var buf scratch
	for i := range f.rows {
		cols, _ := f.nonzeros(i, &buf)
		n += len(cols)
	}
	return n
}

// pairGram is a workspace of the products of pairs.
type pairGram struct {
	gramSpace
	cross []float64 // len(work) x k: the products with the intercepts
}

// gram makes the workspace for pairs, of which those of the last one are known.
func (m *logModel) gram(ctx context.Context, g *pairGram, work []int) (*pairGram, error) {
	if g == nil {
		g = &pairGram{gramSpace: gramSpace{localState: localState{tasks: 1}, step: make([]float64, 1), u: make([]float64, 1)}}
	}
	known, n := len(g.work), len(work)
	if known == n {
		return g, nil
	}
	gramRoom(&g.gramSpace, n, 1)
	p := newPairProducts(m, work, known)
	all, err := p.sum(ctx)
	if err != nil {
		return nil, err
	}
	k := m.k
	g.cross = append(g.cross, make([]float64, (n-known)*k)...)
	inverse := make([]float64, n*k) // of the intercepts' products times cross
	if m.fitted {
		for a := known; a < n; a++ {
			for c := range k {
				g.cross[a*k+c] = all.at(a, n+c)
			}
		}
		copy(inverse, g.cross)
		for a := range n {
			m.inverse.solve(inverse[a*k : (a+1)*k])
		}
	}
	for a := known; a < n; a++ {
		for b := range n {
			if b > a && b >= known {
				break
			}
			v := all.at(a, b)
			v -= linalg.Dot(g.cross[a*k:(a+1)*k], inverse[b*k:(b+1)*k])
			g.gram[a*g.stride+b] = v
			g.gram[b*g.stride+a] = v
		}
	}
	g.adopt(work)
	for place, i := range work {
		g.curve[place] = m.steady(g.curve[place], i)
	}
	return g, nil
}

// steady is the curvature that sets the length of a step along pair i: not nothing, as where all rows of a column are certain, or a step would
// have no end and the penalty no effect.
func (f *proximal) steady(curve float64, i int) float64 {
	const least = 1e-8
	return max(curve, least*f.top[i%f.cols])
}

// pairProducts are Σ x_a M x_b for new pairs a and all pairs b, of which the last k are the intercepts: columns of ones.
type pairProducts struct {
	*logModel
	class, col []int // of each pair; col is -1 for an intercept
	slot       []int // of each pair among those of its class
	each       []int // pairs of each class
	known      int
	width      int
	place      [][]int // k x cols: where a column's pair is, -1 for nowhere; for sparse rows
}

func newPairProducts(m *logModel, work []int, known int) *pairProducts {
	p := &pairProducts{logModel: m, known: known, each: make([]int, m.k)}
	add := func(class, col int) {
		p.class, p.col = append(p.class, class), append(p.col, col)
		p.slot = append(p.slot, p.each[class])
		p.each[class]++
	}
	for _, i := range work {
		add(i/m.cols, i%m.cols)
	}
	if m.fitted {
		for c := range m.k {
			add(c, -1)
		}
	}
	p.width = len(p.class)
	if m.sparse() {
		for c := range m.k {
			place := make([]int, m.cols)
			for j := range place {
				place[j] = -1
			}
			for a, col := range p.col {
				if p.class[a] == c && col >= 0 {
					place[col] = a
				}
			}
			p.place = append(p.place, place)
		}
	}
	return p
}

// productSums are what pairProducts add up.
type productSums struct {
	*pairProducts
	same  [][]float64 // for each class, the products of its pairs with curvature p(1-p), upper half
	cross []float64   // new pairs x pairs: the products with p_a·p_b
}

// at is the product of pairs a, which is new, and b.
func (s productSums) at(a, b int) float64 {
	if c := s.class[a]; c == s.class[b] {
		i, j := s.slot[a], s.slot[b]
		if i > j {
			i, j = j, i
		}
		return s.same[c][i*s.each[c]+j]
	}
	return -s.cross[(a-s.known)*s.width+b]
}

func (p *pairProducts) sum(ctx context.Context) (productSums, error) {
	k, fresh := p.k, p.width-p.known
	if p.fitted {
		fresh -= k
	}
	const partials = 1 << 22
	size := 0
	for _, n := range p.each {
		size += n * n
	}
	if k > 1 {
		size += fresh * p.width
	}
	chunks := max(min(partials/size, maxChunks), 1)
	value := func(_, lo, hi int) productSums {
		s := productSums{pairProducts: p, same: make([][]float64, k)}
		for c, n := range p.each {
			s.same[c] = make([]float64, n*n)
		}
		if k > 1 {
			s.cross = make([]float64, fresh*p.width)
		}
		b := p.buffers(hi - lo)
		p.eachBlock(lo, hi, func(rows blockRows) {
			if ctx.Err() != nil {
				return
			}
			for at := 0; at < rows.n; at += b.length {
				p.add(&s, rows, at, min(at+b.length, rows.n), b)
			}
		})
		return s
	}
	sums := par.Reduce(p.rows, max((p.rows+chunks-1)/chunks, par.Grain(size/16+p.width)), value, func(a, b productSums) productSums {
		for c := range a.same {
			addInto(a.same[c], b.same[c])
		}
		if k > 1 {
			addInto(a.cross, b.cross)
		}
		return a
	})
	return sums, ml.Done(ctx)
}

// pairBuffers are rows of pairs on their way into products.
type pairBuffers struct {
	length int
	stride []int
	same   [][]float64 // for each class: rows of its pairs times the roots of p(1-p)
	cross  []float64   // rows of all pairs times p
}

func (p *pairProducts) buffers(rows int) *pairBuffers {
	const line = 8 // numbers in a cache line, at which rows begin
	b := &pairBuffers{length: min(max(1<<15/p.width, 64), rows), stride: make([]int, p.k), same: make([][]float64, p.k)}
	for c, n := range p.each {
		b.stride[c] = (n + line - 1) / line * line
		b.same[c] = make([]float64, b.length*b.stride[c])
	}
	if p.k > 1 {
		b.cross = make([]float64, b.length*p.width)
	}
	return b
}

// add adds rows from..to-1 of a block.
func (p *pairProducts) add(s *productSums, rows blockRows, from, to int, b *pairBuffers) {
	n := 0
	for at := from; at < to; at++ {
		i := rows.lo + at
		if p.w(i) == 0 {
			continue
		}
		p.fill(rows, at, n, b)
		n++
	}
	if n == 0 {
		return
	}
	for c, m := range p.each {
		linalg.AddGram(s.same[c], b.same[c], n, m, b.stride[c])
	}
	if p.k > 1 {
		fresh := len(s.cross) / p.width
		kern.Gemm(true, false, fresh, p.width, n, 1, b.cross[p.known:], p.width, b.cross, p.width, 1, s.cross, p.width)
	}
}

// fill writes a row of a block to place n of the buffers.
func (p *pairProducts) fill(rows blockRows, at, n int, b *pairBuffers) {
	i := rows.lo + at
	if p.k == 1 {
		row := b.same[0][n*b.stride[0] : n*b.stride[0]+p.width]
		p.centredPairs(rows, at, row)
		kern.Scal(math.Sqrt(p.h[i]), row, row)
		return
	}
	cross := b.cross[n*p.width : (n+1)*p.width]
	p.centredPairs(rows, at, cross)
	root := math.Sqrt(p.share(i))
	probs := p.p[i*p.k : (i+1)*p.k]
	for a, c := range p.class {
		v := cross[a]
		b.same[c][n*b.stride[c]+p.slot[a]] = math.Sqrt(p.curve(i, c)) * v
		cross[a] = root * probs[c] * v
	}
}

// centredPairs writes the centred number of the column of each pair, 1 for intercepts.
func (p *pairProducts) centredPairs(rows blockRows, at int, dst []float64) {
	if !p.sparse() {
		x := rows.data[at*p.cols : (at+1)*p.cols]
		for a, j := range p.col {
			if j < 0 {
				dst[a] = 1
			} else {
				dst[a] = x[j] - p.center[j]
			}
		}
		return
	}
	for a, j := range p.col {
		if j < 0 {
			dst[a] = 1
		} else {
			dst[a] = -p.center[j]
		}
	}
	cols, vals := p.x.NZ(rows.lo+at, &rows.entries)
	for q, j := range cols {
		for _, place := range p.place {
			if a := place[j]; a >= 0 {
				dst[a] += vals[q]
			}
		}
	}
}
