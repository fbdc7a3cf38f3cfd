package mltest

import (
	"context"
	"fmt"
	"runtime"
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
// exact; only where it is too much, no block may be larger, and what collections find in use decides: one of three times must keep to
// the limit, since a slow collection on a busy machine counts what is garbage already.
func (e *env) stays(d ml.AnyData, limit uint64, what string) error {
	var m memory
	for range 3 {
		var err error
		m, err = memoryOf(func() error { return e.useSparse(d) })
		if err != nil || m.allocated <= limit || max(m.block, m.live) <= limit {
			return err
		}
	}
	n, p := d.X.Dims()
	return fmt.Errorf("%d x %d CSR with %d entries: %d bytes allocated, %d at once, %d in one block, more than %d, %s",
		n, p, d.X.(*tensor.CSR[float64]).NNZ(), m.allocated, m.live, m.block, limit, what)
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

// memory is what a function took, in bytes.
type memory struct {
	allocated uint64 // in all, whether or not it was freed meanwhile
	live      uint64 // the most that a collection found in use, of those that were seen
	block     uint64 // the largest that was allocated, of those twice as large as runtime.MemProfileRate and more
}

// memoryOf measures f under an eager collector.
func memoryOf(f func() error) (m memory, err error) {
	procs.Lock()
	defer procs.Unlock()
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	debug.FreeOSMemory()
	before, blocks := heap(heapLive), largeBlocks()
	peak := watch()
	m.allocated, err = allocated(f)
	m.live = above(peak(), before)
	for size, count := range largeBlocks() {
		if count > blocks[size] {
			m.block = max(m.block, size)
		}
	}
	return m, err
}

// largeBlocks counts the blocks that were ever allocated by their size. The profile of memory draws them, and hardly misses one that is a few times as large as its rate.
func largeBlocks() map[uint64]int64 {
	for range 3 { // a profile is published two collections later, and one may be under way
		runtime.GC()
	}
	records := make([]runtime.MemProfileRecord, 4096)
	n, ok := runtime.MemProfile(records, true)
	for !ok {
		records = make([]runtime.MemProfileRecord, 2*n)
		n, ok = runtime.MemProfile(records, true)
	}
	count := map[uint64]int64{}
	for _, r := range records[:n] { // each is of one place in the program and one size
		if size := uint64(r.AllocBytes / max(r.AllocObjects, 1)); size >= 2*uint64(runtime.MemProfileRate) {
			count[size] += r.AllocObjects
		}
	}
	return count
}

func above(a, b uint64) uint64 { return a - min(a, b) }

// watch looks at what collections find in use until its result is called, which gives the most that was seen.
func watch() func() uint64 {
	stop, most := make(chan struct{}), make(chan uint64)
	go func() {
		seen := uint64(0)
		for {
			seen = max(seen, heap(heapLive))
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
	heapAllocs = "/gc/heap/allocs:bytes"
	heapLive   = "/gc/heap/live:bytes" // of the last collection
)

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
