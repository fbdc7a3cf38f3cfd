package mltest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
	"gonum.org/v1/gonum/mat"
)

// fault is data that Fit must refuse.
type fault struct {
	name string
	data ml.AnyData
}

// refuses fits to each fault and wants an error of the kind.
func (e *env) refuses(kind error, faults []fault) error {
	for _, f := range faults {
		err := caught(func() error {
			m, err := e.fit(context.Background(), e.config, f.data)
			return refused(m, err, kind)
		})
		if err != nil {
			return fmt.Errorf("in Fit on %s: %w", f.name, err)
		}
	}
	return nil
}

func checkBadShapes(e *env) error {
	return e.each(func(s sample) error {
		d := s.data
		n, p := d.X.Dims()
		faults := []fault{
			{"X nil", with(d, nil)},
			{"X a nil *tensor.Tensor", with(d, (*tensor.Tensor[float64])(nil))},
			{"X a nil *tensor.CSR", with(d, (*tensor.CSR[float64])(nil))},
			{"X a nil *mat.Dense", with(d, (*mat.Dense)(nil))},
			{"X an empty *mat.Dense", with(d, new(mat.Dense))},
			{"X of rank 3", with(d, tensor.New[float64](n, p, 1))},
			{"no rows", pick(d, nil)},
			{"no columns", noColumns(d)},
		}
		list := func(name string, edit func(d *ml.AnyData)) {
			c := d
			edit(&c)
			faults = append(faults, fault{name, c})
		}
		list("too few weights", func(d *ml.AnyData) { d.Weight = ones(n - 1) })
		list("too many weights", func(d *ml.AnyData) { d.Weight = ones(n + 1) })
		list("empty weights", func(d *ml.AnyData) { d.Weight = []float64{} })
		list("too few groups", func(d *ml.AnyData) { d.Group = make([]int, n-1) })
		list("too many groups", func(d *ml.AnyData) { d.Group = make([]int, n+1) })
		list("too few columns named", func(d *ml.AnyData) { d.Columns = make([]ml.Column, p-1) })
		list("too many columns named", func(d *ml.AnyData) { d.Columns = make([]ml.Column, p+1) })
		if d.Y != nil {
			list("too few targets", func(d *ml.AnyData) { d.Y = pick(*d, upTo(n-1)).Y })
			list("too many targets", func(d *ml.AnyData) { d.Y = pick(*d, append(upTo(n), 0)).Y })
			list("no targets", func(d *ml.AnyData) { d.Y = pick(*d, nil).Y })
			list("nil targets", func(d *ml.AnyData) { d.Y = nilTargets(d.Y) })
			list("Valid without rows", func(d *ml.AnyData) { d.Valid = validOf(pick(*d, nil)) })
			list("Valid a column wider than X", func(d *ml.AnyData) {
				d.Valid = validOf(*d)
				d.Valid.X, d.Valid.Columns = tensor.New[float64](n, p+1), nil
			})
		}
		if err := e.refuses(ml.ErrShape, faults); err != nil {
			return err
		}
		return e.raggedTargets(d)
	})
}

// validOf is d as its own rows to watch.
func validOf(d ml.AnyData) *ml.AnyData {
	d.Valid = nil
	return &d
}

// raggedTargets tries rows of targets of different lengths.
func (e *env) raggedTargets(d ml.AnyData) error {
	d.Y = copyOf(d.Y)
	switch y := d.Y.(type) {
	case [][]float64:
		y[1] = y[1][1:]
	case [][]int:
		y[1] = y[1][1:]
	default:
		return nil
	}
	return e.refuses(ml.ErrShape, []fault{{"ragged targets", d}})
}

func noColumns(d ml.AnyData) ml.AnyData {
	d.Columns = nil
	return with(d, tensor.New[float64](d.Rows(), 0))
}

func nilTargets(y any) any {
	switch y.(type) {
	case []int:
		return []int(nil)
	case []float64:
		return []float64(nil)
	case [][]int:
		return [][]int(nil)
	default:
		return [][]float64(nil)
	}
}

func ones(n int) []float64 {
	w := make([]float64, n)
	fill(w, 1)
	return w
}

// places are the first, a middle and the last place of a matrix.
func places(n, p int) [][2]int { return [][2]int{{0, 0}, {n / 2, p / 2}, {n - 1, p - 1}} }

func checkBadNumbers(e *env) error {
	return e.each(func(s sample) error {
		var faults []fault
		for _, v := range e.badNumbers() {
			faults = append(faults, placed(s.data, v)...)
		}
		watched := faults
		if e.target != nil {
			d := s.data
			d.Valid = validOf(faults[0].data)
			watched = append(slices.Clip(faults), fault{"Valid with " + faults[0].name, d})
		}
		if err := e.refuses(ml.ErrNotFinite, watched); err != nil {
			return err
		}
		if err := e.refusesSparseNumbers(faults); err != nil {
			return err
		}
		if !e.missing {
			return nil
		}
		return e.learnsMissing(s)
	})
}

// badNumbers are what no estimator, or none that does not take missing values, may find in X.
func (e *env) badNumbers() []float64 {
	if e.missing {
		return []float64{math.Inf(1), math.Inf(-1)}
	}
	return []float64{math.NaN(), math.Inf(1), math.Inf(-1)}
}

// refusesSparseNumbers repeats the faults in CSR, which may itself be what is refused.
func (e *env) refusesSparseNumbers(faults []fault) error {
	for _, f := range faults {
		err := caught(func() error {
			m, err := e.fit(context.Background(), e.config, with(f.data, tensor.SparseFrom[float64](f.data.X)))
			if err != nil && refusesSparse(m, err) == nil {
				return nil
			}
			return refused(m, err, ml.ErrNotFinite)
		})
		if err != nil {
			return fmt.Errorf("in Fit on %s in CSR: %w", f.name, err)
		}
	}
	return nil
}

// placed puts a number at each of the places.
func placed(d ml.AnyData, v float64) []fault {
	n, p := d.X.Dims()
	var faults []fault
	for _, at := range places(n, p) {
		bad := changed(d, func(x *tensor.Tensor[float64]) { x.Set(v, at[0], at[1]) })
		faults = append(faults, fault{fmt.Sprintf("%v at X[%d, %d]", v, at[0], at[1]), bad})
	}
	return faults
}

// learnsMissing fits to rows a tenth of whose numbers are missing. A transformer may hand a missing value on.
func (e *env) learnsMissing(s sample) error {
	hole := func(x *tensor.Tensor[float64]) {
		n, p := x.Dims()
		for k := 3; k < n*p; k += 10 {
			x.Set(math.NaN(), k/p, k%p)
		}
	}
	m, err := e.fitted(e.config, changed(s.data, hole))
	if err != nil {
		return fmt.Errorf("with missing values: %w", err)
	}
	outs, err := e.view(m).outputs(s.probe)
	if err != nil {
		return fmt.Errorf("with missing values: %w", err)
	}
	if err := usable(outs); err != nil {
		return fmt.Errorf("with missing values: %w", err)
	}
	return nil
}

func checkBadTargets(e *env) error {
	if e.target == nil {
		return notApplicable("it learns without targets")
	}
	return e.each(func(s sample) error {
		faults := badTargets(s.data, e.unlabelled)
		if err := e.refuses(ml.ErrTarget, faults); err != nil {
			return err
		}
		y, codes := s.data.Y.([]int)
		if !e.unlabelled || !codes {
			return nil
		}
		d := s.data
		y = slices.Clone(y)
		for i := range y {
			if i%3 == 0 {
				y[i] = ml.None
			}
		}
		d.Y = y
		if _, err := e.answers(d, s.probe); err != nil {
			return fmt.Errorf("with unlabelled rows: %w", err)
		}
		return nil
	})
}

func badTargets(d ml.AnyData, unlabelled bool) []fault {
	var faults []fault
	n := d.Rows()
	for _, i := range []int{0, n / 2, n - 1} {
		add := func(v any, edit func(y any)) {
			c := d
			c.Y = copyOf(d.Y)
			edit(c.Y)
			faults = append(faults, fault{fmt.Sprintf("Y[%d] = %v", i, v), c})
		}
		switch d.Y.(type) {
		case []int:
			bad := []int{-2, math.MinInt, math.MaxInt}
			if !unlabelled {
				bad = append(bad, ml.None)
			}
			if d.Classes != nil {
				bad = append(bad, len(d.Classes))
			}
			for _, v := range bad {
				add(v, func(y any) { y.([]int)[i] = v })
			}
		case [][]int:
			for _, v := range []int{-1, 2} {
				add(v, func(y any) { y.([][]int)[i][0] = v })
			}
		case []float64:
			for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				add(v, func(y any) { y.([]float64)[i] = v })
			}
		case [][]float64:
			for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				add(v, func(y any) { y.([][]float64)[i][0] = v })
			}
		}
	}
	return faults
}

func checkBadWeights(e *env) error {
	return e.each(func(s sample) error {
		n := s.data.Rows()
		zero := s.data
		zero.Weight = make([]float64, n)
		faults := []fault{{"weights that are all zero", zero}}
		for _, v := range []float64{-1, math.NaN(), math.Inf(1), math.Inf(-1)} {
			for _, i := range []int{0, n / 2, n - 1} {
				d := s.data
				d.Weight = ones(n)
				d.Weight[i] = v
				faults = append(faults, fault{fmt.Sprintf("Weight[%d] = %v", i, v), d})
			}
		}
		return e.refuses(ml.ErrWeight, faults)
	})
}

func checkBadColumns(e *env) error {
	return e.each(func(s sample) error {
		j := numeric(s.data)
		if j < 0 {
			return notApplicable("every column is categorical already")
		}
		coded := asCodes(s.data, j)
		unknown := coded
		unknown.Columns = slices.Clone(coded.Columns)
		unknown.Columns[j].Kind = 77
		if err := e.refuses(ml.ErrColumn, []fault{{"a column of an unknown kind", unknown}}); err != nil {
			return err
		}
		if !e.categorical {
			return e.refuses(ml.ErrColumn, []fault{{"a categorical column", coded}})
		}
		m, err := e.fitted(e.config, coded)
		if err != nil {
			return fmt.Errorf("with a categorical column: %w", err)
		}
		for _, code := range []float64{1, math.NaN()} {
			x := tensor.FromMatrix[float64](s.probe)
			n, _ := x.Dims()
			for i := range n {
				x.Set(code, i, j)
			}
			if _, err := e.view(m).outputs(x); err != nil {
				return fmt.Errorf("asked about the category %v: %w", code, err)
			}
		}
		return nil
	})
}

// asCodes makes column j categorical with three levels.
func asCodes(d ml.AnyData, j int) ml.AnyData {
	_, p := d.X.Dims()
	d = changed(d, func(x *tensor.Tensor[float64]) {
		n, _ := x.Dims()
		for i := range n {
			x.Set(float64(i*i%3), i, j)
		}
	})
	d.Columns = append(slices.Clone(d.Columns), make([]ml.Column, p-len(d.Columns))...)
	d.Columns[j] = ml.Column{Name: "category", Kind: ml.Categorical, Levels: []string{"a", "b", "c"}}
	return d
}

func checkDegenerate(e *env) error {
	return e.each(func(s sample) error {
		for _, c := range degenerate(s) {
			err := caught(func() error { return e.survives(c) })
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
		return nil
	})
}

// hard is data that a method may or may not be able to learn from.
type hard struct {
	fault
	probe  *tensor.Tensor[float64]
	finite bool // a model must answer in finite numbers
}

func (e *env) survives(c hard) error {
	m, err := e.fit(context.Background(), e.config, c.data)
	if err != nil {
		return refused(m, err)
	}
	if m == nil {
		return errors.New("neither a model nor an error")
	}
	outs, err := e.view(m).outputs(c.probe)
	if err != nil {
		return typed(err)
	}
	if !c.finite {
		return nil
	}
	return usable(outs)
}

func degenerate(s sample) []hard {
	d := s.data
	n, p := d.X.Dims()
	var list []hard
	add := func(name string, d ml.AnyData, finite bool) {
		list = append(list, hard{fault{name, d}, s.probe, finite})
	}
	add("one row", pick(d, []int{0}), true)
	add("two rows", pick(d, []int{0, 1}), true)
	add("the same row many times", pick(d, make([]int, 20)), true)
	add("every row twice", pick(d, append(upTo(n), upTo(n)...)), true)
	add("no more rows than columns", pick(d, upTo(min(n, p))), true)
	add("fewer rows than columns", pick(d, upTo(max(min(n, p-1), 1))), true)
	for _, j := range slices.Compact([]int{0, p - 1}) {
		add(fmt.Sprintf("column %d constant", j), changed(d, func(x *tensor.Tensor[float64]) { constant(x, j) }), true)
	}
	add("every column constant", changed(d, func(x *tensor.Tensor[float64]) {
		for j := range p {
			constant(x, j)
		}
	}), true)
	add("two equal columns", changed(d, func(x *tensor.Tensor[float64]) {
		for i := range n {
			x.Set(x.At(i, 0), i, p-1)
		}
	}), true)
	if y, codes := d.Y.([]int); codes {
		for k := range d.K() {
			var rows []int
			for i, c := range y {
				if c == k {
					rows = append(rows, i)
				}
			}
			if len(rows) > 0 {
				add(fmt.Sprintf("one class, code %d", k), pick(d, rows), true)
			}
		}
	}
	if d.Y != nil {
		same := d
		same.Y = pick(d, make([]int, n)).Y
		add("equal targets", same, true)
	}
	for _, by := range []float64{1e150, 1e-150, 1e300, 1e-300} {
		list = append(list, hard{fault{fmt.Sprintf("numbers times %g", by), scaled(d, by)}, scaled(with(d, s.probe), by).X.(*tensor.Tensor[float64]), false})
	}
	if y, ok := d.Y.([]float64); ok {
		for _, by := range []float64{1e150, 1e-150} {
			c := d
			c.Y = slices.Clone(y)
			for i := range y {
				c.Y.([]float64)[i] *= by
			}
			add(fmt.Sprintf("targets times %g", by), c, false)
		}
	}
	return list
}

func constant(x *tensor.Tensor[float64], j int) {
	n, _ := x.Dims()
	for i := range n {
		x.Set(x.At(0, j), i, j)
	}
}

// scaled multiplies every column that holds quantities.
func scaled(d ml.AnyData, by float64) ml.AnyData {
	return changed(d, func(x *tensor.Tensor[float64]) {
		n, p := x.Dims()
		for j := range p {
			for i := 0; i < n && !categorical(d, j); i++ {
				x.Set(x.At(i, j)*by, i, j)
			}
		}
	})
}
