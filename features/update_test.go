package features

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// Batches give what one fit gives: means and encodings up to the rounding of some tens of additions.
func TestTargetEncoderUpdates(t *testing.T) {
	n := math.NaN()
	x := tensor.FromSlice([]float64{3, 1, 3, n, 0, 3, 0, 7, n, 1, 3, 7}, 12, 1)
	w := []float64{1, 2, 1, 0.5, 0, 3, 1, 1, 1, 2, 1, 1}
	numbers := []float64{5, 1, 4, 2, 8, 3, 9, 2, 7, 1, 6, 4}
	three := []int{0, 1, 2, 1, 0, 2, 1, 0, 2, 1, 0, 2}
	compare := func(name string, part, whole *TargetModel, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(name, err)
		}
		same(t, name+" categories", part.Encoded[0].Categories, whole.Encoded[0].Categories)
		near(t, name+" prior", part.Prior, whole.Prior, 1e-13)
		near(t, name+" spread", part.Spread, whole.Spread, 1e-13)
		for o := range whole.Prior {
			near(t, name+" values", part.Encoded[0].Values[o], whole.Encoded[0].Values[o], 1e-13)
		}
		if part.Info.Rows != whole.Info.Rows {
			t.Error(name, part.Info.Rows)
		}
	}
	for _, cut := range []int{1, 5, 11} {
		for name, c := range map[string]TargetEncoder[float64]{"auto": {All: true}, "smooth": {All: true, Smooth: 2}, "plain": {All: true, NoSmooth: true}} {
			d := ml.Data(x, numbers)
			d.Weight = w
			whole := must(c.Fit(ctx, d))
			head, tail := ml.Data(x.Rows(0, cut), numbers[:cut]), ml.Data(x.Rows(cut, 12), numbers[cut:])
			head.Weight, tail.Weight = w[:cut], w[cut:]
			part, err := must(c.Fit(ctx, head)).Update(ctx, tail.Any())
			compare(name, part, whole, err)
		}
		d := ml.Data(x, three)
		d.Classes = []string{"a", "b", "c"}
		c := TargetEncoder[int]{All: true}
		chunks := func(yield func(ml.Dataset[int], error) bool) {
			for _, s := range [][2]int{{0, cut}, {cut, 12}} {
				part := ml.Data(x.Rows(s[0], s[1]), three[s[0]:s[1]])
				part.Classes = d.Classes
				if !yield(part, nil) {
					return
				}
			}
		}
		part, err := ml.FitStream(ctx, c, chunks)
		compare("classes", part, must(c.Fit(ctx, d)), err)
	}
	m := must(TargetEncoder[int]{All: true}.Fit(ctx, ml.Data(x, []int{0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1})))
	if _, err := m.Update(ctx, ml.Data(x, three).Any()); !errors.Is(err, ml.ErrTarget) {
		t.Error("a third class:", err)
	}
	if _, err := m.Update(ctx, ml.Data(x, numbers).Any()); err == nil {
		t.Error("numbers for classes")
	}
	m.Seen = 0
	if _, err := m.Update(ctx, ml.Data(x, make([]int, 12)).Any()); !errors.Is(err, errors.ErrUnsupported) {
		t.Error("an old model:", err)
	}
}

func TestSimpleImputerUpdates(t *testing.T) {
	n := math.NaN()
	d := table(2, 3, 0, 1, 1, n, 1, 2, n, 3, 2, 1, 2, 5, 2, n, n)
	d.Columns = []ml.Column{{Name: "x"}, {Name: "c", Kind: ml.Categorical, Levels: []string{"a", "b", "c"}}}
	x := d.X.(*tensor.Tensor[float64])
	part := func(lo, hi int) ml.Table {
		return ml.Table{X: x.Rows(lo, hi), Columns: d.Columns, Weight: []float64{1, 2, 1, 1, 3, 1, 1, 1}[lo:hi]}
	}
	for _, c := range []SimpleImputer{{AddIndicator: true}, {Strategy: MostFrequent, AddIndicator: true}, {Strategy: Constant, Fill: 2}, {Strategy: Constant, FillLevel: "new"}} {
		whole := must(c.Fit(ctx, part(0, 8)))
		for _, cut := range []int{1, 3, 7} {
			m := must(must(c.Fit(ctx, part(0, cut))).Update(ctx, part(cut, 8)))
			near(t, c.Strategy.String(), m.Fill, whole.Fill, 1e-14)
			if !slices.Equal(m.Indicator, whole.Indicator) || m.Info.Rows != 8 {
				t.Error(m.Indicator, m.Info.Rows)
			}
		}
	}
	median := must(SimpleImputer{Strategy: Median}.Fit(ctx, d))
	if _, err := median.Update(ctx, d); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
	if _, is := ml.As[ml.Updater[ml.Table, *ImputerModel]](median); is {
		t.Error("a median claims to learn on")
	}
	many := tensor.New[float64](2000, 1)
	for i := range many.Data() {
		many.Data()[i] = float64(i) / 8
	}
	m := must(SimpleImputer{Strategy: MostFrequent}.Fit(ctx, ml.Table{X: many.Rows(0, 1000)}))
	m = must(m.Update(ctx, ml.Table{X: many.Rows(1000, 2000)}))
	if m.Fill[0] != 0 || m.Sums != nil {
		t.Error("2000 values are kept")
	}
	// A column without a value keeps its place until one comes.
	late := must(SimpleImputer{KeepEmpty: true, Fill: 9}.Fit(ctx, table(1, n, n)))
	if late.Fill[0] != 9 {
		t.Error(late.Fill)
	}
	if late = must(late.Update(ctx, table(1, 4, 6))); late.Fill[0] != 5 {
		t.Error(late.Fill)
	}
}

// A pipeline and a column transformer write the numbers of Transform, of whatever storage, and do not claim to where a part cannot.
func TestPipelinesTransformInto(t *testing.T) {
	x := tensor.New[float64](300, 3)
	for i := range x.Data() {
		x.Data()[i] = float64(i*37%101) / 7
	}
	table := ml.Table{X: x}
	stages := ml.Stages{ml.Step(SimpleImputer{}), ml.Step(Columns{Parts: []Part{{Columns: ByIndex{0, 2}, Do: ml.Step(StandardScaler{}), Weight: 2}, {Columns: ByIndex{1}}}}), ml.Step(PolynomialFeatures{}), ml.Step(MinMaxScaler{})}
	m := must(stages.Fit(ctx, table))
	into, is := ml.As[ml.IntoTransformer](m)
	if !is {
		t.Fatal("not offered")
	}
	_, p := must(m.Transform(x)).Dims()
	for name, rows := range map[string]tensor.Matrix{"float64": x, "rows": x.Rows(17, 200), "float32": tensor.Convert[float32](x)} {
		n, _ := rows.Dims()
		for range 2 { // the second time in the memory of the first
			dst := tensor.New[float64](n, p)
			if err := into.TransformInto(dst, rows); err != nil {
				t.Fatal(name, err)
			}
			tol := 0.0
			if name == "float32" {
				tol = 1e-6 // Transform rounds the last result to float32
			}
			near(t, name, dst.Data(), dense(must(m.Transform(rows))), tol)
		}
	}
	if err := into.TransformInto(tensor.New[float64](1, p), x); !errors.Is(err, ml.ErrShape) {
		t.Error(err)
	}
	none := must(ml.Stages{}.Fit(ctx, table))
	dst := tensor.New[float64](300, 3)
	if err := none.TransformInto(dst, x); err != nil {
		t.Error(err)
	}
	same(t, "no steps", dst.Data(), x.Data())
	sparse := must(ml.Stages{ml.Step(OneHotEncoder{All: true, Sparse: true})}.Fit(ctx, table))
	if _, is := ml.As[ml.IntoTransformer](sparse); is {
		t.Error("a sparse result is claimed to go into dense memory")
	}
	if err := sparse.TransformInto(dst, x); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
}
