package features

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

func ExampleColumns() {
	birds := ml.Table{
		X: tensor.FromSlice([]float64{0, 39, 1, 46, 1, 50}, 3, 2),
		Columns: []ml.Column{
			{Name: "species", Kind: ml.Categorical, Levels: []string{"adelie", "gentoo"}},
			{Name: "bill"},
		},
	}
	prepare := Columns{Parts: []Part{
		{Columns: ByKind(ml.Numeric), Do: ml.Stages{ml.Step(SimpleImputer{}), ml.Step(StandardScaler{})}},
		{Columns: ByName{"species"}, Do: ml.Step(OneHotEncoder{Drop: DropBinary})},
	}}
	fitted, err := prepare.Fit(context.Background(), birds)
	if err != nil {
		panic(err)
	}
	x, err := fitted.Transform(birds.X)
	if err != nil {
		panic(err)
	}
	for _, c := range fitted.Out() {
		fmt.Println(c.Name, "from input column", c.From)
	}
	fmt.Printf("%.3f\n", x.(*tensor.Tensor[float64]).Data())
	// Output:
	// bill from input column [1]
	// species_gentoo from input column [0]
	// [-1.320 0.000 0.220 1.000 1.100 1.000]
}

func wide() ml.AnyData {
	return ml.AnyData{
		Table: ml.Table{
			X:       table(3, 1, 0, 10, 2, 1, 20, 3, 1, 60).X,
			Columns: []ml.Column{{Name: "a"}, {Name: "c", Kind: ml.Categorical, Levels: []string{"x", "y"}}, {Name: "b"}},
			Weight:  []float64{1, 2, 1},
		},
		Y: []int{0, 1, 1},
	}
}

func TestColumnsParts(t *testing.T) {
	d := wide()
	valid := ml.AnyData{Table: ml.Table{X: table(3, 5, 1, 0).X}, Y: []int{1}}
	d.Valid = &valid
	c := Columns{
		Parts: []Part{
			{Columns: ByName{"b", "a"}, Do: ml.Step(StandardScaler{NoStd: true})},
			{Columns: ByKind(ml.Categorical), Do: ml.Step(OneHotEncoder{}), Weight: 3},
			{Name: "raw", Columns: ByIndex{2}},
			{Columns: ByPattern("^nothing"), Do: ml.Step(StandardScaler{})},
		},
	}
	if err := c.CheckStage(d); err != nil {
		t.Fatal(err)
	}
	m, behind, err := c.FitStage(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	// The weighted means are 2 (a) and 27.5 (b).
	want := []float64{-17.5, -1, 3, 0, 10, -7.5, 0, 0, 3, 20, 32.5, 1, 0, 3, 60}
	near(t, "training rows", dense(behind.X), want, 1e-15)
	near(t, "Transform", dense(must(m.Transform(d.X))), want, 1e-15)
	near(t, "rows", byRow(t, m.(*ColumnsModel), d.X), want, 1e-15)
	near(t, "valid", dense(behind.Valid.X), []float64{-27.5, 3, 0, 3, 0}, 1e-15)
	wantColumns := []ml.Column{{Name: "b", From: []int{2}}, {Name: "a", From: []int{0}}, {Name: "c_x", From: []int{1}}, {Name: "c_y", From: []int{1}}, {Name: "raw__b", From: []int{2}}}
	for _, got := range [][]ml.Column{m.Out(), behind.Columns, behind.Valid.Columns} {
		if !reflect.DeepEqual(got, wantColumns) {
			t.Errorf("columns %+v", got)
		}
	}
	if !reflect.DeepEqual(behind.Y, d.Y) || !reflect.DeepEqual(behind.Weight, d.Weight) {
		t.Error("targets or weights changed")
	}

	f, _, err := ml.Stages{c, ml.Step(StandardScaler{})}.FitStage(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	if out := f.Out(); !reflect.DeepEqual(out[2], ml.Column{Name: "c_x", From: []int{1}}) {
		t.Errorf("behind a pipeline: %+v", out[2])
	}
	rest := Columns{Parts: []Part{{Columns: ByName{"a"}, Do: ml.Step(StandardScaler{})}}, Rest: PassRest}
	r := must(rest.Fit(ctx, d.Table))
	if got := r.Out(); !reflect.DeepEqual(names(got), []string{"a", "c", "b"}) || got[1].Kind != ml.Categorical || len(got[1].Levels) != 2 {
		t.Errorf("rest: %+v", got)
	}
	nested := Columns{Parts: []Part{{Name: "in", Columns: ByIndex{2, 0}, Do: rest}}}
	n := must(nested.Fit(ctx, d.Table))
	if got := n.Out(); !reflect.DeepEqual(got, []ml.Column{{Name: "in__a", From: []int{0}}, {Name: "in__b", From: []int{2}}}) {
		t.Errorf("nested: %+v", got)
	}
}

func TestColumnsStorage(t *testing.T) {
	d := wide().Table
	dense32 := tensor.FromMatrix[float32](d.X)
	c := Columns{Parts: []Part{{Columns: ByName{"b", "a"}, Do: ml.Step(StandardScaler{NoMean: true})}, {Columns: ByName{"c"}, Do: ml.Step(OneHotEncoder{}), Weight: 2}}}
	want := dense(must(must(c.Fit(ctx, d)).Transform(d.X)))
	f := must(must(c.Fit(ctx, ml.Table{X: dense32, Columns: d.Columns, Weight: d.Weight})).Transform(dense32))
	if _, is := f.(*tensor.Tensor[float32]); !is {
		t.Errorf("float32 became %T", f)
	}
	near(t, "float32", dense(f), want, 1e-6)
	sparse := tensor.SparseFrom[float32](d.X)
	s := must(must(c.Fit(ctx, ml.Table{X: sparse, Columns: d.Columns, Weight: d.Weight})).Transform(sparse))
	if _, is := s.(*tensor.CSR[float32]); !is {
		t.Errorf("CSR became %T", s)
	}
	near(t, "CSR", dense(s), want, 1e-6)

	// One sparse part beside dense ones: by density.
	c.Parts[1].Do = ml.Step(OneHotEncoder{Sparse: true})
	if x, is := must(must(c.Fit(ctx, d)).Transform(d.X)).(*tensor.Tensor[float64]); !is {
		t.Errorf("3 entries of 4 became %T", x)
	}
	c.Density = 0.8
	x, is := must(must(c.Fit(ctx, d)).Transform(d.X)).(*tensor.CSR[float64])
	if !is {
		t.Fatal("density 0.75 < 0.8 is not sparse")
	}
	same(t, "sparse", dense(x), want)
}

func TestColumnsErrors(t *testing.T) {
	d := wide()
	scale := ml.Step(StandardScaler{})
	for name, c := range map[string]struct {
		c    Columns
		kind error
		says string
	}{
		"no parts":      {Columns{}, ml.ErrConfig, "Parts"},
		"nil selector":  {Columns{Parts: []Part{{}}}, ml.ErrConfig, "Parts[0].Columns"},
		"rest":          {Columns{Parts: []Part{{Columns: AllColumns{}}}, Rest: 5}, ml.ErrConfig, "Rest"},
		"density":       {Columns{Parts: []Part{{Columns: AllColumns{}}}, Density: 2}, ml.ErrConfig, "Density"},
		"weight":        {Columns{Parts: []Part{{Columns: AllColumns{}, Weight: math.NaN()}}}, ml.ErrConfig, "Weight"},
		"unknown":       {Columns{Parts: []Part{{Columns: ByName{"z"}}}}, ml.ErrColumn, "a, c, b"},
		"index":         {Columns{Parts: []Part{{Columns: ByIndex{3}}}}, ml.ErrColumn, "0..2"},
		"twice":         {Columns{Parts: []Part{{Columns: ByIndex{0, 0}}}}, ml.ErrColumn, "at most once"},
		"kind":          {Columns{Parts: []Part{{Columns: ByKind(7)}}}, ml.ErrColumn, "ByKind"},
		"pattern":       {Columns{Parts: []Part{{Columns: ByPattern("(")}}}, ml.ErrConfig, "regular"},
		"except":        {Columns{Parts: []Part{{Columns: Except{}}}}, ml.ErrConfig, "Except"},
		"nothing":       {Columns{Parts: []Part{{Columns: ByPattern("z")}}}, ml.ErrColumn, "no selector"},
		"same name":     {Columns{Parts: []Part{{Columns: ByName{"a"}}, {Columns: ByName{"a"}, Do: scale}}}, ml.ErrColumn, `"a"`},
		"stage's error": {Columns{Parts: []Part{{Name: "all", Columns: AllColumns{}, Do: scale}}}, ml.ErrColumn, "part 0 (all)"},
		"code weight":   {Columns{Parts: []Part{{Columns: AllColumns{}, Weight: 2}}}, ml.ErrColumn, "weight 2 on column 1 (c)"},
		"resampler":     {Columns{Parts: []Part{{Columns: ByName{"a"}, Do: ml.Resample(halve{})}}}, ml.ErrConfig, "in front of Columns"},
	} {
		err := c.c.CheckStage(d)
		if err == nil {
			_, _, err = c.c.FitStage(ctx, d)
		}
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	double := d
	double.Columns = []ml.Column{{Name: "a"}, {Name: "a"}, {Name: "b"}}
	if _, _, err := (Columns{Parts: []Part{{Columns: ByName{"a"}}}}).FitStage(ctx, double); !errors.Is(err, ml.ErrColumn) {
		t.Error("ambiguous name:", err)
	}
	m := must(Columns{Parts: []Part{{Columns: ByName{"a"}, Do: scale}}}.Fit(ctx, d.Table))
	if _, err := m.Transform(table(2, 1, 2).X); !errors.Is(err, ml.ErrShape) {
		t.Error("width:", err)
	}
}

// halve keeps the first row.
type halve struct{}

func (halve) Resample(_ context.Context, d ml.Dataset[int]) (ml.Dataset[int], error) {
	return d.Select([]int{0}), nil
}

// reverse is a transformer that only knows batches.
type reverse struct{}

type reversed struct{ ml.Fitted }

func (reverse) Fit(_ context.Context, t ml.Table) (*reversed, error) {
	return &reversed{ml.NewFitted(t, nil, reverse{})}, nil
}

func (*reversed) Transform(x tensor.Matrix) (tensor.Matrix, error) { return x, nil }

func (m *reversed) Out() []ml.Column { return make([]ml.Column, m.Info.Features) }

// A model must claim by ml.As just what it can do, through a pipeline too.
func TestAbilities(t *testing.T) {
	d := table(1, 1, 2, 3)
	part := func(do ml.Stage) ml.Transformer {
		return must(Columns{Parts: []Part{{Columns: AllColumns{}, Do: do}}}.Fit(ctx, d))
	}
	for _, c := range []struct {
		m            ml.Transformer
		row, inverse bool
	}{
		{must(Map{Func: Sqrt{}}.Fit(ctx, d)), true, true},
		{must(Map{Func: Clip{High: 1}}.Fit(ctx, d)), true, false},
		{part(ml.Step(StandardScaler{})), true, false},
		{part(ml.Step(reverse{})), false, false},
		{must(ml.Stages{ml.Step(Map{Func: Clip{High: 1}})}.Fit(ctx, d)), true, false},
		{must(ml.Stages{ml.Step(Map{Func: Sqrt{}})}.Fit(ctx, d)), true, true},
		{must(ml.Stages{Columns{Parts: []Part{{Columns: AllColumns{}, Do: ml.Step(reverse{})}}}}.Fit(ctx, d)), false, false},
	} {
		_, row := ml.As[ml.RowTransformer](c.m)
		_, inverse := ml.As[ml.Inverter](c.m)
		if row != c.row || inverse != c.inverse {
			t.Errorf("%T %+v: rows %v, inverse %v", c.m, c.m, row, inverse)
		}
	}
	if err := part(ml.Step(reverse{})).(*ColumnsModel).TransformRow(make([]float64, 1), make([]float64, 1)); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
}
