package ml

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml/tensor"
)

func TestReadJSONLines(t *testing.T) {
	in := `{"a": 1, "city": "Oslo", "ok": true, "zip": "01234"}

{"city": null, "late": -2.5e1, "a": 9007199254740993, "when": "2024-05-17T08:30:00Z"}
{ "zip" : "1" , "mixed" : 1 , "ok" : false }` + "\r\n" + `{"mixed": "caf\u00e9 \"x\"", "meta": {"deep": [1, "}"]}, "when": "1970-01-01"}`
	table, err := ReadJSONLines(strings.NewReader(in), Schema{Types: map[string]Type{"meta": TypeSkip}})
	if err != nil {
		t.Fatal(err)
	}
	wantColumn(t, table, "a", []float64{0, 1, nan, nan}, []string{"1", "9007199254740993"})
	wantColumn(t, table, "city", []float64{0, nan, nan, nan}, []string{"Oslo"})
	wantColumn(t, table, "ok", []float64{1, nan, 0, nan}, nil)
	wantColumn(t, table, "zip", []float64{0, nan, 1, nan}, []string{"01234", "1"})
	wantColumn(t, table, "late", []float64{nan, -25, nan, nan}, nil)
	wantColumn(t, table, "when", []float64{nan, 1715934600, nan, 0}, nil)
	wantColumn(t, table, "mixed", []float64{nan, nan, 0, 1}, []string{"1", "café \"x\""})
	if len(table.Columns) != 7 {
		t.Errorf("%d columns, want 7", len(table.Columns))
	}

	like := Schema{Like: []Column{{Name: "zip", Kind: Categorical, Levels: []string{"1", "01234"}}, {Name: "extra"}}}
	table, err = ReadJSONLines(strings.NewReader(`{"zip":"01234"}`+"\n"+`{"b":1,"zip":"1"}`), like)
	if err != nil {
		t.Fatal(err)
	}
	if table.Columns[0].Name != "zip" || table.Columns[1].Name != "extra" || table.Columns[2].Name != "b" {
		t.Errorf("columns %v", table.Columns)
	}
	wantColumn(t, table, "zip", []float64{1, 0}, []string{"1", "01234"})
	wantColumn(t, table, "extra", []float64{nan, nan}, nil)
}

func TestReadJSONLinesErrors(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":1}` + "\n" + `{"a":{"b":1}}`: "line 2 (a)",
		`{"a":[1]}`:                        "line 1 (a)",
		`[1,2]`:                            "one JSON object",
		`{"a":1,"a":2}`:                    "there twice",
		`{"a":01}`:                         "line 1 (a)",
		`{"a":+1}`:                         "line 1 (a)",
		`{"a":NaN}`:                        "line 1 (a)",
		`{"a":1,}`:                         "a key in quotes",
		`{"a" 1}`:                          "a colon",
		`{"a":1 "b":2}`:                    "a comma",
		`{"a":1} x`:                        "nothing after the object",
		`{"a":"x`:                          "a closing quote",
		`{"a":"\q"}`:                       "a JSON text",
		"{\"a\":\"\t\"}":                   "control characters",
		`{"a":`:                            "a value",
		`{"a":1`:                           "a comma or a closing brace",
	} {
		_, err := ReadJSONLines(strings.NewReader(in), Schema{})
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", in, err, want)
			continue
		}
		mustBeTyped(t, err)
	}
	if _, err := ReadJSONLines(strings.NewReader(`{"a":1}`), Schema{Types: map[string]Type{"b": TypeNumber}}); !errors.Is(err, ErrColumn) {
		t.Error(err)
	}
	if _, err := ReadJSONLines(strings.NewReader(`{"a":"x"}`), Schema{Types: map[string]Type{"a": TypeNumber}}); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "column 1 (a)") {
		t.Error(err)
	}
}

// A key of its own in every line must not make a table as large as the square of the file.
func TestReadJSONLinesRefusesHostileKeys(t *testing.T) {
	var b bytes.Buffer
	for i := range 20_000 {
		b.WriteString(`{"` + strings.Repeat("k", 1+i%7) + string(appendNumber(nil, float64(i))) + "\":1}\n")
	}
	if _, err := ReadJSONLines(&b, Schema{}); !errors.Is(err, ErrShape) {
		t.Error(err)
	}
}

// Keys and texts that only appear in a late block change the whole table, with and without Seek.
func TestReadJSONLinesLateText(t *testing.T) {
	var b strings.Builder
	const rows = 30_000
	for range rows - 1 {
		b.WriteString("{\"a\": 1.50, \"b\": true}\n")
	}
	b.WriteString(`{"b": "x", "new": 3, "a": "y"}`)
	for _, r := range []io.Reader{strings.NewReader(b.String()), io.MultiReader(strings.NewReader(b.String()))} {
		table, err := ReadJSONLines(r, Schema{})
		if err != nil {
			t.Fatal(err)
		}
		if table.Rows() != rows || table.Columns[0].Levels[0] != "1.50" || table.Columns[1].Levels[0] != "true" || table.X.At(rows-1, 2) != 3 || !math.IsNaN(table.X.At(0, 2)) {
			t.Errorf("%d rows, %v", table.Rows(), table.Columns)
		}
	}
}

func TestReadJSONLinesBatches(t *testing.T) {
	var all []float64
	for table, err := range ReadJSONLinesBatches(strings.NewReader("{\"a\":1,\"b\":\"x\"}\n\n{\"b\":\"y\"}\n{\"b\":\"x\",\"a\":2}\n"), Schema{}, 2) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, table.X.(*tensor.Tensor[float64]).Data()...)
	}
	if !sameFloats(all, []float64{1, 0, nan, 1, 2, 0}) {
		t.Error(all)
	}
	var last error
	for _, err := range ReadJSONLinesBatches(strings.NewReader("{\"a\":1}\n{\"b\":1}\n"), Schema{}, 1) {
		last = err
	}
	if !errors.Is(last, ErrFormat) || !strings.Contains(last.Error(), "line 2") {
		t.Error(last)
	}
}

func TestWriteJSONLines(t *testing.T) {
	table := Table{X: tensor.FromSlice([]float64{1, 0, 1.5, 1e21, nan, 0}, 2, 3), Columns: []Column{{Name: "a"}, {Name: "b<", Kind: Categorical, Levels: []string{"x\"\n&"}}, {Name: "at"}}}
	var out bytes.Buffer
	if err := WriteJSONLines(&out, Dataset[int]{Table: table, Y: []int{1, 0}}, Schema{Types: map[string]Type{"at": TypeTime}}); err != nil {
		t.Fatal(err)
	}
	want := `{"a":1,"b<":"x\"\n&","at":"1970-01-01T00:00:01.5Z","target":1}` + "\n" + `{"a":1e+21,"b<":null,"at":"1970-01-01T00:00:00Z","target":0}` + "\n"
	if out.String() != want {
		t.Errorf("%s, want %s", out.String(), want)
	}
	again, err := ReadJSONLines(&out, Schema{Types: map[string]Type{"target": TypeSkip}})
	if err != nil {
		t.Fatal(err)
	}
	sameTable(t, again, table)
	if err := WriteJSONLines(io.Discard, Table{X: tensor.FromSlice([]float64{math.Inf(1)}, 1, 1)}, Schema{}); !errors.Is(err, ErrNotFinite) {
		t.Error(err)
	}
	if err := WriteJSONLines(io.Discard, Table{X: tensor.New[float64](1, 2), Columns: []Column{{Name: "a"}, {Name: "a"}}}, Schema{}); !errors.Is(err, ErrColumn) {
		t.Error(err)
	}
}
