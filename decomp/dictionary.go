package decomp

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// SparseCoder writes rows as sums of few atoms of a dictionary that is given. Fit learns nothing but the columns' names. A row takes O(columns · atoms + atoms² · steps).
type SparseCoder struct {
	Dictionary [][]float64 // atoms, rows of as many numbers as X has columns; best of length 1
	Coding     Coding
}

// DictionaryLearning finds atoms such that each row is about a sum of few of them: it makes half the squared distance between rows and sums, and Alpha times the sizes of the shares, small, with atoms no longer than 1
// (Mairal, Bach, Ponce and Sapiro, JMLR 11, 2010). Shares and atoms take turns, from the leading singular vectors or Start. An atom that no row uses is drawn anew from the rows, by Seed: nothing else is random.
//
// Rows are dense; Transform takes CSR as well. A row of weight k counts as k rows. An iteration takes O(rows · Components · (columns + Components · sweeps)). Info.Loss is the loss after each.
type DictionaryLearning struct {
	Components   int         // atoms. 0: as many as columns
	Alpha        float64     // of the penalty on shares. 0: 1
	LARS         bool        // find shares by LassoLARS: exact, and better where they are few. False: LassoCD
	PositiveDict bool        // atoms >= 0
	Coding       Coding      // of Transform
	Start        [][]float64 // the atoms to begin with. nil: from singular vectors
	MaxIter      int         // 0: 1000
	Tol          float64     // the fit ends when an iteration lowers the loss by less than this share of it. 0: 1e-8; negative: MaxIter iterations
	Seed         uint64
}

var (
	_ ml.Fitter[ml.Table, *DictionaryModel] = SparseCoder{}
	_ ml.Fitter[ml.Table, *DictionaryModel] = DictionaryLearning{}
)

// DictionaryModel is a dictionary.
type DictionaryModel struct {
	ml.Fitted
	Components [][]float64 // atoms
	Error      float64     // the loss of the training rows; 0 after SparseCoder

	a     *atoms
	spare sync.Pool
}

// learning is what both ways to learn a dictionary share.
type learning struct {
	k        int
	alpha    float64
	positive bool // atoms
	start    [][]float64
	seed     uint64
	coding   Coding
}

func checkLearning(where string, components int, alpha float64, maxIter int, tol float64) error {
	switch {
	case components < 0:
		return ml.BadConfig(where, "Components", components, ">= 1, or 0 for the columns")
	case !(alpha >= 0 && alpha <= math.MaxFloat64):
		return ml.BadConfig(where, "Alpha", alpha, "> 0 and finite, or 0 for 1")
	case maxIter < 0:
		return ml.BadConfig(where, "MaxIter", maxIter, ">= 1, or 0 for 1000")
	case !(math.Abs(tol) <= math.MaxFloat64):
		return ml.BadConfig(where, "Tol", tol, "a finite number")
	}
	return nil
}

func (c *DictionaryLearning) resolve(where string) error {
	if err := checkLearning(where, c.Components, c.Alpha, c.MaxIter, c.Tol); err != nil {
		return err
	}
	c.Alpha, c.MaxIter, c.Tol = cmp.Or(c.Alpha, 1), cmp.Or(c.MaxIter, 1000), cmp.Or(c.Tol, 1e-8)
	return c.Coding.resolve(where, c.Alpha)
}

func fitCoding(lars, positive bool, alpha float64) Coding {
	c := Coding{Method: LassoCD, Alpha: alpha, Positive: positive, MaxIter: 1000}
	if lars {
		c.Method = LassoLARS
	}
	return c
}

// Fit takes the dictionary as it is.
func (c SparseCoder) Fit(ctx context.Context, t ml.Table) (*DictionaryModel, error) {
	const where = "decomp.SparseCoder.Fit"
	if err := cmp.Or(c.Coding.resolve(where, 1), t.Check(where, ml.Accepts{}), ml.Done(ctx)); err != nil {
		return nil, err
	}
	if len(c.Dictionary) == 0 {
		return nil, ml.BadConfig(where, "Dictionary", "none", "one atom or more")
	}
	_, p := t.X.Dims()
	if err := checkAtoms(where, "Dictionary", c.Dictionary, p); err != nil {
		return nil, err
	}
	c.Dictionary = cloneRows(c.Dictionary)
	m := &DictionaryModel{Fitted: ml.NewFitted(t, nil, c), Components: cloneRows(c.Dictionary)}
	if err := m.Restore(); err != nil {
		return nil, tooLarge(where, err)
	}
	return m, nil
}

func checkAtoms(where, field string, x [][]float64, p int) error {
	for i, row := range x {
		if len(row) != p {
			return ml.BadShape(where, fmt.Sprintf("%s[%d]", field, i), fmt.Sprintf("%d numbers", len(row)), fmt.Sprint(p))
		}
		if !rows.AllFinite(row) {
			return ml.BadConfig(where, fmt.Sprintf("%s[%d]", field, i), "a number that is not finite", "finite numbers")
		}
	}
	return nil
}

// Fit learns a dictionary of the rows of t.
func (c DictionaryLearning) Fit(ctx context.Context, t ml.Table) (*DictionaryModel, error) {
	const where = "decomp.DictionaryLearning.Fit"
	if err := cmp.Or(c.resolve(where), t.Check(where, ml.Accepts{}), ml.Done(ctx), denseOnly(where, t.X)); err != nil {
		return nil, err
	}
	s := newSample(t)
	c.Components = cmp.Or(c.Components, s.p)
	c.Start = cloneRows(c.Start)
	l := learning{k: c.Components, alpha: c.Alpha, positive: c.PositiveDict, start: c.Start, seed: c.Seed, coding: fitCoding(c.LARS, c.Coding.Positive, c.Alpha)}
	x := make([]float64, s.n*s.p)
	s.plain(x)
	dict, err := l.begin(where, s)
	if err != nil {
		return nil, err
	}
	m := &DictionaryModel{Fitted: ml.NewFitted(t, nil, c)}
	track := ml.Track(ctx, "iteration", c.MaxIter)
	m.Info.Status = ml.MaxIter
	code := make([]float64, s.n*l.k)
	for iter := 1; iter <= c.MaxIter; iter++ {
		l.shares(code, dict, x, s.p)
		a, b := codeProducts(code, x, s.w, l.k, s.p)
		l.improve(dict, a, b, code, x, s.p, uint64(iter))
		now := l.loss(dict, code, x, s.w, s.p)
		if !(now <= math.MaxFloat64) {
			return nil, tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
		}
		m.Info.Iterations, m.Info.Loss = iter, append(m.Info.Loss, now)
		if iter > 1 {
			fell := m.Info.Loss[iter-2] - now
			if now > 0 {
				m.Info.Gap = math.Abs(fell) / now
			}
			if fell < c.Tol*now || now == 0 {
				m.Info.Status = ml.Converged
				break
			}
		}
		if stop, err := track.Step(iter, ml.Loss{Train: now}); err != nil {
			return nil, err
		} else if stop {
			m.Info.Status = ml.Stopped
			break
		}
	}
	m.Error = m.Info.Loss[len(m.Info.Loss)-1]
	m.Components = cutRows(dict, l.k, s.p)
	if err := m.Restore(); err != nil {
		return nil, tooLarge(where, err)
	}
	return m, nil
}

// denseOnly refuses sparse rows: to learn atoms takes their products with all numbers of a row.
func denseOnly(where string, x tensor.Matrix) error {
	if rows.Of(x).Sparse() {
		return ml.BadShape(where, "X", "a CSR matrix", "a dense one")
	}
	return nil
}

// plain writes the rows as they are, whatever their weights.
func (s *sample) plain(x []float64) {
	par.For(s.n, s.p, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			to := x[i*s.p : (i+1)*s.p]
			copy(to, s.x.Row(s.at(i), to))
		}
	})
}

func cutRows(x []float64, n, p int) [][]float64 {
	y := make([][]float64, n)
	for i := range y {
		y[i] = append([]float64(nil), x[i*p:(i+1)*p]...)
	}
	return y
}

// begin is the atoms to start from: Start, or the leading right singular vectors times their values, with signs by which the largest number of the left ones is positive.
func (l *learning) begin(where string, s *sample) ([]float64, error) {
	dict := make([]float64, l.k*s.p)
	if l.start != nil {
		if len(l.start) != l.k {
			return nil, ml.BadConfig(where, "Start", fmt.Sprintf("%d rows", len(l.start)), fmt.Sprint(l.k))
		}
		if err := checkAtoms(where, "Start", l.start, s.p); err != nil {
			return nil, err
		}
		for i, row := range l.start {
			copy(dict[i*s.p:], row)
		}
		return dict, nil
	}
	d, ok := linalg.NewSVD(s.matrix(nil), s.n, s.p, linalg.ThinVectors)
	if !ok {
		return nil, tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
	}
	width := min(s.n, s.p)
	for k := range min(l.k, width) {
		most := 0.0
		for i := range s.n {
			if u := d.U[i*width+k]; math.Abs(u) > math.Abs(most)*(1+1e-12) { // the first of equals, such as copies of a row
				most = u
			}
		}
		for j := range s.p {
			dict[k*s.p+j] = math.Copysign(1, most) * d.Values[k] * d.V[j*width+k]
		}
	}
	return dict, nil
}

// shares finds the codes of rows; those of before are where coordinate descent starts.
func (l *learning) shares(code, dict, x []float64, p int) {
	a := newAtoms(l.coding, cutRows(dict, l.k, p), p)
	par.For(len(x)/p, 1+l.k*(p/4+10*l.k), func(lo, hi int) {
		r := newCodingRoom(l.k)
		for i := lo; i < hi; i++ {
			a.to.row(r.alike, x[i*p:(i+1)*p])
			copy(r.w, code[i*l.k:(i+1)*l.k])
			a.code(r)
			copy(code[i*l.k:(i+1)*l.k], r.w)
		}
	})
}

// codeProducts are the weighted sums of the products of codes with each other, k x k, and with rows, k x p.
func codeProducts(code, x, weight []float64, k, p int) (a, b []float64) {
	n := len(x) / p
	scaled := code
	if weight != nil {
		scaled = append([]float64(nil), code...)
		for i := range scaled {
			scaled[i] *= weight[i/k]
		}
	}
	a, b = make([]float64, k*k), make([]float64, k*p)
	kern.Gemm(true, false, k, k, n, 1, scaled, k, code, k, 0, a, k)
	kern.Gemm(true, false, k, p, n, 1, scaled, k, x, p, 0, b, p)
	return a, b
}

// improve moves each atom to where the loss is least, in turn, and makes it no longer than 1.
func (l *learning) improve(dict, a, b, code, x []float64, p int, step uint64) {
	k := l.k
	for c := range k {
		atom := dict[c*p : (c+1)*p]
		if used := a[c*k+c]; used > 1e-6 {
			change := append([]float64(nil), b[c*p:(c+1)*p]...)
			for o := range k {
				kern.Axpy(-a[c*k+o], dict[o*p:(o+1)*p], change)
			}
			for j, v := range change {
				atom[j] += v / used
			}
		} else { // drawn from the rows, with noise by which no two atoms are the same
			r := rng.New(l.seed, step<<20|uint64(c))
			row := r.IntN(len(x) / p)
			copy(atom, x[row*p:(row+1)*p])
			mean, spread := 0.0, 0.0
			for _, v := range atom {
				mean += v / float64(p)
			}
			for _, v := range atom {
				spread += square(v-mean) / float64(p)
			}
			noise := make([]float64, p)
			rng.Normal(r, noise, 0, .01*cmp.Or(math.Sqrt(spread), 1))
			for j, v := range noise {
				atom[j] += v
			}
			for i := c; i < len(code); i += k {
				code[i] = 0
			}
		}
		for j, v := range atom {
			if l.positive {
				atom[j] = max(v, 0)
			}
		}
		length := max(linalg.Norm(atom), 1)
		for j := range atom {
			atom[j] /= length
		}
	}
}

// loss is that of rows by their codes.
func (l *learning) loss(dict, code, x, weight []float64, p int) float64 {
	k := l.k
	return par.Reduce(len(x)/p, blockRows(p), func(_, lo, hi int) float64 {
		sum, y := 0.0, append([]float64(nil), x[lo*p:hi*p]...)
		kern.Gemm(false, false, hi-lo, p, k, -1, code[lo*k:], k, dict, p, 1, y, p)
		for i := lo; i < hi; i++ {
			part := kern.SumSq(y[(i-lo)*p:(i-lo+1)*p]) / 2
			for _, v := range code[i*k : (i+1)*k] {
				part += float64(l.alpha * math.Abs(v))
			}
			if weight != nil {
				part *= weight[i]
			}
			sum += part
		}
		return sum
	}, func(a, b float64) float64 { return a + b })
}

// coding is how the model's rows are coded.
func (m *DictionaryModel) coding(where string) (c Coding, err error) {
	switch config := m.Config.(type) {
	case SparseCoder:
		err = config.Coding.resolve(where, 1)
		return config.Coding, err
	case DictionaryLearning:
		err = config.resolve(where)
		return config.Coding, err
	case MiniBatchDictionaryLearning:
		err = config.resolve(where)
		return config.Coding, err
	}
	return c, unsound(where, "Config", fmt.Sprintf("%T", m.Config), "a configuration of dictionaries")
}

// Restore checks a model that was read from a file and makes it ready.
func (m *DictionaryModel) Restore() error {
	const where = "decomp.DictionaryModel"
	c, err := m.coding(where)
	if err != nil {
		return err
	}
	if len(m.Components) == 0 {
		return unsound(where, "Components", "none", "one or more")
	}
	if err := cmp.Or(checkRows(where, "Components", m.Components, m.Info.Features), checkNumbers(where, "Error", []float64{m.Error}, 1)); err != nil {
		return err
	}
	m.a = newAtoms(c, m.Components, m.Info.Features)
	if !rows.AllFinite(m.a.gram) {
		return unsound(where, "Components", "products that are not finite", "smaller numbers")
	}
	return nil
}

func (m *DictionaryModel) width() int {
	if m.a.c.SplitSign {
		return 2 * m.a.k
	}
	return m.a.k
}

func (m *DictionaryModel) room() *codingRoom {
	if r, ok := m.spare.Get().(*codingRoom); ok {
		return r
	}
	return newCodingRoom(m.a.k)
}

// put codes the row whose products with the atoms are in r and writes its shares to dst.
func (m *DictionaryModel) put(r *codingRoom, dst []float64) {
	clear(r.w)
	m.a.code(r)
	if !m.a.c.SplitSign {
		copy(dst, r.w)
		return
	}
	for i, v := range r.w {
		dst[i], dst[m.a.k+i] = max(v, 0), max(-v, 0)
	}
}

// Transform finds the shares of the atoms in each row, rows x atoms, or twice as many columns with SplitSign.
func (m *DictionaryModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "decomp.DictionaryModel.Transform"
	if err := m.askable(where, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := tensor.New[float64](n, m.width())
	if err := m.into(where, out, x); err != nil {
		return nil, err
	}
	return out, nil
}

func (m *DictionaryModel) askable(where string, x tensor.Matrix) error {
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return err
	}
	return ml.CheckFinite(where, &m.Fitted, x, false)
}

// TransformInto is Transform into dst.
func (m *DictionaryModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	const where = "decomp.DictionaryModel.TransformInto"
	if err := m.askable(where, x); err != nil {
		return err
	}
	if err := ml.CheckInto(where, dst, x, m.width()); err != nil {
		return err
	}
	return m.into(where, dst, x)
}

func (m *DictionaryModel) into(where string, dst *tensor.Tensor[float64], x tensor.Matrix) error {
	k, r := m.a.k, rows.Of(x)
	alike := make([]float64, r.Len()*k)
	m.a.to.into(alike, r)
	par.For(r.Len(), 1+20*k*k, func(lo, hi int) {
		room := m.room()
		defer m.spare.Put(room)
		for i := lo; i < hi; i++ {
			copy(room.alike, alike[i*k:(i+1)*k])
			m.put(room, dst.Row(i))
		}
	})
	return finiteOut(where, dst)
}

// TransformRow is Transform of a single row, without allocating.
func (m *DictionaryModel) TransformRow(dst, x []float64) error {
	const where = "decomp.DictionaryModel.TransformRow"
	if len(dst) != m.width() {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d numbers", len(dst)), fmt.Sprint(m.width()))
	}
	if err := ml.CheckFiniteRow(where, &m.Fitted, x); err != nil {
		return err
	}
	room := m.room()
	defer m.spare.Put(room)
	m.a.to.row(room.alike, x)
	m.put(room, dst)
	if !rows.AllFinite(dst) {
		return &ml.Error{Where: where, Field: "x", Found: "a row whose shares are not finite", Want: "smaller numbers", Kind: ml.ErrNotFinite}
	}
	return nil
}

// Out names the atoms: atom0, atom1, ..., each made of all columns; with SplitSign the second half are less0, less1, ...
func (m *DictionaryModel) Out() []ml.Column {
	out := embeddingColumns("atom", m.a.k, m.Info.Features)
	if m.a.c.SplitSign {
		out = append(out, embeddingColumns("less", m.a.k, m.Info.Features)...)
	}
	return out
}

// Inverse is the sums of atoms that the shares stand for.
func (m *DictionaryModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	both := m.Components
	if m.a.c.SplitSign {
		both = append(cloneRows(both), cloneRows(both)...)
		for _, row := range both[m.a.k:] {
			for j := range row {
				row[j] = -row[j]
			}
		}
	}
	return back("decomp.DictionaryModel.Inverse", x, both, nil, nil)
}
