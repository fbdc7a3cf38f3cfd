package ml_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

const notes = "id,note,kind\n1,late again,a\n2,,b\n3,\"a \"\"big\"\" one, and\nlong\",a\n"

var noteTypes = ml.Schema{Types: map[string]ml.Type{"note": ml.TypeText}}

func readNotes(t *testing.T) ml.Table {
	t.Helper()
	table, err := ml.ReadCSV(strings.NewReader(notes), ml.CSV{Schema: noteTypes})
	require.NoError(t, err)
	return table
}

func TestTextsAreReadAndSelected(t *testing.T) {
	table := readNotes(t)
	require.Equal(t, []ml.Column{{Name: "id"}, {Name: "note", Kind: ml.Text}, {Name: "kind", Kind: ml.Categorical, Levels: []string{"a", "b"}}}, table.Columns)
	x := table.X.(*ml.TextMatrix)
	require.Equal(t, []string{"late again", "", "a \"big\" one, and\nlong"}, x.Texts(1))
	require.Nil(t, x.Texts(0))
	require.Zero(t, x.At(0, 1))
	require.True(t, math.IsNaN(x.At(1, 1)))
	require.Equal(t, 1.0, x.At(1, 2))
	some := table.Select([]int{2, 0, 2}).X.(*ml.TextMatrix)
	require.Equal(t, []string{x.Texts(1)[2], "late again", x.Texts(1)[2]}, some.Texts(1))
	require.Equal(t, 3.0, some.At(0, 0))
	require.IsType(t, &tensor.Tensor[float64]{}, x.SelectCols([]int{2, 0}))
	require.Equal(t, x.Texts(1), x.SelectCols([]int{1}).(*ml.TextMatrix).Texts(0))

	d, err := ml.ClassTarget(table, "kind")
	require.NoError(t, err)
	require.Equal(t, x.Texts(1), d.X.(*ml.TextMatrix).Texts(1))
	_, err = ml.ClassTarget(table, "note")
	require.ErrorIs(t, err, ml.ErrColumn)
}

func TestTextsAreWrittenAndReadAlike(t *testing.T) {
	table := readNotes(t)
	type reader func(*bytes.Buffer, ml.Schema) (ml.Table, error)
	for name, c := range map[string]struct {
		write func(*bytes.Buffer) error
		read  reader
	}{
		"CSV":  {func(b *bytes.Buffer) error { return ml.WriteCSV(b, table, ml.CSV{}) }, func(b *bytes.Buffer, s ml.Schema) (ml.Table, error) { return ml.ReadCSV(b, ml.CSV{Schema: s}) }},
		"JSON": {func(b *bytes.Buffer) error { return ml.WriteJSONLines(b, table, ml.Schema{}) }, func(b *bytes.Buffer, s ml.Schema) (ml.Table, error) { return ml.ReadJSONLines(b, s) }},
	} {
		for _, s := range []ml.Schema{noteTypes, {Like: table.Columns}, {Like: table.Columns, MaxLevels: 2}} {
			var b bytes.Buffer
			require.NoError(t, c.write(&b), name)
			got, err := c.read(&b, s)
			require.NoError(t, err, name)
			require.Equal(t, table.Columns, got.Columns, name)
			require.Equal(t, table.X.(*ml.TextMatrix).Texts(1), got.X.(*ml.TextMatrix).Texts(1), name)
			require.True(t, math.IsNaN(got.X.At(1, 1)), name)
		}
	}
	var b bytes.Buffer
	require.NoError(t, ml.WriteARFF(&b, table, "notes"))
	require.Contains(t, b.String(), "note string")

	bad, err := ml.NewTextMatrix(tensor.New[float64](1, 1), [][]string{{"NA"}})
	require.NoError(t, err)
	require.ErrorIs(t, ml.WriteCSV(&b, ml.Table{X: bad, Columns: []ml.Column{{Name: "note", Kind: ml.Text}}}, ml.CSV{}), ml.ErrColumn)
	require.ErrorIs(t, ml.WriteCSV(&b, table, ml.CSV{Schema: ml.Schema{Types: map[string]ml.Type{"note": ml.TypeNumber}}}), ml.ErrColumn)
}

func TestTextsOfARFF(t *testing.T) {
	table := readNotes(t)
	var b bytes.Buffer
	require.NoError(t, ml.WriteARFF(&b, table, "notes"))
	got, err := ml.ReadARFF(&b, noteTypes)
	require.NoError(t, err)
	require.Equal(t, table.Columns, got.Columns)
	require.Equal(t, table.X.(*ml.TextMatrix).Texts(1), got.X.(*ml.TextMatrix).Texts(1))
	require.True(t, math.IsNaN(got.X.At(1, 1)))

	// What a sparse row leaves out is the first nominal value.
	got, err = ml.ReadARFF(strings.NewReader("@relation r\n@attribute a numeric\n@attribute note {first, second}\n@data\n{0 1, 1 second}\n{0 2}\n{1 ?}\n"), noteTypes)
	require.NoError(t, err)
	x := got.X.(*ml.TextMatrix)
	require.Equal(t, []string{"second", "first", ""}, x.Texts(1))
	require.Zero(t, x.At(0, 1))
	require.True(t, math.IsNaN(x.At(2, 1)))
	require.Equal(t, 2.0, x.At(1, 0))
}

// A batch has texts that no batch before it had.
func TestTextsInBatches(t *testing.T) {
	var all []string
	for table, err := range ml.ReadCSVBatches(strings.NewReader(notes), ml.CSV{Schema: ml.Schema{Types: map[string]ml.Type{"note": ml.TypeText, "kind": ml.TypeSkip}}}, 1) {
		require.NoError(t, err)
		all = append(all, table.X.(*ml.TextMatrix).Texts(1)...)
	}
	require.Equal(t, readNotes(t).X.(*ml.TextMatrix).Texts(1), all)
}

func TestTextsAreAligned(t *testing.T) {
	table := readNotes(t)
	m := &ml.Fitted{Columns: []ml.Column{{Name: "kind", Kind: ml.Categorical, Levels: []string{"b", "a"}}, {Name: "note", Kind: ml.Text}}, Info: ml.Info{Features: 2}}
	got, err := ml.Align(m, table)
	require.NoError(t, err)
	require.Equal(t, table.X.(*ml.TextMatrix).Texts(1), got.X.(*ml.TextMatrix).Texts(1))
	require.Equal(t, 1.0, got.X.At(0, 0))
	require.NoError(t, ml.CheckPredict("", m, got.X))
}

func TestTextsAreNoNumbers(t *testing.T) {
	table := readNotes(t)
	require.ErrorIs(t, table.Check("", ml.Accepts{Missing: true, Categorical: true}), ml.ErrColumn)
	require.NoError(t, table.Check("", ml.Accepts{Missing: true, Categorical: true, Text: true}))
	undeclared := table
	undeclared.Columns = nil
	require.ErrorIs(t, undeclared.Check("", ml.Accepts{Missing: true, Text: true}), ml.ErrColumn)
	numbers := table
	numbers.X = tensor.New[float64](3, 3)
	require.ErrorIs(t, numbers.Check("", ml.Accepts{Missing: true, Categorical: true, Text: true}), ml.ErrColumn)
	require.ErrorIs(t, ml.CheckPredict("", &ml.Fitted{Info: ml.Info{Features: 3}}, table.X), ml.ErrColumn)

	for _, c := range []struct {
		x     tensor.Matrix
		texts [][]string
	}{{nil, nil}, {table.X, [][]string{nil, nil, nil}}, {tensor.New[float64](1, 1), nil}, {tensor.New[float64](1, 1), [][]string{{}}}, {tensor.FromSlice([]float64{7}, 1, 1), [][]string{{"a"}}}} {
		_, err := ml.NewTextMatrix(c.x, c.texts)
		require.ErrorIs(t, err, ml.ErrShape)
	}
}
