package ml_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestCheckNamesTheFault(t *testing.T) {
	good := func() ml.Dataset[float64] { return small() }
	number := func(change func(*ml.Dataset[float64])) ml.Dataset[float64] {
		d := good()
		change(&d)
		return d
	}
	for _, c := range []struct {
		fault string
		kind  error
		field string
		d     ml.Dataset[float64]
	}{
		{"no matrix", ml.ErrShape, "X", ml.Dataset[float64]{}},
		{"typed nil", ml.ErrShape, "X", number(func(d *ml.Dataset[float64]) { d.X = (*tensor.Tensor[float64])(nil) })},
		{"rank 1", ml.ErrShape, "X", number(func(d *ml.Dataset[float64]) { d.X = tensor.New[float64](3) })},
		{"no rows", ml.ErrShape, "X", ml.Data(tensor.New[float64](0, 2), []float64{})},
		{"no columns", ml.ErrShape, "X", number(func(d *ml.Dataset[float64]) { d.X = tensor.New[float64](3, 0) })},
		{"columns", ml.ErrShape, "Columns", number(func(d *ml.Dataset[float64]) { d.Columns = d.Columns[:1] })},
		{"short Y", ml.ErrShape, "Y", number(func(d *ml.Dataset[float64]) { d.Y = d.Y[:2] })},
		{"short weight", ml.ErrShape, "Weight", number(func(d *ml.Dataset[float64]) { d.Weight = d.Weight[:2] })},
		{"short group", ml.ErrShape, "Group", number(func(d *ml.Dataset[float64]) { d.Group = d.Group[:2] })},
		{"negative weight", ml.ErrWeight, "Weight[1]", number(func(d *ml.Dataset[float64]) { d.Weight = []float64{1, -1, 1} })},
		{"NaN weight", ml.ErrWeight, "Weight[0]", number(func(d *ml.Dataset[float64]) { d.Weight = []float64{math.NaN(), 1, 1} })},
		{"no weight", ml.ErrWeight, "Weight", number(func(d *ml.Dataset[float64]) { d.Weight = []float64{0, 0, 0} })},
		{"categorical", ml.ErrColumn, "column 1 (b)", number(func(d *ml.Dataset[float64]) { d.Columns = []ml.Column{{}, {Name: "b", Kind: ml.Categorical}} })},
		{"NaN", ml.ErrNotFinite, "X[2, 1] (b)", number(func(d *ml.Dataset[float64]) { d.X = tensor.FromSlice([]float64{1, 2, 3, 4, 5, math.NaN()}, 3, 2) })},
		{"Inf", ml.ErrNotFinite, "X[0, 0] (a)", number(func(d *ml.Dataset[float64]) { d.X = tensor.FromSlice([]float64{math.Inf(-1), 2, 3, 4, 5, 6}, 3, 2) })},
		{"NaN target", ml.ErrTarget, "Y[1]", number(func(d *ml.Dataset[float64]) { d.Y = []float64{1, math.NaN(), 2} })},
		{"Valid", ml.ErrShape, "Valid.X", number(func(d *ml.Dataset[float64]) {
			d.Valid = new(ml.Data(tensor.New[float64](1, 1), []float64{0}))
		})},
	} {
		err := c.d.Check("test", ml.Accepts{})
		var e *ml.Error
		require.ErrorAs(t, err, &e, c.fault)
		require.ErrorIs(t, err, c.kind, c.fault)
		require.Equal(t, c.field, e.Field, c.fault)
	}
	require.NoError(t, good().Check("test", ml.Accepts{}))
}

func TestCheckAcceptsWhatIsDeclared(t *testing.T) {
	d := small()
	d.X = tensor.FromSlice([]float64{math.NaN(), 2, 3, 4, 5, 6}, 3, 2)
	d.Columns = []ml.Column{{}, {Kind: ml.Categorical}}
	require.NoError(t, d.Check("test", ml.Accepts{Missing: true, Categorical: true}))
	d.X = tensor.FromSlice([]float64{math.Inf(1), 2, 3, 4, 5, 6}, 3, 2)
	require.ErrorIs(t, d.Check("test", ml.Accepts{Missing: true, Categorical: true}), ml.ErrNotFinite, "Inf is never missing")
}

func TestCheckTargetsOfEveryTask(t *testing.T) {
	x := tensor.New[float64](2, 1)
	for _, c := range []struct {
		y    []int
		kind error
	}{{[]int{0, 1}, nil}, {[]int{0, ml.None}, ml.ErrTarget}, {[]int{0, -2}, ml.ErrTarget}, {[]int{0, math.MaxInt}, ml.ErrTarget}} {
		require.ErrorIs(t, ml.Data(x, c.y).Check("test", ml.Accepts{}), c.kind, "%v", c.y)
	}
	require.NoError(t, ml.Data(x, []int{0, ml.None}).Check("test", ml.Accepts{Unlabelled: true}))
	require.ErrorIs(t, ml.Data(x, []int{ml.None, ml.None}).Check("test", ml.Accepts{Unlabelled: true}), ml.ErrTarget)
	named := ml.Data(x, []int{0, 2})
	named.Classes = []string{"a", "b"}
	require.ErrorIs(t, named.Check("test", ml.Accepts{}), ml.ErrTarget)

	require.NoError(t, ml.Data(x, [][]float64{{1, 2}, {3, 4}}).Check("test", ml.Accepts{}))
	require.ErrorIs(t, ml.Data(x, [][]float64{{1, 2}, {3}}).Check("test", ml.Accepts{}), ml.ErrShape)
	require.ErrorIs(t, ml.Data(x, [][]float64{{}, {}}).Check("test", ml.Accepts{}), ml.ErrShape)
	require.ErrorIs(t, ml.Data(x, [][]float64{{1}, {math.Inf(1)}}).Check("test", ml.Accepts{}), ml.ErrTarget)
	require.NoError(t, ml.Data(x, [][]int{{1, 0}, {0, 0}}).Check("test", ml.Accepts{}))
	require.ErrorIs(t, ml.Data(x, [][]int{{1, 0}, {0, 2}}).Check("test", ml.Accepts{}), ml.ErrTarget)
}

func TestClassesAndTheirNumber(t *testing.T) {
	x := tensor.New[float64](3, 1)
	d := ml.Data(x, []int{0, 2, 2})
	require.Equal(t, 3, d.K())
	named := d.NameClasses()
	require.Equal(t, []string{"0", "1", "2"}, named.Classes)
	require.Nil(t, d.Classes)
	require.Equal(t, 3, named.Select([]int{0}).K(), "a part keeps the width")
	require.Zero(t, ml.Data(x, []float64{0, 2, 2}).K())
	require.Nil(t, ml.Data(x, []float64{0, 2, 2}).NameClasses().Classes)
	require.Zero(t, ml.Data(x, []int{ml.None, ml.None, ml.None}).K())
}

func TestSelectTakesEverythingAlong(t *testing.T) {
	d := small()
	s := d.Select([]int{2, 0, 2})
	require.Equal(t, [][]float64{{5, 6}, {1, 2}, {5, 6}}, dense(s.X))
	require.Equal(t, []float64{30, 10, 30}, s.Y)
	require.Equal(t, []float64{3, 1, 3}, s.Weight)
	require.Equal(t, []int{9, 7, 9}, s.Group)
	require.Nil(t, ml.Data(d.X, d.Y).Select([]int{0}).Weight)
	require.Panics(t, func() { d.Select([]int{3}) })

	narrow := ml.Table{X: tensor.FromSlice([]float32{1, 2}, 2, 1)}
	require.IsType(t, narrow.X, narrow.Select([]int{1}).X, "float32 stays float32")
	sparse := ml.Table{X: tensor.SparseFrom[float64](tensor.FromSlice([]float64{1, 0, 0, 2}, 2, 2))}
	require.IsType(t, sparse.X, sparse.Select([]int{1}).X, "sparse stays sparse")
}

func TestErasedDataComesBackAsWhatItWas(t *testing.T) {
	d := small()
	d.Valid = new(small())
	var back ml.Dataset[float64]
	require.NoError(t, back.From(d.Any()))
	require.Equal(t, d, back)
	var codes ml.Dataset[int]
	require.ErrorIs(t, codes.From(d.Any()), ml.ErrData)
	require.ErrorIs(t, codes.From(d.Table.Any()), ml.ErrData)
	var table ml.Table
	require.NoError(t, table.From(d.Any()))
	require.Equal(t, d.Table, table)
}

func TestFoldsKnowTheirTrainingRows(t *testing.T) {
	require.Equal(t, []int{0, 2, 4}, ml.Fold{Test: []int{3, 1}}.TrainRows(5))
	require.Equal(t, []int{4}, ml.Fold{Test: []int{3, 1}, Train: []int{4}}.TrainRows(5))
}
