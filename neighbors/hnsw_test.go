package neighbors_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/neighbors"
	"github.com/gopherwood-ml/ml/tensor"
)

// clouds are n rows about 20 centres; those of another stream come from the same centres.
func clouds(n, d int, stream uint64) *tensor.Tensor[float32] {
	centres := make([]float32, 20*d)
	rng.Normal(rng.New(7, 0), centres, 0, 2)
	r := rng.New(7, stream)
	out := tensor.New[float32](n, d)
	for i := range n {
		row := out.Row(i)
		rng.Normal(r, row, 0, 1)
		c := r.IntN(20)
		for j := range row {
			row[j] += centres[c*d+j]
		}
	}
	return out
}

func rowsFor(n int) int {
	if testing.Short() {
		return n / 4
	}
	return n
}

func index(t *testing.T, c neighbors.HNSW, x tensor.Matrix) *neighbors.HNSWIndex {
	t.Helper()
	ix, err := c.Fit(ctx, ml.Table{X: x})
	if err != nil {
		t.Fatal(err)
	}
	return ix
}

// recall is the share of the nearest by brute force, among the rows that are kept, that were found, and checks the distances.
func recall(t *testing.T, x, test tensor.Matrix, d metrics.Distance, found []neighbors.Neighbors, k int, kept func(id int) bool) float64 {
	t.Helper()
	all, err := metrics.Distances(test, x, d)
	if err != nil {
		t.Fatal(err)
	}
	hits, wanted := 0, 0
	for i, f := range found {
		row := all.Row(i)
		var order []int
		for j := range row {
			if kept == nil || kept(j) {
				order = append(order, j)
			}
		}
		slices.SortFunc(order, func(a, b int) int {
			switch {
			case row[a] < row[b]:
				return -1
			case row[a] > row[b]:
				return 1
			}
			return a - b
		})
		order = order[:min(k, len(order))]
		wanted += len(order)
		for at, id := range f.Index {
			if kept != nil && !kept(id) {
				t.Fatalf("row %d: found %d, which is not of interest", i, id)
			}
			// Single precision: squares to 1e-6 of theirs, products to 1e-6 of the lengths'.
			if got := f.Distance[at]; math.Abs(got-row[id]) > 2e-5*math.Max(1, math.Abs(row[id])) {
				t.Fatalf("row %d: distance of %d is %g, want %g", i, id, got, row[id])
			}
			if at > 0 && f.Distance[at] < f.Distance[at-1] {
				t.Fatalf("row %d: not in order: %v", i, f.Distance)
			}
			if slices.Contains(order, id) {
				hits++
			}
		}
	}
	return float64(hits) / float64(wanted)
}

// The recall is what was seen (0.995 to 1.000) with room for a change of the order of insertion. It grows with the width.
func TestHNSWFindsWhatBruteForceFinds(t *testing.T) {
	x, test := clouds(rowsFor(4000), 24, 1), clouds(100, 24, 2)
	for _, d := range []metrics.Distance{nil, metrics.Cosine{}, metrics.InnerProduct{}} {
		ix := index(t, neighbors.HNSW{Distance: d}, x)
		of := d
		if d == nil {
			of = metrics.Euclidean{}
		}
		last := 0.0
		for _, width := range []int{10, 40, 200} {
			found, err := ix.Search(test, neighbors.Query{K: 10, Width: width})
			if err != nil {
				t.Fatal(err)
			}
			r := recall(t, x, test, of, found, 10, nil)
			t.Logf("%T, width %d: recall %.3f", of, width, r)
			if least := map[int]float64{10: 0.6, 40: 0.9, 200: 0.99}[width]; r < least || r < last-0.005 {
				t.Errorf("%T, width %d: recall %.3f, %.3f with less", of, width, r, last)
			}
			last = r
		}
		// Few rows of interest are found too, and so few that only a look at all finds them.
		for _, every := range []int{3, 500} {
			kept := func(id int) bool { return id%every == 0 }
			found, err := ix.Search(test, neighbors.Query{K: 10, Keep: kept})
			if err != nil {
				t.Fatal(err)
			}
			if r := recall(t, x, test, of, found, 10, kept); r < 0.95 || every == 500 && r < 1 {
				t.Errorf("%T: recall %.3f among every %d-th", of, r, every)
			}
		}
	}
}

func TestHNSWIsTheSameOnAnyNumberOfCores(t *testing.T) {
	x := clouds(rowsFor(3000), 20, 1)
	var want []byte
	for _, procs := range []int{1, 2, 7} {
		before := runtime.GOMAXPROCS(procs)
		ix := index(t, neighbors.HNSW{Connections: 8, Build: 60, Seed: 3}, x)
		if _, err := ix.Add(ctx, clouds(200, 20, 5)); err != nil {
			t.Fatal(err)
		}
		if err := ix.Delete(5, 17, 3001-3000); err != nil {
			t.Fatal(err)
		}
		ix.Compact()
		runtime.GOMAXPROCS(before)
		var b bytes.Buffer
		if err := ix.Save(&b); err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = b.Bytes()
		} else if !bytes.Equal(b.Bytes(), want) {
			t.Errorf("%d cores: another index", procs)
		}
	}
}

// Half of the rows are deleted and others added, again and again: what is left is found as by an index that was made of it.
func TestHNSWStaysGoodWhileRowsComeAndGo(t *testing.T) {
	n := rowsFor(4000)
	x, test := clouds(2*n, 16, 1), clouds(100, 16, 2)
	first, err := tensor.FromSlice(x.Data(), 2*n, 16), error(nil)
	if err != nil {
		t.Fatal(err)
	}
	ix := index(t, neighbors.HNSW{Connections: 12, Build: 80}, first.Rows(0, n))
	there := map[int]bool{}
	for id := range n {
		there[id] = true
	}
	check := func(what string) {
		t.Helper()
		kept := func(id int) bool { return there[id] }
		found, err := ix.Nearest(test, 10)
		if err != nil {
			t.Fatal(err)
		}
		if r := recall(t, x, test, metrics.Euclidean{}, found, 10, kept); r < 0.97 {
			t.Errorf("%s: recall %.3f", what, r)
		} else {
			t.Logf("%s: recall %.3f", what, r)
		}
		if ix.Len() != len(there) {
			t.Errorf("%s: %d rows, want %d", what, ix.Len(), len(there))
		}
	}
	check("as made")
	r := rng.New(1, 1)
	for round := range 4 {
		var gone []int
		for id := range 2 * n {
			if there[id] && r.IntN(6) == 0 {
				gone = append(gone, id)
				delete(there, id)
			}
		}
		if err := ix.Delete(gone...); err != nil {
			t.Fatal(err)
		}
		check(fmt.Sprint("deleted ", round))
		lo, hi := n+round*n/4, n+(round+1)*n/4
		at, err := ix.Add(ctx, first.Rows(lo, hi))
		if err != nil || at != lo {
			t.Fatal(at, err)
		}
		for id := lo; id < hi; id++ {
			there[id] = true
		}
		check(fmt.Sprint("added ", round))
	}
	// A row that is replaced is where it was put.
	var id int
	for id = range there {
		break
	}
	moved := tensor.New[float32](1, 16)
	for j := range 16 {
		moved.Row(0)[j] = 100
	}
	if err := ix.Replace(ctx, []int{id}, moved); err != nil {
		t.Fatal(err)
	}
	found, err := ix.Nearest(moved, 1)
	if v, ok := ix.Vector(id); err != nil || found[0].Index[0] != id || found[0].Distance[0] != 0 || !ok || v[3] != 100 {
		t.Error(found, err, v)
	}
	// All may go.
	var rest []int
	for id := range there {
		rest = append(rest, id)
	}
	if err := ix.Delete(rest...); err != nil {
		t.Fatal(err)
	}
	if found, err := ix.Nearest(test, 3); err != nil || len(found[0].Index) != 0 || ix.Len() != 0 {
		t.Error(found[0], err, ix.Len())
	}
	if at, err := ix.Add(ctx, moved); err != nil || at != 2*n {
		t.Error(at, err)
	}
	if found, err := ix.Nearest(moved, 3); err != nil || len(found[0].Index) != 1 || found[0].Index[0] != 2*n {
		t.Error(found, err)
	}
}

func TestHNSWIsReadBack(t *testing.T) {
	x, test := clouds(600, 5, 1), clouds(20, 5, 2)
	ix := index(t, neighbors.HNSW{Distance: metrics.Cosine{}, Connections: 4, Build: 30}, x)
	if err := ix.Delete(3, 599); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := ml.Save(&b, ix); err != nil {
		t.Fatal(err)
	}
	file := b.Bytes()
	again, err := ml.Load[*neighbors.HNSWIndex](bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for _, ix := range []*neighbors.HNSWIndex{ix, again} { // and both go on alike
		if at, err := ix.Add(ctx, test); err != nil || at != 600 {
			t.Fatal(at, err)
		}
	}
	a, err1 := ix.Nearest(test, 4)
	c, err2 := again.Nearest(test, 4)
	if err1 != nil || err2 != nil || fmt.Sprint(a) != fmt.Sprint(c) {
		t.Error("read back, it finds others", err1, err2)
	}
	for what, spoil := range map[string]func(*neighbors.HNSWIndex){
		"a link to nowhere":   func(x *neighbors.HNSWIndex) { x.Links[0] = 10_000 },
		"a link to itself":    func(x *neighbors.HNSWIndex) { x.Links[0] = 0 },
		"a negative link":     func(x *neighbors.HNSWIndex) { x.Links[8] = -5 },
		"a hole":              func(x *neighbors.HNSWIndex) { x.Links[0] = -1 },
		"a short list":        func(x *neighbors.HNSWIndex) { x.Links = x.Links[1:] },
		"another entry":       func(x *neighbors.HNSWIndex) { x.Entry = 10_000 },
		"a level":             func(x *neighbors.HNSWIndex) { x.Level[7] = 200 },
		"an id twice":         func(x *neighbors.HNSWIndex) { x.ID[7] = x.ID[8] },
		"an id to come":       func(x *neighbors.HNSWIndex) { x.ID[7] = x.Next },
		"a NaN":               func(x *neighbors.HNSWIndex) { x.Vectors[0] = float32(math.NaN()) },
		"a number in padding": func(x *neighbors.HNSWIndex) { x.Vectors[15] = 1 },
		"no config":           func(x *neighbors.HNSWIndex) { x.Config = neighbors.NearestNeighbors{} },
		"connections":         func(x *neighbors.HNSWIndex) { x.Config = neighbors.HNSW{Connections: 5, Build: 1, Width: 1} },
	} {
		bad, err := ml.Load[*neighbors.HNSWIndex](bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		spoil(bad)
		var b bytes.Buffer
		if err := ml.Save(&b, bad); err != nil {
			t.Fatal(what, err)
		}
		if _, err := ml.Load[*neighbors.HNSWIndex](&b); err == nil {
			t.Errorf("%s was read", what)
		}
	}
}

// Searches, additions and deletions at once, for the race detector; what is found was there.
func TestHNSWIsForManyAtOnce(t *testing.T) {
	x := clouds(800, 8, 1)
	ix := index(t, neighbors.HNSW{Connections: 6, Build: 20}, x)
	var wg sync.WaitGroup
	for g := range 3 {
		wg.Go(func() {
			var dst neighbors.Neighbors
			for i := range 200 {
				var err error
				if dst, err = ix.NearestRow(dst, x.Row((i*7+g)%800), neighbors.Query{K: 5}); err != nil || len(dst.Index) != 5 {
					t.Error(dst, err)
					return
				}
			}
		})
	}
	wg.Go(func() {
		for i := range 20 {
			if _, err := ix.Add(ctx, clouds(30, 8, uint64(10+i))); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Go(func() {
		for i := range 100 {
			if err := ix.Delete(4 * i); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	if ix.Len() != 800+600-100 {
		t.Error(ix.Len())
	}
}

func TestHNSWSaysWhatIsWrong(t *testing.T) {
	x := clouds(50, 4, 1)
	for field, c := range map[string]neighbors.HNSW{"Connections": {Connections: 1}, "Build": {Build: -1}, "Width": {Width: -2}, "Distance": {Distance: metrics.Manhattan{}}} {
		_, err := c.Fit(ctx, ml.Table{X: x})
		if e := (*ml.Error)(nil); !errors.As(err, &e) || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	ix := index(t, neighbors.HNSW{}, x)
	huge := tensor.New[float32](1, 4)
	huge.Row(0)[2] = 1e19
	_, err1 := ix.Nearest(x, 0)
	_, err2 := ix.Nearest(clouds(3, 5, 1), 1)
	_, err3 := ix.Nearest(huge, 1)
	_, err4 := ix.Add(ctx, huge)
	_, err5 := ix.NearestRow(neighbors.Neighbors{}, []float32{1, 2, float32(math.NaN()), 4}, neighbors.Query{K: 1})
	_, err6 := ix.NearestRow(neighbors.Neighbors{}, []float32{1}, neighbors.Query{K: 1})
	_, err7 := ix.Search(x, neighbors.Query{K: 1, Width: -1})
	for i, err := range []error{err1, err2, err3, err4, err5, err6, err7, ix.Delete(50), ix.Delete(1, 1), ix.Replace(ctx, []int{1}, x), ix.Replace(ctx, []int{77}, huge)} {
		if e := (*ml.Error)(nil); !errors.As(err, &e) {
			t.Errorf("error %d: %v", i+1, err)
		}
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := ix.Add(done, clouds(50, 4, 3)); err == nil || ix.Len() != 50 {
		t.Error(err, ix.Len())
	}
	if err := ix.Replace(done, []int{3}, clouds(1, 4, 9)); err == nil || ix.Len() != 50 {
		t.Error(err, ix.Len())
	}
	if v, ok := ix.Vector(3); !ok || !slices.Equal(v, x.Row(3)) {
		t.Error("a row was replaced by what was cancelled")
	}
	if at, err := ix.Add(ctx, x); err != nil || at != 50 || ix.Len() != 100 {
		t.Error("ids are given out twice", at, err)
	}
	if _, err := (neighbors.HNSW{}).Fit(done, ml.Table{X: x}); err == nil {
		t.Error("a fit that was cancelled")
	}
}

// Rows that are all the same, and one row.
func TestHNSWOfEqualRows(t *testing.T) {
	x := tensor.New[float32](2000, 3)
	for i := range 5 {
		x.Row(i * 100)[1] = 1
	}
	ix := index(t, neighbors.HNSW{}, x)
	q := tensor.New[float32](1, 3)
	found, err := ix.Nearest(q, 50)
	if err != nil || len(found[0].Index) != 50 || found[0].Distance[49] != 0 {
		t.Error(found, err)
	}
	q.Row(0)[1] = 1
	if found, err = ix.Search(q, neighbors.Query{K: 5, Keep: func(id int) bool { return id%100 == 0 }}); err != nil || found[0].Distance[4] != 0 {
		t.Error(found, err)
	}
	one := index(t, neighbors.HNSW{Distance: metrics.Cosine{}}, q)
	if found, err = one.Nearest(tensor.New[float32](1, 3), 5); err != nil || len(found[0].Index) != 1 || found[0].Distance[0] != 1 {
		t.Error(found, err)
	}
}

// ending is a context that is cancelled after so many looks at it.
type ending struct {
	context.Context
	left *int
}

func (e ending) Err() error {
	if *e.left--; *e.left < 0 {
		return context.Canceled
	}
	return nil
}

// What is cancelled half way leaves the index as it was: Add adds nothing, Replace replaces the first rows.
func TestHNSWIsWholeAfterACancellation(t *testing.T) {
	x, other := clouds(500, 6, 1), clouds(500, 6, 4)
	ix := index(t, neighbors.HNSW{Connections: 5, Build: 20}, x)
	if _, err := ix.Add(ending{ctx, new(9)}, other); err == nil || ix.Len() != 500 {
		t.Fatal(err, ix.Len())
	}
	ids := make([]int, 500)
	for i := range ids {
		ids[i] = i
	}
	if err := ix.Replace(ending{ctx, new(9)}, ids, other); err == nil || ix.Len() != 500 {
		t.Fatal(err, ix.Len())
	}
	moved := 0
	for id := range ids {
		v, ok := ix.Vector(id)
		switch {
		case ok && slices.Equal(v, other.Row(id)) && id == moved:
			moved++
		case !ok || !slices.Equal(v, x.Row(id)):
			t.Fatal(id, v, ok)
		}
	}
	if moved == 0 || moved == 500 {
		t.Error(moved, "rows were replaced")
	}
	var b bytes.Buffer
	if err := ix.Save(&b); err != nil {
		t.Fatal(err)
	}
	if _, err := ml.Load[*neighbors.HNSWIndex](&b); err != nil {
		t.Error(err)
	}
	for id, found := range must(ix.Nearest(other.Rows(0, moved), 1)) {
		if found.Index[0] != id {
			t.Error(id, found)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
