package linear

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// workspace is of products between columns while these are few: a step then costs as many operations as there are columns at work. Else the
// columns themselves are at hand, and a step costs the numbers stored in one.
func (r *rowCurvature) workspace(ctx context.Context, last workspace, work []int) (workspace, error) {
	const most = 4096 // products of so many columns take 128 MB
	if len(work) <= min(2*r.stored/r.cols+64, most) {
		g := gramRoom(last, len(work), r.tasks)
		if known := len(g.work); known < len(work) {
			if err := r.products(ctx, g, work, known); err != nil {
				return nil, err
			}
			g.adopt(work)
		}
		return g, nil
	}
	c, _ := last.(*columnSpace)
	return r.columnSpace(ctx, c, work)
}

// gramRoom returns the last workspace with room for the products of m columns, or a new one.
func gramRoom(last workspace, m, tasks int) *gramSpace {
	g, _ := last.(*gramSpace)
	if g == nil {
		g = &gramSpace{localState: localState{tasks: tasks}, step: make([]float64, tasks), u: make([]float64, tasks)}
	}
	if g.stride < m {
		old, known := g.gram, len(g.work)
		stride := max(m, g.stride*3/2)
		g.gram = make([]float64, stride*stride)
		for i := range known {
			copy(g.gram[i*stride:i*stride+known], old[i*g.stride:i*g.stride+known])
		}
		g.stride = stride
	}
	return g
}

// adopt makes the columns whose products are known those of the workspace.
func (g *gramSpace) adopt(work []int) {
	g.resize(work)
	for place := range work {
		g.curve[place] = g.gram[place*g.stride+place]
	}
}

func (s *localState) resize(work []int) {
	m := len(work)
	s.work = append(s.work[:0], work...)
	all := make([]float64, (3*s.tasks+1)*m)
	s.b, s.q, s.c, s.curve = all[:s.tasks*m], all[s.tasks*m:2*s.tasks*m], all[2*s.tasks*m:3*s.tasks*m], all[3*s.tasks*m:]
}

// places is the inverse of work: -1 for columns that are not there.
func (d *design) places(work []int) []int {
	place := make([]int, d.cols)
	for j := range place {
		place[j] = -1
	}
	for at, j := range work {
		place[j] = at
	}
	return place
}

// columnSpace is a workspace that holds residuals and the columns at work, scaled by the roots of the weights: centred if X is dense, else as they
// are, with what centring would add to every residual kept aside.
type columnSpace struct {
	localState
	rows    int
	total   float64
	dense   []float64   // column after column; nil: sparse
	csc     *cscColumns // of all columns
	center  []float64   // of the columns at work, for sparse ones
	target  []float64   // tasks x rows, centred and scaled
	res     []float64   // tasks x rows: target - XB, not centred if sparse
	shift   []float64   // for each task, what the centring of X adds to residuals, before the scaling
	step, u []float64
}

// cscColumns are the numbers of a sparse matrix, column after column, scaled by the roots of the weights.
type cscColumns struct {
	from []int
	row  []int32
	val  []float64
}

func (c *cscColumns) column(j int) (rows []int32, vals []float64) {
	return c.row[c.from[j]:c.from[j+1]], c.val[c.from[j]:c.from[j+1]]
}

func (r *rowCurvature) transpose() *cscColumns {
	c := &cscColumns{from: make([]int, r.cols+1), row: make([]int32, r.stored), val: make([]float64, r.stored)}
	var buf scratch
	for i := range r.rows {
		cols, _ := r.nonzeros(i, &buf)
		for _, j := range cols {
			c.from[j+1]++
		}
	}
	for j := range r.cols {
		c.from[j+1] += c.from[j]
	}
	next := append([]int(nil), c.from[:r.cols]...)
	for i := range r.rows {
		root := math.Sqrt(r.w(i))
		cols, vals := r.nonzeros(i, &buf)
		for k, j := range cols {
			c.row[next[j]], c.val[next[j]] = int32(i), root*vals[k]
			next[j]++
		}
	}
	return c
}

func (r *rowCurvature) columnSpace(ctx context.Context, s *columnSpace, work []int) (*columnSpace, error) {
	if s == nil {
		s = &columnSpace{localState: localState{tasks: r.tasks}, rows: r.rows, total: r.total, shift: make([]float64, r.tasks),
			target: make([]float64, r.tasks*r.rows), res: make([]float64, r.tasks*r.rows), step: make([]float64, r.tasks), u: make([]float64, r.tasks)}
		for t := range r.tasks {
			for i := range r.rows {
				s.target[t*r.rows+i] = math.Sqrt(r.w(i)) * (r.targets[r.first+t][i] - r.offset[r.first+t])
			}
		}
		if r.sparse() {
			if r.csc == nil {
				r.csc = r.transpose()
			}
			s.csc = r.csc
		}
	}
	known, m := len(s.work), len(work)
	if known == m {
		return s, nil
	}
	s.resize(work)
	if s.csc == nil {
		s.dense = append(s.dense, make([]float64, (m-known)*r.rows)...)
		r.copyColumns(s.dense[known*r.rows:], work[known:])
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	s.center = make([]float64, m)
	for place, j := range work {
		s.curve[place], s.center[place] = r.curve[j], r.center[j]
	}
	return s, nil
}

// copyColumns writes columns one after the other, centred and scaled.
func (r *rowCurvature) copyColumns(dst []float64, cols []int) {
	const tile = 64 // rows whose columns are written together
	par.For((r.rows+tile-1)/tile, tile*len(cols)*2, func(lo, hi int) {
		buf := r.scratch()
		for i := lo * tile; i < min(hi*tile, r.rows); i++ {
			root := math.Sqrt(r.w(i))
			x := r.row(i, buf)
			for k, j := range cols {
				dst[k*r.rows+i] = root * (x[j] - r.center[j])
			}
		}
	})
}

func (s *columnSpace) local() *localState         { return &s.localState }
func (s *columnSpace) jump([]int32, penalty) bool { return false }

// start computes the residuals.
func (s *columnSpace) start() {
	copy(s.res, s.target)
	clear(s.shift)
	m := len(s.work)
	for place := range s.work {
		for t := range s.tasks {
			if b := s.b[t*m+place]; b != 0 {
				s.move(place, t, b)
			}
		}
	}
}

// move takes a multiple of a column out of the residuals.
func (s *columnSpace) move(place, t int, by float64) {
	res := s.res[t*s.rows : (t+1)*s.rows]
	if s.csc == nil {
		kern.Axpy(-by, s.dense[place*s.rows:(place+1)*s.rows], res)
		return
	}
	rows, vals := s.csc.column(s.work[place])
	kern.SparseAxpy(-by, vals, rows, res)
	s.shift[t] += by * s.center[place]
}

// gradientOf is one element of q.
func (s *columnSpace) gradientOf(place, t int) float64 {
	res := s.res[t*s.rows : (t+1)*s.rows]
	if s.csc == nil {
		return kern.Dot(s.dense[place*s.rows:(place+1)*s.rows], res) / s.total
	}
	rows, vals := s.csc.column(s.work[place])
	return kern.SparseDot(vals, rows, res)/s.total + s.shift[t]*s.center[place]
}

func (s *columnSpace) sweep(places []int32, pen penalty) float64 {
	m := len(s.work)
	lost := 0.0
	for _, place := range places {
		p := int(place)
		curve := s.curve[p]
		if curve == 0 {
			continue
		}
		for t := range s.u {
			s.u[t] = s.gradientOf(p, t) + curve*s.b[t*m+p]
		}
		changed, half := pen.update(s.step, s.b, s.u, p, m, curve)
		if !changed {
			continue
		}
		lost += half * (curve + pen.l2)
		for t, step := range s.step {
			if step != 0 {
				s.move(p, t, step)
			}
		}
	}
	return lost
}

func (s *columnSpace) settle() {
	m := len(s.work)
	par.For(m*s.tasks, s.rows/8, func(lo, hi int) {
		for k := lo; k < hi; k++ {
			s.q[k] = s.gradientOf(k%m, k/m)
		}
	})
}
