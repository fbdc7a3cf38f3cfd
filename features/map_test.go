package features

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

func ExampleMap() {
	incomes := ml.Table{X: tensor.FromSlice([]float64{0, 999, 99999}, 3, 1)}
	logs, err := Map{Func: Log1p{}}.Fit(context.Background(), incomes)
	if err != nil {
		panic(err)
	}
	x, err := logs.Transform(incomes.X)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f\n", x.(*tensor.Tensor[float64]).Data())
	_, err = logs.Transform(tensor.FromSlice([]float64{-5}, 1, 1))
	fmt.Println(err)
	// Output:
	// [0.00 6.91 11.51]
	// features.MapModel.Transform: X[0, 0] is -5: want a number at which log1p is finite (not a finite number)
}

func TestMapFuncs(t *testing.T) {
	start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		f    Func
		x, y float64
	}{
		{Log{}, math.E, 1},
		{Log1p{}, 1e-20, 1e-20},
		{Sqrt{}, 9, 3},
		{Clip{Low: -1, High: 2}, 5, 2},
		{Clip{Low: -1, High: math.Inf(1)}, -5, -1},
		{Since{}, 86400, 1},
		{Since{Start: start, Unit: time.Hour}, float64(start.Unix()) - 1800, -0.5},
	} {
		if y := c.f.Apply(c.x); !close(y, c.y, 1e-15) {
			t.Errorf("%s(%v) = %v, want %v", c.f.Name(), c.x, y, c.y)
		}
		if inv, is := c.f.(InvertibleFunc); is && !close(inv.Invert(c.y), c.x, 1e-15) {
			t.Errorf("inverse of %s at %v = %v, want %v", c.f.Name(), c.y, inv.Invert(c.y), c.x)
		}
		if y := c.f.Apply(math.NaN()); y == y {
			t.Errorf("%s(NaN) = %v", c.f.Name(), y)
		}
	}
}

// Cube is a function whose inverse is wrong.
type cube struct{}

func (cube) Apply(x float64) float64  { return x * x * x }
func (cube) Invert(y float64) float64 { return math.Sqrt(y) }
func (cube) Name() string             { return "cube" }

func TestMap(t *testing.T) {
	nan := math.NaN()
	x := table(2, 0, 3, nan, 0, 8, 24).X
	m := must(Map{Func: Log1p{}}.Fit(ctx, ml.Table{X: x, Columns: []ml.Column{{Name: "a"}, {Name: "b"}}}))
	z := must(m.Transform(x))
	same(t, "rows", byRow(t, m, x), dense(z))
	near(t, "inverse", dense(must(m.Inverse(z))), dense(x), 1e-14)
	s := tensor.SparseFrom[float64](x)
	zs := must(must(Map{Func: Log1p{}}.Fit(ctx, ml.Table{X: s})).Transform(s)).(*tensor.CSR[float64])
	same(t, "sparse", dense(zs), dense(z))
	if !reflect.DeepEqual(names(m.Out()), []string{"a", "b"}) {
		t.Error(m.Out())
	}
	clip := must(Map{Func: Clip{High: 1}}.Fit(ctx, ml.Table{X: x}))
	for name, c := range map[string]struct{ err, kind error }{
		"nil":         {second(Map{}.Fit(ctx, ml.Table{X: x})), ml.ErrConfig},
		"Clip":        {second(Map{Func: Clip{}}.Fit(ctx, ml.Table{X: x})), ml.ErrConfig},
		"Since":       {second(Map{Func: Since{Unit: -1}}.Fit(ctx, ml.Table{X: x})), ml.ErrConfig},
		"domain":      {second(Map{Func: Log{}}.Fit(ctx, ml.Table{X: x})), ml.ErrNotFinite},
		"inverse":     {second(Map{Func: cube{}}.Fit(ctx, ml.Table{X: x})), ml.ErrConfig},
		"no inverse":  {second(clip.Inverse(x)), errors.ErrUnsupported},
		"not 0 at 0":  {second(Map{Func: Since{Start: time.Unix(9, 0)}}.Fit(ctx, ml.Table{X: s})), ml.ErrConfig},
		"row":         {m.TransformRow(make([]float64, 2), []float64{1, -1}), ml.ErrNotFinite},
		"clipped inf": {clip.TransformRow(make([]float64, 2), []float64{1, math.Inf(1)}), ml.ErrNotFinite},
		"sparse row":  {second(m.Transform(tensor.SparseFrom[float64](table(2, 0, -2).X))), ml.ErrNotFinite},
	} {
		if !errors.Is(c.err, c.kind) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
}

func TestOrdinal(t *testing.T) {
	nan := math.NaN()
	columns := []ml.Column{{Name: "size", Kind: ml.Categorical, Levels: []string{"large", "medium", "small", "tiny"}}, {Name: "n"}}
	d := ml.Table{X: table(2, 0, 5, 2, 6, nan, 7, 1, nan).X, Columns: columns}
	m := must(OrdinalEncoder{Order: []string{"small", "medium", "large"}}.Fit(ctx, d))
	z := must(m.Transform(d.X))
	same(t, "ranks", dense(z), []float64{2, 5, 0, 6, nan, 7, 1, nan})
	same(t, "rows", byRow(t, m, d.X), dense(z))
	same(t, "inverse", dense(must(m.Inverse(z))), dense(d.X))
	if !reflect.DeepEqual(m.Out(), []ml.Column{{Name: "size"}, {Name: "n"}}) {
		t.Error(m.Out())
	}
	codes := must(OrdinalEncoder{}.Fit(ctx, d))
	same(t, "codes", dense(must(codes.Transform(d.X))), dense(d.X))
	sparse := tensor.SparseFrom[float64](d.X)
	same(t, "sparse codes", dense(must(codes.Transform(sparse))), dense(d.X))
	same(t, "no rank", dense(must(m.Inverse(table(2, 7.0, 1).X))), []float64{nan, 1})
	for name, c := range map[string]struct{ err, kind error }{
		"not in Order": {m.TransformRow(make([]float64, 2), []float64{3, 0}), ml.ErrColumn},
		"no code":      {codes.TransformRow(make([]float64, 2), []float64{4, 0}), ml.ErrColumn},
		"inf":          {codes.TransformRow(make([]float64, 2), []float64{0, math.Inf(1)}), ml.ErrNotFinite},
		"fit":          {second(OrdinalEncoder{Order: []string{"small"}}.Fit(ctx, d)), ml.ErrColumn},
		"twice":        {second(OrdinalEncoder{Order: []string{"small", "small"}}.Fit(ctx, d)), ml.ErrConfig},
		"sparse":       {second(m.Transform(sparse)), ml.ErrConfig},
		"unnamed":      {second(OrdinalEncoder{Order: []string{"a"}}.Fit(ctx, ml.Table{X: table(1, 0).X, Columns: []ml.Column{{Kind: ml.Categorical}}})), ml.ErrColumn},
	} {
		if !errors.Is(c.err, c.kind) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
}

// Every model must come back from a file as it was: the same bytes when saved again, the same results.
func TestSaveLoad(t *testing.T) {
	d := birds()
	numbers := ml.Table{X: table(2, 1, 2, 3, 5).X, Columns: []ml.Column{{Name: "a"}, {Name: "b"}}}
	pattern := Columns{Parts: []Part{
		{Name: "n", Columns: ByPattern("^bi"), Do: ml.Stages{ml.Step(SimpleImputer{Strategy: Median}), ml.Step(StandardScaler{})}, Weight: 2},
		{Columns: Except{ByKind(ml.Numeric)}, Do: ml.Step(OneHotEncoder{Drop: DropFirst, Unknown: UnknownIgnore})},
		{Name: "i", Columns: ByIndex{1}},
		{Name: "all", Columns: AllColumns{}, Do: ml.Step(OrdinalEncoder{Order: []string{"gentoo", "adelie"}})},
		{Columns: ByName{"bill"}, Do: ml.Step(Map{Func: Clip{High: math.Inf(1)}})},
	}}
	for _, c := range []struct {
		m ml.Transformer
		x tensor.Matrix
	}{
		{must(StandardScaler{}.Fit(ctx, numbers)), numbers.X},
		{must(SimpleImputer{AddIndicator: true, Strategy: Constant, FillLevel: "?"}.Fit(ctx, d)), d.X},
		{must(OneHotEncoder{MaxCategories: 2}.Fit(ctx, d)), d.X},
		{must(OneHotEncoder{Drop: DropBinary}.Fit(ctx, d)), d.X},
		{must(OrdinalEncoder{}.Fit(ctx, d)), d.X},
		{must(Map{Func: Since{Start: time.Unix(5, 5).UTC(), Unit: time.Minute}}.Fit(ctx, numbers)), numbers.X},
		{must(pattern.Fit(ctx, d)), d.X},
	} {
		var b bytes.Buffer
		if err := ml.Save(&b, c.m); err != nil {
			t.Errorf("%T: %v", c.m, err)
			continue
		}
		again, err := ml.Load[ml.Transformer](bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Errorf("%T: %v", c.m, err)
			continue
		}
		if reflect.TypeOf(again) != reflect.TypeOf(c.m) || !reflect.DeepEqual(again.Out(), c.m.Out()) {
			t.Errorf("%T came back as %T with %v", c.m, again, again.Out())
		}
		same(t, fmt.Sprintf("%T", c.m), dense(must(again.Transform(c.x))), dense(must(c.m.Transform(c.x))))
		var twice bytes.Buffer
		if err := ml.Save(&twice, again); err != nil || !bytes.Equal(twice.Bytes(), b.Bytes()) {
			t.Errorf("%T: saved again it differs (%v)", c.m, err)
		}
	}
	js := must(ml.MarshalConfig(pattern))
	if back := must(ml.UnmarshalConfig[Columns](js)); !reflect.DeepEqual(back, pattern) {
		t.Errorf("%s\ncame back as %+v", js, back)
	}
}
