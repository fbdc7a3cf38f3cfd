package mltest

import (
	"context"
	"fmt"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
	"gonum.org/v1/gonum/mat"
)

// own is a matrix as a user might write one: nothing but what the interface asks for.
type own struct{ x *tensor.Tensor[float64] }

func (o own) Dims() (int, int)    { return o.x.Dims() }
func (o own) At(i, j int) float64 { return o.x.At(i, j) }

// wide is x as a view of a wider and longer tensor.
func wide[T tensor.Float](x *tensor.Tensor[T]) *tensor.Tensor[T] {
	n, p := x.Dims()
	big := tensor.New[T](n+2, p+3)
	for i := range n + 2 {
		fill(big.Row(i), T(spoiledView))
	}
	for i := range n {
		copy(big.Row(i + 1)[2:], x.Row(i))
	}
	return big.Rows(1, n+1).Cols(2, p+2)
}

// spoiledView surrounds a view: who reads it gets another model.
const spoiledView = -7.7e7

func dense(x *tensor.Tensor[float64]) *mat.Dense {
	n, p := x.Dims()
	d := mat.NewDense(n, p, nil)
	for i := range n {
		d.SetRow(i, x.Row(i))
	}
	return d
}

// form is one way to hold the numbers of a tensor.
type form struct {
	name string
	of   func(x *tensor.Tensor[float64]) tensor.Matrix
}

func checkStorage(e *env) error {
	return e.forms(Storage, []form{
		{"a strided view", func(x *tensor.Tensor[float64]) tensor.Matrix { return wide(x) }},
		{"a *mat.Dense", func(x *tensor.Tensor[float64]) tensor.Matrix { return dense(x) }},
		{"a view of a *mat.Dense", func(x *tensor.Tensor[float64]) tensor.Matrix {
			n, p := x.Dims()
			return dense(wide(x)).Slice(0, n, 0, p)
		}},
		{"a transposed *mat.Dense", func(x *tensor.Tensor[float64]) tensor.Matrix {
			return mat.DenseCopyOf(dense(x).T()).T()
		}},
		{"a Matrix of another package", func(x *tensor.Tensor[float64]) tensor.Matrix { return own{x} }},
	})
}

func checkFloat32(e *env) error {
	return e.forms(Float32, []form{
		{"a float32 tensor", func(x *tensor.Tensor[float64]) tensor.Matrix { return x.To32() }},
		{"a strided view of float32", func(x *tensor.Tensor[float64]) tensor.Matrix { return wide(x.To32()) }},
		{"float32 CSR", func(x *tensor.Tensor[float64]) tensor.Matrix { return tensor.SparseFrom[float32](x) }},
	})
}

// forms fits each sample in each form, asks in that form, and compares with the float64 tensor.
func (e *env) forms(law Law, forms []form) error {
	return e.each(func(s sample) error {
		x, probe := s.x(), s.probe
		if law == Float32 { // numbers that both widths hold
			x, probe = x.To32().To64(), probe.To32().To64()
		}
		want, err := e.answers(with(s.data, x), probe)
		if err != nil {
			return err
		}
		for _, f := range forms {
			if err := e.inForm(f, s.data, x, probe, want, e.tol(law)); err != nil {
				return fmt.Errorf("with X %s: %w", f.name, err)
			}
		}
		return nil
	})
}

// inForm fits and asks in a form. A sparse one may be refused.
func (e *env) inForm(f form, d ml.AnyData, x, probe *tensor.Tensor[float64], want []output, tol float64) error {
	given := f.of(x)
	m, err := e.fit(context.Background(), e.config, with(d, given))
	if _, sparse := given.(*tensor.CSR[float32]); sparse && err != nil {
		return refusesSparse(m, err)
	}
	if err != nil {
		return fmt.Errorf("in Fit: %w", err)
	}
	got, err := e.view(m).outputs(f.of(probe))
	if err != nil {
		return err
	}
	return e.near(want, got, tol)
}

func checkSparse(e *env) error {
	return e.each(func(s sample) error {
		want, err := e.answers(s.data, s.probe)
		if err != nil {
			return err
		}
		for _, f := range []form{
			{"CSR", func(x *tensor.Tensor[float64]) tensor.Matrix { return tensor.SparseFrom[float64](x) }},
			{"a view of rows of CSR", func(x *tensor.Tensor[float64]) tensor.Matrix {
				n, _ := x.Dims()
				return tensor.SparseFrom[float64](tensor.Concat(0, x.Rows(0, 1), x)).Rows(1, n+1)
			}},
		} {
			refusal, err := e.sparseAnswers(s, f, want)
			if err != nil {
				return fmt.Errorf("with X %s: %w", f.name, err)
			}
			if refusal != nil {
				return notApplicable(refusal.Error())
			}
		}
		return nil
	})
}

// sparseAnswers fits and asks in sparse form. A model that was fitted must also answer sparse rows, and dense rows alike.
func (e *env) sparseAnswers(s sample, f form, want []output) (refusal, err error) {
	m, err := e.fit(context.Background(), e.config, with(s.data, f.of(s.x())))
	if err != nil {
		return err, refusesSparse(m, err)
	}
	v := e.view(m)
	for _, x := range []tensor.Matrix{s.probe, f.of(s.probe)} {
		got, err := v.outputs(x)
		if err != nil {
			return nil, err
		}
		if err := e.near(want, got, e.tol(Sparse)); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// refusesSparse wants a refusal to say what it refuses.
func refusesSparse(m any, err error) error {
	if bad := refused(m, err); bad != nil {
		return bad
	}
	if text := err.Error(); !strings.Contains(text, "CSR") && !strings.Contains(text, "sparse") {
		return fmt.Errorf("the error names neither CSR nor sparse input: %w", err)
	}
	return nil
}

// checkSparseMemory measures what fits and answers take on sparse rows of very many columns. A first, narrower matrix
// shows memory for columns x columns before that could exhaust the machine.
func checkSparseMemory(e *env) error {
	if testing.Short() { // it is the slowest law, and memory is the same on every machine
		return notApplicable("tests are -short")
	}
	s := e.samples[0]
	if slices.ContainsFunc(s.data.Columns, func(c ml.Column) bool { return c.Kind == ml.Categorical }) {
		return notApplicable("the columns are categorical")
	}
	n, p := e.wide[0], e.wide[1]
	q := p * 2 / 5
	if err := e.stays(sparseWide(s, n/4, q), uint64(q*q*4), "half of what columns x columns takes"); err != nil {
		return err
	}
	return e.stays(sparseWide(s, n, p), uint64(n*p*4), "half of what the dense matrix takes")
}

// stays wants a fit and its answers to need no more than limit bytes at once. What is allocated in all bounds that, and is
// exact; only where it is too much, the growth of the heap under an eager collector decides. On a busy machine a collection comes late, which
// only adds to that: one of three times must keep to the limit.
func (e *env) stays(d ml.AnyData, limit uint64, what string) error {
	var used, grown uint64
	for range 3 {
		var err error
		used, grown, err = memory(func() error { return e.useSparse(d) })
		if err != nil || min(used, grown) <= limit {
			return err
		}
	}
	n, p := d.X.Dims()
	return fmt.Errorf("%d x %d CSR with %d entries: %d bytes allocated, and %d at once, more than %d, %s",
		n, p, d.X.(*tensor.CSR[float64]).NNZ(), used, grown, limit, what)
}

func (e *env) useSparse(d ml.AnyData) error {
	m, err := e.fit(context.Background(), e.config, d)
	if err != nil {
		if bad := refusesSparse(m, err); bad != nil {
			return bad
		}
		return notApplicable(err.Error())
	}
	for _, b := range e.view(m).batch {
		if err := sparseCall(m, b, d.X); err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
	}
	return nil
}

// sparseCall asks without flattening the answer, which may be wide itself.
func sparseCall(model any, b batchMethod, x tensor.Matrix) error {
	if t, ok := ml.As[ml.Transformer](model); ok && b.name == transform {
		_, err := t.Transform(x)
		return err
	}
	_, err := b.call(x)
	return err
}

// allocated is how many bytes f allocates, whether or not they are freed meanwhile.
func allocated(f func() error) (uint64, error) {
	before := heap(heapAllocs)
	err := f()
	return heap(heapAllocs) - before, err
}

// memory is how many bytes f allocates, whether or not they are freed meanwhile, and how far the heap grows, garbage between two collections included. That has
// two views, neither of which sees all: what was looked at while f ran, and what the system has not got back in the end.
func memory(f func() error) (used, grown uint64, err error) {
	procs.Lock()
	defer procs.Unlock()
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	debug.FreeOSMemory()
	live, before := heap(heapObjects), held()
	peak := watch()
	used, err = allocated(f)
	return used, max(above(peak(), live), above(held(), before)), err
}

func above(a, b uint64) uint64 { return a - min(a, b) }

// watch looks at what is on the heap until its result is called, which gives the most that was seen.
func watch() func() uint64 {
	stop, most := make(chan struct{}), make(chan uint64)
	go func() {
		seen := uint64(0)
		for {
			seen = max(seen, heap(heapObjects))
			select {
			case <-stop:
				most <- seen
				return
			case <-time.After(50 * time.Microsecond):
			}
		}
	}()
	return func() uint64 {
		close(stop)
		return <-most
	}
}

const (
	heapAllocs  = "/gc/heap/allocs:bytes"
	heapObjects = "/memory/classes/heap/objects:bytes"
)

// held is the memory of the heap that the system has not got back.
func held() uint64 {
	return heap(heapObjects) + heap("/memory/classes/heap/unused:bytes") + heap("/memory/classes/heap/free:bytes")
}

// heap reads one of the runtime's figures.
func heap(name string) uint64 {
	s := []metrics.Sample{{Name: name}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// sparseWide strews numbers of the sample over many columns, seven in a row, and repeats its targets.
func sparseWide(s sample, n, p int) ml.AnyData {
	var values []float64
	for _, v := range s.x().Data() {
		if v != 0 {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		values = []float64{1}
	}
	const each = 7
	var row, col []int
	var val []float64
	for i := range n {
		for k := range each {
			row = append(row, i)
			col = append(col, (i%5+k*(p/each)+(i*k)%97)%p)
			val = append(val, values[(i*each+k)%len(values)])
		}
	}
	x, err := tensor.FromCOO(n, p, row, col, val)
	if err != nil {
		panic(err) // places are taken modulo the shape
	}
	d := ml.AnyData{Table: ml.Table{X: x}, Classes: s.data.Classes}
	if s.data.Y != nil {
		rows := make([]int, n)
		for i := range rows {
			rows[i] = i % s.data.Rows()
		}
		d.Y = pick(s.data, rows).Y
	}
	return d
}
