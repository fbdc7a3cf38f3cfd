package ml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/gopherwood-ml/ml/tensor"
)

// nan marks missing cells.
var nan = math.NaN()

func readCSV(t *testing.T, s string, opt CSV) Table {
	t.Helper()
	table, err := ReadCSV(strings.NewReader(s), opt)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// wantColumn checks the numbers of a column, and its levels (nil: numeric).
func wantColumn(t *testing.T, table Table, name string, want []float64, levels []string) {
	t.Helper()
	j, err := findColumn("test", table, name)
	if err != nil {
		t.Fatal(err)
	}
	var got []float64
	for i := range table.Rows() {
		got = append(got, table.X.At(i, j))
	}
	if !sameFloats(got, want) {
		t.Errorf("column %s is %v, want %v", name, got, want)
	}
	if isCategorical(table.Columns, j) != (levels != nil) || levels != nil && !slices.Equal(table.Columns[j].Levels, levels) {
		t.Errorf("column %s has levels %q, want %q", name, table.Columns[j].Levels, levels)
	}
}

func TestReadCSVTypes(t *testing.T) {
	table := readCSV(t, "num,flag,word,day,at,id,mix,none\n"+
		"1,true,b,2024-05-17,1970-01-01T00:01:00Z,9007199254740993,1,\n"+
		" -2.5e1 ,FALSE,a,NA,1970-01-01 01:00:00.5+01:00,9007199254740992,2.0,NA\n"+
		"?,,b,1970-01-02,,1,x,null\n", CSV{})
	wantColumn(t, table, "num", []float64{1, -25, nan}, nil)
	wantColumn(t, table, "flag", []float64{1, 0, nan}, nil)
	wantColumn(t, table, "word", []float64{1, 0, 1}, []string{"a", "b"})
	wantColumn(t, table, "day", []float64{1715904000, nan, 86400}, nil)
	wantColumn(t, table, "at", []float64{60, 0.5, nan}, nil)
	wantColumn(t, table, "id", []float64{2, 1, 0}, []string{"1", "9007199254740992", "9007199254740993"})
	wantColumn(t, table, "mix", []float64{0, 1, 2}, []string{"1", "2.0", "x"})
	wantColumn(t, table, "none", []float64{nan, nan, nan}, nil)
}

func TestReadCSVDeclared(t *testing.T) {
	opt := CSV{Schema: Schema{
		Types:   map[string]Type{"zip": TypeCategory, "ok": TypeBool, "id": TypeNumber, "note": TypeSkip, "when": TypeTime},
		Like:    []Column{{Name: "size", Kind: Categorical, Levels: []string{"S", "M", "L"}}, {Name: "absent"}, {Name: "free", Kind: Categorical}},
		Missing: []string{"-1"},
	}}
	table := readCSV(t, "zip,ok,id,note,when,size,free\n01234,yes,9007199254740993,\"any\nthing\",2024-05-17,L,1\n-1,0,-1,-1,-1,S,2\n", opt)
	if len(table.Columns) != 6 {
		t.Fatalf("%d columns, want 6 without the skipped one", len(table.Columns))
	}
	wantColumn(t, table, "zip", []float64{0, nan}, []string{"01234"})
	wantColumn(t, table, "ok", []float64{1, 0}, nil)
	wantColumn(t, table, "id", []float64{9007199254740992, nan}, nil)
	wantColumn(t, table, "when", []float64{1715904000, nan}, nil)
	wantColumn(t, table, "size", []float64{2, 0}, []string{"S", "M", "L"})
	wantColumn(t, table, "free", []float64{0, 1}, []string{"1", "2"})
}

func TestReadCSVDialects(t *testing.T) {
	table := readCSV(t, "\xef\xbb\xbf# note \" with a quote\r\n\r\nprice ; city\r\n3,14; \"Rio; \"\"A\"\"\"\r\n\r\n-1e2;  Oslo  \r\n", CSV{DecimalComma: true, TrimSpace: true, Comment: '#'})
	wantColumn(t, table, "price", []float64{3.14, -100}, nil)
	wantColumn(t, table, "city", []float64{1, 0}, []string{"Oslo", "Rio; \"A\""})

	table = readCSV(t, "1\tx\n2\t y", CSV{NoHeader: true, Comma: '\t'})
	wantColumn(t, table, "x0", []float64{1, 2}, nil)
	wantColumn(t, table, "x1", []float64{1, 0}, []string{" y", "x"})

	table = readCSV(t, "1,2\n3,4\n", CSV{Names: []string{"a", "b"}, Schema: Schema{Types: map[string]Type{"b": TypeCategory}}})
	wantColumn(t, table, "b", []float64{0, 1}, []string{"2", "4"})

	table = readCSV(t, "a\n1\n\"\"\n\n3", CSV{})
	wantColumn(t, table, "a", []float64{1, nan, 3}, nil)

	table = readCSV(t, "a,b\n", CSV{})
	if n, p := table.X.Dims(); n != 0 || p != 2 {
		t.Errorf("a header alone gives %d x %d", n, p)
	}
	table = readCSV(t, "a,a\n1,2", CSV{}) // two of a name may be read; they can't be chosen
	if _, err := FloatTarget(table, "a"); !errors.Is(err, ErrColumn) {
		t.Error(err)
	}
}

func TestReadCSVErrors(t *testing.T) {
	number := func(name string) CSV { return CSV{Schema: Schema{Types: map[string]Type{name: TypeNumber}}} }
	for _, c := range []struct {
		name, in string
		opt      CSV
		kind     error
		want     string
	}{
		{"number", "id,age\n1,30\n\n2,\"abc\"\n", number("age"), ErrFormat, `line 4, column 2 (age) is "abc": want a number`},
		{"behind quoted lines", "a,b\n\"1\n2\n3\",1\nx,y\n", number("b"), ErrFormat, `line 5, column 2 (b) is "y"`},
		{"inside quoted lines", "a,b\n\"1\n2\n3\",z\nx,y\n", number("b"), ErrFormat, `line 4, column 2 (b) is "z"`},
		{"short", "a,b\n1,2\n3\n", CSV{}, ErrFormat, "line 3 is 1 cells long: want 2"},
		{"long", "a,b\n1,2,3\n", CSV{}, ErrFormat, "line 2 is 3 cells long: want 2"},
		{"bare quote", "a,b\n1,5\" pipe\n", CSV{}, ErrFormat, "line 2, column 2 (b)"},
		{"open quote", "a,b\n1,2\n3,\"x\n\n", CSV{}, ErrFormat, "line 3, column 2 (b)"},
		{"after quote", "a,b\n1,\"x\"y\n", CSV{}, ErrFormat, "line 2, column 2 (b)"},
		{"empty", "", CSV{}, ErrFormat, "line 1"},
		{"only comments", "# x\n\n", CSV{Comment: '#'}, ErrFormat, "the end of the input"},
		{"no such column", "a,b\n1,2\n", number("c"), ErrColumn, `"c"`},
		{"levels", "a\nx\ny\nz\n", CSV{Schema: Schema{MaxLevels: 2}}, ErrColumn, "column 1 (a)"},
		{"unseen", "a\nx\ny\n", CSV{Schema: Schema{Like: []Column{{Name: "a", Kind: Categorical, Levels: []string{"x"}}}}}, ErrFormat, `line 3, column 1 (a) is "y"`},
		{"text for numbers", "a\n1\ny\n", CSV{Schema: Schema{Like: []Column{{Name: "a"}}}}, ErrFormat, `line 3, column 1 (a) is "y"`},
		{"bool", "a\nmaybe\n", CSV{Schema: Schema{Types: map[string]Type{"a": TypeBool}}}, ErrFormat, "true or false"},
		{"time", "a\n17.5.2024\n", CSV{Schema: Schema{Types: map[string]Type{"a": TypeTime}}}, ErrFormat, "a date or a time"},
		{"comma", "", CSV{Comma: '"'}, ErrConfig, "Comma"},
		{"decimal comma", "", CSV{DecimalComma: true, Comma: ','}, ErrConfig, "Comma"},
		{"comment", "", CSV{Comment: ','}, ErrConfig, "Comment"},
		{"max levels", "", CSV{Schema: Schema{MaxLevels: -1}}, ErrConfig, "MaxLevels"},
		{"type", "", CSV{Schema: Schema{Types: map[string]Type{"a": 17}}}, ErrConfig, `Types["a"]`},
	} {
		_, err := ReadCSV(strings.NewReader(c.in), c.opt)
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
			continue
		}
		mustBeTyped(t, err)
	}
	_, err := ReadCSV(io.MultiReader(strings.NewReader("a\n1\n"), iotest.ErrReader(io.ErrUnexpectedEOF)), CSV{})
	if !errors.Is(err, io.ErrUnexpectedEOF) { // as of a gzip file that is cut off
		t.Error(err)
	}
	broken := errors.New("disk on fire")
	_, err = ReadCSV(io.MultiReader(strings.NewReader("a\n1\n"), iotest.ErrReader(broken)), CSV{})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "ml.ReadCSV") {
		t.Error(err)
	}
}

// A word in the last of many blocks makes a column text everywhere, with the text as it was written, whether or not the
// reader can go back; one that can is asked for nothing but Seek.
func TestReadCSVLateText(t *testing.T) {
	var b strings.Builder
	b.WriteString("n,late,id\n")
	const rows = 80_000
	for i := range rows - 1 {
		fmt.Fprintf(&b, "%d,%d.50,%d\n", i, i%7, i)
	}
	b.WriteString("0,unknown,9007199254740993\n")
	levels := []string{"0.50", "1.50", "2.50", "3.50", "4.50", "5.50", "6.50", "unknown"}
	for _, r := range []io.Reader{strings.NewReader(b.String()), io.MultiReader(strings.NewReader(b.String())), iotest.OneByteReader(strings.NewReader(b.String()))} {
		table, err := ReadCSV(r, CSV{})
		if err != nil {
			t.Fatal(err)
		}
		if table.Rows() != rows || !slices.Equal(table.Columns[1].Levels, levels) {
			t.Fatalf("%d rows, levels %q", table.Rows(), table.Columns[1].Levels)
		}
		for i := range rows - 1 {
			if table.X.At(i, 0) != float64(i) || table.X.At(i, 1) != float64(i%7) || table.Columns[2].Levels[int(table.X.At(i, 2))] != strconv.Itoa(i) {
				t.Fatalf("row %d is %v", i, table.X.(*tensor.Tensor[float64]).Row(i))
			}
		}
	}
	_, err := ReadCSV(strings.NewReader(b.String()), CSV{Schema: Schema{Types: map[string]Type{"late": TypeNumber}}})
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("line %d, column 2 (late)", rows+1)) {
		t.Error(err)
	}
}

// Same bytes for any number of cores and any way the reader doles out the input.
func TestReadCSVIsDeterministic(t *testing.T) {
	data := mixedCSV(3 << 20)
	want, err := ReadCSV(bytes.NewReader(data), CSV{})
	if err != nil {
		t.Fatal(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, cores := range []int{1, 2, 8} {
		runtime.GOMAXPROCS(cores)
		got, err := ReadCSV(iotest.HalfReader(bytes.NewReader(data)), CSV{})
		if err != nil {
			t.Fatal(err)
		}
		sameTable(t, got, want)
	}
}

func TestReadCSVBatches(t *testing.T) {
	in := "a,city\n1,x\n2,y\n\n3,y\n4,x\n5,\n"
	var rows []int
	var all []float64
	for table, err := range ReadCSVBatches(strings.NewReader(in), CSV{}, 2) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, table.Rows())
		all = append(all, table.X.(*tensor.Tensor[float64]).Data()...)
		if !slices.Equal(table.Columns[1].Levels, []string{"x", "y"}) {
			t.Errorf("levels %q", table.Columns[1].Levels)
		}
	}
	if !slices.Equal(rows, []int{2, 2, 1}) || !sameFloats(all, []float64{1, 0, 2, 1, 3, 1, 4, 0, 5, nan}) {
		t.Errorf("%v rows, %v", rows, all)
	}

	later := func(in string, opt CSV) error {
		var last error
		for _, err := range ReadCSVBatches(strings.NewReader(in), opt, 2) {
			last = err
		}
		return last
	}
	if err := later("a\n1\n2\nx\n", CSV{}); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "line 4, column 1 (a)") {
		t.Error(err)
	}
	if err := later("a\nx\ny\nz\n", CSV{}); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "UnseenMissing") {
		t.Error(err)
	}
	if err := later("a\nx\ny\nz\n", CSV{Schema: Schema{UnseenMissing: true}}); err != nil {
		t.Error(err)
	}
	if err := later("a\n1\nx\n2\n", CSV{}); err == nil { // "2" is no level of the first batch
		t.Error("an unseen level passes")
	}
	for _, err := range ReadCSVBatches(strings.NewReader(in), CSV{}, 0) {
		if !errors.Is(err, ErrConfig) {
			t.Error(err)
		}
	}
	for range ReadCSVBatches(strings.NewReader("a,b\n"), CSV{}, 5) {
		t.Error("a header alone yields a batch")
	}
	for range ReadCSVBatches(strings.NewReader(in), CSV{}, 2) {
		break // must not go on
	}
}

// Batches of any size, in files of several blocks, hold what the whole file holds.
func TestReadCSVBatchesAddUp(t *testing.T) {
	data := mixedCSV(1 << 20)
	whole, err := ReadCSV(bytes.NewReader(data), CSV{})
	if err != nil {
		t.Fatal(err)
	}
	for _, rows := range []int{999, 1 << 20} {
		var got []float64
		for table, err := range ReadCSVBatches(bytes.NewReader(data), CSV{Schema: Schema{Like: whole.Columns}}, rows) {
			if err != nil {
				t.Fatal(err)
			}
			if n := table.Rows(); n != rows && len(got)/8+n != whole.Rows() {
				t.Fatalf("a batch of %d rows", n)
			}
			got = append(got, table.X.(*tensor.Tensor[float64]).Data()...)
		}
		if !sameFloats(got, whole.X.(*tensor.Tensor[float64]).Data()) {
			t.Errorf("batches of %d differ from the whole", rows)
		}
	}
}

func TestWriteCSVRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	levels := []string{"plain", "com,ma", "quo\"te", "two\nlines", " space ", "#", "\r", "é", "\ufeffx"}
	x := tensor.New[float64](200, 3)
	for i := range 200 {
		x.Set(math.Float64frombits(r.Uint64()), i, 0)
		x.Set(float64(r.IntN(len(levels))), i, 1)
		x.Set(nan, i, r.IntN(3))
		x.Set(float64(r.IntN(1e9)), i, 2)
	}
	want := Table{X: x, Columns: []Column{{Name: "#a"}, {Name: "b,c", Kind: Categorical, Levels: levels}, {Name: "at"}}}
	for _, opt := range []CSV{{}, {Comma: '\t', Comment: '#'}, {DecimalComma: true, TrimSpace: true}, {NoHeader: true},
		{Schema: Schema{Missing: []string{"-", ""}, Types: map[string]Type{"at": TypeTime}}}} {
		var out bytes.Buffer
		if err := WriteCSV(&out, want, opt); err != nil {
			t.Fatal(err)
		}
		opt.Schema.Like = want.Columns
		if opt.NoHeader {
			opt.Schema.Like = []Column{{}, {Kind: Categorical, Levels: levels}, {}}
		}
		got, err := ReadCSV(&out, opt)
		if err != nil {
			t.Fatal(err)
		}
		if opt.NoHeader {
			got.Columns = want.Columns
		}
		sameTable(t, got, want)
	}
}

func TestWriteCSVOfDatasets(t *testing.T) {
	x := tensor.FromSlice([]float64{1, 0, 2, 1}, 2, 2)
	write := func(d Erasable, opt CSV) string {
		t.Helper()
		var out bytes.Buffer
		if err := WriteCSV(&out, d.Any(), opt); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	table := Table{X: x, Columns: []Column{{Name: "a"}, {Name: "b"}}, Weight: []float64{1, 0.5}, Group: []int{7, 8}}
	if got := write(Dataset[int]{Table: table, Y: []int{1, None}, Classes: []string{"no", "yes"}}, CSV{}); got != "a,b,target,weight,group\n1,0,yes,1,7\n2,1,,0.5,8\n" {
		t.Errorf("%q", got)
	}
	if got := write(Data(x, []float64{0.1, 1e21}), CSV{Schema: Schema{Types: map[string]Type{"x1": TypeBool, "x0": TypeSkip}}}); got != "x1,target\nfalse,0.1\ntrue,1e+21\n" {
		t.Errorf("%q", got)
	}
	if got := write(Data(x, [][]int{{0, 1}, {1, 0}}), CSV{NoHeader: true}); got != "1,0,0,1\n2,1,1,0\n" {
		t.Errorf("%q", got)
	}
	for name, c := range map[string]struct {
		d    Erasable
		opt  CSV
		kind error
	}{
		"level NA":         {Table{X: x, Columns: []Column{{}, {Kind: Categorical, Levels: []string{"NA", "b"}}}}, CSV{}, ErrColumn},
		"code":             {Table{X: x, Columns: []Column{{}, {Kind: Categorical, Levels: []string{"a"}}}}, CSV{}, ErrData},
		"short Y":          {Data(x, []float64{1}), CSV{}, ErrShape},
		"strange Y":        {Data(x, []string{"a", "b"}), CSV{}, ErrData},
		"nil X":            {Table{}, CSV{}, ErrShape},
		"two targets":      {Dataset[int]{Table: Table{X: x, Columns: []Column{{Name: "target"}, {}}}, Y: []int{1, 0}}, CSV{}, ErrColumn},
		"not a bool":       {Table{X: x}, CSV{Schema: Schema{Types: map[string]Type{"x0": TypeBool}}}, ErrData},
		"category as bool": {Table{X: x, Columns: []Column{{}, {Kind: Categorical, Levels: []string{"a", "b"}}}}, CSV{Schema: Schema{Types: map[string]Type{"x1": TypeBool}}}, ErrColumn},
		"time":             {Table{X: tensor.FromSlice([]float64{1e300}, 1, 1)}, CSV{Schema: Schema{Types: map[string]Type{"x0": TypeTime}}}, ErrData},
		"no columns":       {Table{X: tensor.New[float64](3, 0)}, CSV{}, ErrShape},
	} {
		if err := WriteCSV(io.Discard, c.d.Any(), c.opt); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v, want %v", name, err, c.kind)
		}
	}
	if err := WriteCSV(failingWriter{}, table, CSV{}); !errors.Is(err, io.ErrShortWrite) {
		t.Error(err)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, io.ErrShortWrite }
