package decomp

import (
	"cmp"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
)

// CodingMethod is how [Coding] finds the few atoms of a row.
type CodingMethod uint8

const (
	// OMP is orthogonal matching pursuit: NonZeros atoms, each the one most alike what the others leave, all fitted again at each step. The zero value.
	OMP CodingMethod = iota
	// LassoLARS is the lasso, exactly: the path of its solutions is followed from the largest penalty down to Alpha (Efron, Hastie, Johnstone and Tibshirani, Annals of Statistics 32, 2004).
	LassoLARS
	// LassoCD is the lasso by coordinate descent.
	LassoCD
	// LARS is least angle regression: NonZeros atoms.
	LARS
	// Threshold takes the products with the atoms, Alpha nearer to 0.
	Threshold
)

// String returns the name.
func (m CodingMethod) String() string {
	names := [...]string{"OMP", "LassoLARS", "LassoCD", "LARS", "Threshold"}
	if int(m) < len(names) {
		return names[m]
	}
	return fmt.Sprintf("CodingMethod(%d)", uint8(m))
}

// Coding says how rows are written with few atoms of a dictionary. The lasso makes half the squared distance of the row and its sum of atoms, and Alpha times the sizes of the shares, small.
type Coding struct {
	Method    CodingMethod // zero: OMP
	NonZeros  int          // OMP and LARS: atoms for a row. 0: a tenth of the columns, at least 1
	Alpha     float64      // LassoLARS, LassoCD, Threshold. 0: the Alpha that the dictionary is learned with; 1 for SparseCoder
	Positive  bool         // shares >= 0: LassoLARS, LassoCD, Threshold. A dictionary is learned with such shares too
	SplitSign bool         // two columns for each atom: first those of shares above 0, then those below, with their sign taken off
	MaxIter   int          // LassoLARS: steps, LassoCD: sweeps, of a row. 0: 1000
}

func (c *Coding) resolve(where string, alpha float64) error {
	switch {
	case c.Method > Threshold:
		return ml.BadConfig(where, "Coding.Method", c.Method, "one of the constants")
	case c.NonZeros < 0:
		return ml.BadConfig(where, "Coding.NonZeros", c.NonZeros, ">= 1, or 0 for a tenth of the columns")
	case !(c.Alpha >= 0 && c.Alpha <= math.MaxFloat64):
		return ml.BadConfig(where, "Coding.Alpha", c.Alpha, "> 0 and finite, or 0 for the default")
	case c.Positive && (c.Method == OMP || c.Method == LARS):
		return ml.BadConfig(where, "Coding.Positive", c.Positive, "LassoLARS, LassoCD or Threshold as the Method")
	case c.MaxIter < 0:
		return ml.BadConfig(where, "Coding.MaxIter", c.MaxIter, ">= 1, or 0 for 1000")
	}
	c.Alpha, c.MaxIter = cmp.Or(c.Alpha, alpha), cmp.Or(c.MaxIter, 1000)
	return nil
}

// atoms is a dictionary made ready for coding.
type atoms struct {
	c    Coding
	k    int
	most int       // of atoms for a row: OMP and LARS
	gram []float64 // k x k: products of atoms with each other
	to   *projection
}

func newAtoms(c Coding, components [][]float64, p int) *atoms {
	a := &atoms{c: c, k: len(components), to: newProjection(components, p, nil)}
	a.most = min(cmp.Or(c.NonZeros, max(p/10, 1)), a.k)
	a.gram = gramOf(a.to.w, a.k)
	return a
}

// codingRoom is what the work on one row needs.
type codingRoom struct {
	alike  []float64 // k: products of atoms and what is left of the row
	w      []float64 // k: the shares
	active []int
	banned []bool // atoms that are sums of active ones
	in     []bool
	l      []float64 // k x k: the Cholesky factor of the gram of the active atoms
	d, s   []float64 // k: of the active ones
	slope  []float64 // k
}

func newCodingRoom(k int) *codingRoom {
	return &codingRoom{alike: make([]float64, k), w: make([]float64, k), active: make([]int, 0, k), banned: make([]bool, k), in: make([]bool, k),
		l: make([]float64, k*k), d: make([]float64, k), s: make([]float64, k), slope: make([]float64, k)}
}

// code sets r.w to the shares in a row whose products with the atoms are r.alike. LassoCD starts from r.w.
func (a *atoms) code(r *codingRoom) {
	switch a.c.Method {
	case LassoCD:
		a.descend(r)
		return
	case Threshold:
		for i, v := range r.alike {
			r.w[i] = math.Copysign(max(math.Abs(v)-a.c.Alpha, 0), v)
			if a.c.Positive || r.w[i] == 0 {
				r.w[i] = max(r.w[i], 0)
			}
		}
		return
	}
	clear(r.w)
	clear(r.banned)
	clear(r.in)
	r.active = r.active[:0]
	if a.c.Method == OMP {
		a.pursue(r)
		return
	}
	a.follow(r)
}

// add puts atom j last among the active ones, or bans it if it is a sum of them.
func (a *atoms) add(r *codingRoom, j int) bool {
	n := len(r.active)
	row := r.l[n*a.k : n*a.k+n+1]
	left := a.gram[j*a.k+j]
	for i, other := range r.active {
		v := a.gram[j*a.k+other]
		for t := range i {
			v -= float64(row[t] * r.l[i*a.k+t])
		}
		row[i] = v / r.l[i*a.k+i]
		left -= float64(row[i] * row[i])
	}
	if !(left > 1e-12*a.gram[j*a.k+j]) {
		r.banned[j] = true
		return false
	}
	row[n] = math.Sqrt(left)
	r.active, r.in[j] = append(r.active, j), true
	return true
}

// drop takes the active atom at place i out.
func (a *atoms) drop(r *codingRoom, i int) {
	r.in[r.active[i]] = false
	rest := r.active[i+1:]
	r.active = r.active[:i]
	for _, j := range rest {
		a.add(r, j)
	}
}

// solve sets x, of the active atoms, to the solution of their gram and b. x may be b.
func (a *atoms) solve(r *codingRoom, x, b []float64) {
	n := len(r.active)
	for i := range n {
		v := b[i]
		for t := range i {
			v -= float64(r.l[i*a.k+t] * x[t])
		}
		x[i] = v / r.l[i*a.k+i]
	}
	for i := n - 1; i >= 0; i-- {
		v := x[i]
		for t := i + 1; t < n; t++ {
			v -= float64(r.l[t*a.k+i] * x[t])
		}
		x[i] = v / r.l[i*a.k+i]
	}
}

// pursue is orthogonal matching pursuit.
func (a *atoms) pursue(r *codingRoom) {
	copy(r.slope, r.alike) // of what is left
	size := 0.0
	for len(r.active) < a.most {
		best := -1
		for j, v := range r.slope {
			if !r.in[j] && !r.banned[j] && v != 0 && (best < 0 || math.Abs(v) > math.Abs(r.slope[best])) {
				best = j
			}
		}
		if best < 0 {
			break
		}
		size = max(size, math.Abs(r.slope[best]))
		if math.Abs(r.slope[best]) <= 1e-14*size { // nothing but rounding is left
			break
		}
		if !a.add(r, best) {
			continue
		}
		n := len(r.active)
		for i, j := range r.active {
			r.d[i] = r.alike[j]
		}
		a.solve(r, r.d[:n], r.d[:n])
		copy(r.slope, r.alike)
		for i, j := range r.active {
			for t, g := range a.gram[j*a.k : (j+1)*a.k] {
				r.slope[t] -= float64(r.d[i] * g)
			}
		}
	}
	for i, j := range r.active {
		r.w[j] = r.d[i]
	}
}

// follow goes along the path of the lasso, or of least angles, from the penalty that leaves no share down.
func (a *atoms) follow(r *codingRoom) {
	lasso := a.c.Method == LassoLARS
	end := 0.0
	if lasso {
		end = a.c.Alpha
	}
	size := func(v float64) float64 {
		if a.c.Positive {
			return v
		}
		return math.Abs(v)
	}
	first, penalty := -1, 0.0
	for j, v := range r.alike {
		if size(v) > penalty {
			first, penalty = j, size(v)
		}
	}
	if first < 0 || penalty <= end || !a.add(r, first) {
		return
	}
	whole, dropped := penalty, -1
	for range a.c.MaxIter {
		n := len(r.active)
		for i, j := range r.active {
			r.s[i] = math.Copysign(1, r.alike[j])
		}
		a.solve(r, r.d[:n], r.s[:n])
		clear(r.slope)
		for i, j := range r.active {
			for t, g := range a.gram[j*a.k : (j+1)*a.k] {
				r.slope[t] += float64(r.d[i] * g)
			}
		}
		step, enters, leaves := penalty-end, -1, -1
		for j, v := range r.alike {
			if r.in[j] || r.banned[j] {
				continue
			}
			for sign := 1.0; sign >= -1; sign -= 2 {
				if sign < 0 && a.c.Positive || j == dropped && sign*v > 0 { // the one that has just left moves away from the border
					continue
				}
				closing := 1 - float64(sign*r.slope[j])
				if closing <= 1e-14 {
					continue
				}
				if at := max((penalty-float64(sign*v))/closing, 0); at < step {
					step, enters = at, j
				}
			}
		}
		if lasso {
			for i, j := range r.active {
				if at := -r.w[j] / r.d[i]; r.w[j]*r.d[i] < 0 && at < step {
					step, enters, leaves = at, -1, i
				}
			}
		}
		for i, j := range r.active {
			r.w[j] += float64(step * r.d[i])
		}
		for j, v := range r.slope {
			r.alike[j] -= float64(step * v)
		}
		penalty -= step
		dropped = -1
		switch {
		case leaves >= 0:
			dropped = r.active[leaves]
			r.w[dropped] = 0
			a.drop(r, leaves)
			if len(r.active) == 0 {
				return
			}
		case enters >= 0 && (lasso || n < a.most): // of least angles, the last atom goes as far as the next would enter
			a.add(r, enters)
		default:
			return
		}
		if penalty <= 1e-15*whole || penalty <= end {
			return
		}
	}
}

// descend is coordinate descent of the lasso.
func (a *atoms) descend(r *codingRoom) {
	k := a.k
	copy(r.slope, r.alike) // less what the shares explain
	for j, v := range r.w {
		if a.c.Positive && v < 0 {
			r.w[j], v = 0, 0
		}
		if v != 0 {
			for t, g := range a.gram[j*k : (j+1)*k] {
				r.slope[t] -= float64(v * g)
			}
		}
	}
	for range a.c.MaxIter {
		moved, size := 0.0, 0.0
		for j, old := range r.w {
			bend := a.gram[j*k+j]
			if bend == 0 {
				r.w[j] = 0
				continue
			}
			v := r.slope[j] + float64(old*bend)
			switch {
			case v > a.c.Alpha:
				v = (v - a.c.Alpha) / bend
			case v < -a.c.Alpha && !a.c.Positive:
				v = (v + a.c.Alpha) / bend
			default:
				v = 0
			}
			if d := v - old; d != 0 {
				r.w[j] = v
				for t, g := range a.gram[j*k : (j+1)*k] {
					r.slope[t] -= float64(d * g)
				}
				moved = max(moved, math.Abs(d))
			}
			size = max(size, math.Abs(v))
		}
		if moved <= 1e-11*size {
			return
		}
	}
}
