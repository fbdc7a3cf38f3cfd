package ml

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// The same text read by SciPy. Text has one right value, so the tolerance is 0.
func TestReadARFFAgainstSciPy(t *testing.T) {
	want := golden.Load[struct {
		Arff    string      `json:"arff"`
		Names   []string    `json:"arff_names"`
		Levels  [][]string  `json:"arff_levels"`
		Columns [][]float64 `json:"arff_columns"`
	}](t, "testdata/readers.json")
	table, err := ReadARFF(strings.NewReader(want.Arff), Schema{})
	if err != nil {
		t.Fatal(err)
	}
	for j, name := range want.Names {
		var levels []string
		if len(want.Levels[j]) > 0 {
			levels = want.Levels[j]
		}
		wantColumn(t, table, name, want.Columns[j], levels)
	}
}

// The same text read by pandas. Text has one right value, so the tolerance is 0.
func TestReadCSVAgainstPandas(t *testing.T) {
	want := golden.Load[struct {
		Csv    string    `json:"csv"`
		Number []float64 `json:"csv_number"`
		Word   []float64 `json:"csv_word"`
		Levels []string  `json:"csv_levels"`
		Flag   []float64 `json:"csv_flag"`
		Count  []float64 `json:"csv_count"`
	}](t, "testdata/readers.json")
	table := readCSV(t, want.Csv, CSV{})
	wantColumn(t, table, "number", want.Number, nil)
	wantColumn(t, table, "word", want.Word, want.Levels)
	wantColumn(t, table, "flag", want.Flag, nil)
	wantColumn(t, table, "count", want.Count, nil)
}

func TestReadARFFSyntax(t *testing.T) {
	table, err := ReadARFF(strings.NewReader("% c\r\n\n@Relation \"r\"\n@attribute 'a b' numeric % note\n@attribute s string\n@ATTRIBUTE c {x,'y, \\'z\\''}\n"+
		"@attribute d date \"dd.MM.yyyy HH:mm:ss.SSS\"\n@data\n1.5 , \"it's\\tso\" , 'y, \\'z\\'',  '17.05.2024 08:30:00.250' % end\n\n? ? ? ?\n-1\t'?'\tx\t?,{0.25}\n"), Schema{})
	if err != nil {
		t.Fatal(err)
	}
	wantColumn(t, table, "a b", []float64{1.5, nan, -1}, nil)
	wantColumn(t, table, "s", []float64{1, nan, 0}, []string{"?", "it's\tso"})
	wantColumn(t, table, "c", []float64{1, nan, 0}, []string{"x", "y, 'z'"})
	wantColumn(t, table, "d", []float64{1715934600.25, nan, nan}, nil)
	if !slices.Equal(table.Weight, []float64{1, 1, 0.25}) {
		t.Errorf("weights %v", table.Weight)
	}
	d, err := ClassTarget(Table{X: table.X, Columns: table.Columns[:]}, "c")
	if err == nil || !strings.Contains(err.Error(), "row 1") {
		t.Error(d.Y, err)
	}
}

func TestReadARFFSparse(t *testing.T) {
	in := "@relation r\n@attribute a numeric\n@attribute note string\n@attribute b numeric\n@attribute c {no,yes}\n@data\n{0 1.5, 3 yes}\n{}, {3}\n{1 'x y', 2 ?}\n"
	table, err := ReadARFF(strings.NewReader(in), Schema{Types: map[string]Type{"note": TypeSkip}})
	if err != nil {
		t.Fatal(err)
	}
	x, ok := table.X.(*tensor.CSR[float64])
	if !ok || x.NNZ() != 3 {
		t.Fatalf("X is a %T", table.X)
	}
	wantColumn(t, table, "a", []float64{1.5, 0, 0}, nil)
	wantColumn(t, table, "b", []float64{0, 0, nan}, nil)
	wantColumn(t, table, "c", []float64{1, 0, 0}, []string{"no", "yes"})
	if !slices.Equal(table.Weight, []float64{1, 3, 1}) {
		t.Errorf("weights %v", table.Weight)
	}
	if _, err := ReadARFF(strings.NewReader(in), Schema{}); !errors.Is(err, ErrColumn) {
		t.Error(err)
	}
	d, err := ClassTarget(table, "", "no", "yes")
	if err != nil || !slices.Equal(d.Y, []int{1, 0, 0}) {
		t.Errorf("%v, %v", d.Y, err)
	}
}

func TestReadARFFOverrides(t *testing.T) {
	in := "@relation r\n@attribute n numeric\n@attribute c {x,y,z}\n@data\n1,x\n2,y\n"
	table, err := ReadARFF(strings.NewReader(in), Schema{Types: map[string]Type{"n": TypeCategory}, Like: []Column{{Name: "c", Kind: Categorical, Levels: []string{"y", "x"}}}})
	if err != nil {
		t.Fatal(err)
	}
	wantColumn(t, table, "n", []float64{0, 1}, []string{"1", "2"})
	wantColumn(t, table, "c", []float64{1, 0}, []string{"y", "x"})
}

func TestReadARFFErrors(t *testing.T) {
	head := "@relation r\n@attribute a numeric\n@attribute c {x,y}\n@data\n"
	for in, want := range map[string]string{
		"":                                     "@data",
		"@relation r\n@data\n":                 "without attributes",
		"@relation r\n@attribute a\n@data\n":   "line 2",
		"@attribute a relational\n@data\n":     "numeric, real, integer",
		"@attribute a {x,x}\n@data\n":          "each value once",
		"@attribute a date 'ww'\n@data\n":      "a date pattern",
		"@attribute a {x\n@data\n":             "line 1",
		"@attribute a numeric {x}\n@data\n":    "the end of the line",
		"@attribute 'a numeric\n@data\n":       "a closing quote",
		"@attribute 'a\\u00' numeric\n@data\n": "hexadecimal",
		"hello\n":                              "@relation, @attribute or @data",
		head + "1,x\n2\n":                      "line 6 is 1 cells long",
		head + "1,x,3\n":                       "line 5 is followed by",
		head + "1,w\n":                         "line 5, column 2 (c) is \"w\"",
		head + "v,x\n":                         "line 5, column 1 (a) is \"v\"",
		head + "1,,\n":                         "a value; ? for a missing one",
		head + "1,x,{y}\n":                     "a weight",
		head + "1,x\n{0 1}\n":                  "line 6",
		head + "{0 1}\n1,x\n":                  "sparse ones throughout",
		head + "{1 x, 0 1}\n":                  "rising places",
		head + "{2 1}\n":                       "from 0 to 1",
		head + "{0 1\n":                        "a value",
		"@attribute d date 'dd.MM.yyyy'\n@data\n17-05-2024\n": "a date such as 02.01.2006",
	} {
		_, err := ReadARFF(strings.NewReader(in), Schema{})
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", in, err, want)
			continue
		}
		mustBeTyped(t, err)
	}
}

func TestWriteARFFRoundTrip(t *testing.T) {
	x := tensor.FromSlice([]float64{0.1, 1, 0, nan, 0, 1e300, 2, 0}, 4, 2)
	table := Table{X: x, Columns: []Column{{Name: "it's\n"}, {Name: "c", Kind: Categorical, Levels: []string{"", "?"}}}, Weight: []float64{1, 2, 0.5, 1}}
	x.Set(1, 2, 1)
	for _, m := range []tensor.Matrix{x, tensor.SparseFrom[float64](x)} {
		table.X = m
		var out bytes.Buffer
		if err := WriteARFF(&out, Dataset[int]{Table: table, Y: []int{0, 1, None, 0}, Classes: []string{"no", "yes"}}, "a test"); err != nil {
			t.Fatal(err)
		}
		again, err := ReadARFF(&out, Schema{})
		if err != nil {
			t.Fatal(err)
		}
		wantColumn(t, again, "target", []float64{0, 1, nan, 0}, []string{"no", "yes"})
		if again, err = DropColumns(again, "target"); err != nil {
			t.Fatal(err)
		}
		sameTable(t, again, table)
	}
}
