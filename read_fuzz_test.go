package ml

import (
	"bytes"
	"errors"
	"io"
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/tensor"
)

// sameFloats also holds for NaN in the same places.
func sameFloats(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) })
}

// sameTable compares numbers, names, kinds and levels. An unnamed column may have got the name it goes by.
func sameTable(t *testing.T, got, want Table) {
	t.Helper()
	n, p := want.X.Dims()
	if m, q := got.X.Dims(); m != n || q != p {
		t.Fatalf("%d x %d, want %d x %d", m, q, n, p)
	}
	a, b := tensor.FromMatrix[float64](got.X).Data(), tensor.FromMatrix[float64](want.X).Data()
	if !sameFloats(a, b) {
		t.Fatalf("X is\n%v\nwant\n%v", a, b)
	}
	if !sameFloats(got.Weight, want.Weight) || !slices.Equal(got.Group, want.Group) {
		t.Fatalf("weights %v and groups %v, want %v and %v", got.Weight, got.Group, want.Weight, want.Group)
	}
	for j := range p {
		if ColumnName(got.Columns, j) != ColumnName(want.Columns, j) {
			t.Fatalf("column %d is called %q, want %q", j, ColumnName(got.Columns, j), ColumnName(want.Columns, j))
		}
		if isCategorical(got.Columns, j) != isCategorical(want.Columns, j) {
			t.Fatalf("column %d is another kind", j)
		}
		if isCategorical(want.Columns, j) && !slices.Equal(got.Columns[j].Levels, want.Columns[j].Levels) {
			t.Fatalf("column %d has levels %q, want %q", j, got.Columns[j].Levels, want.Columns[j].Levels)
		}
	}
}

// distinctNames says that Like can tell the columns apart.
func distinctNames(t Table) bool {
	seen := map[string]bool{}
	for j := range t.Columns {
		seen[ColumnName(t.Columns, j)] = true
	}
	return len(seen) == len(t.Columns)
}

// mustBeTyped makes sure that bad input gives an *Error.
func mustBeTyped(t *testing.T, err error) {
	t.Helper()
	if e := (*Error)(nil); !errors.As(err, &e) || e.Where == "" || e.Kind == nil {
		t.Fatalf("not a complete *Error: %#v", err)
	}
}

// FuzzReadCSV: what can be read is no larger than its text allows, and survives being written, read again and read in
// batches.
func FuzzReadCSV(f *testing.F) {
	f.Add([]byte("a,b,c\n1,x,true\n2.5,\"y \"\"q\"\"\nz\",false\n"), byte(0))
	f.Add([]byte("\xef\xbb\xbf a ; b \r\n# note \" \r\n\r\n1,5; 2024-05-17 \r\nNA;2024-05-17T08:30:00.25+02:00"), byte(2|4|8))
	f.Add([]byte("9007199254740993,007\n1,1e-300\n?,inf\n"), byte(1))
	f.Add([]byte("a\n\"\"\n\" # \"\n"), byte(2))
	f.Add([]byte("a,a,\n1,2,3\nx,,\"\r\"\n"), byte(16))
	f.Fuzz(func(t *testing.T, data []byte, flags byte) {
		opt := CSV{NoHeader: flags&1 != 0, TrimSpace: flags&4 != 0, DecimalComma: flags&8 != 0}
		if flags&2 != 0 {
			opt.Comment = '#'
		}
		if flags&16 != 0 {
			opt.Schema.Missing = []string{"-9"}
		}
		table, err := ReadCSV(bytes.NewReader(data), opt)
		if err != nil {
			mustBeTyped(t, err)
			return
		}
		if n, p := table.X.Dims(); n*p > len(data)+1 { // a cell takes its separator at least, but for the last
			t.Fatalf("%d x %d of %d bytes", n, p, len(data))
		}
		if streamed, err := ReadCSV(onlyReader{bytes.NewReader(data)}, opt); err != nil {
			t.Fatal(err)
		} else {
			sameTable(t, streamed, table)
		}
		if !distinctNames(table) {
			return
		}
		var out bytes.Buffer
		if err := WriteCSV(&out, table, opt); err != nil {
			t.Fatal(err)
		}
		opt.Schema.Like = table.Columns
		again, err := ReadCSV(&out, opt)
		if err != nil {
			t.Fatalf("%v in\n%q", err, out.String())
		}
		sameTable(t, again, table)
		var parts []float64
		for part, err := range ReadCSVBatches(bytes.NewReader(data), opt, 3) {
			if err != nil {
				t.Fatal(err)
			}
			parts = append(parts, part.X.(*tensor.Tensor[float64]).Data()...)
		}
		if whole := table.X.(*tensor.Tensor[float64]).Data(); !sameFloats(parts, whole) {
			t.Fatalf("batches hold\n%v\nand the whole\n%v", parts, whole)
		}
	})
}

// FuzzReadJSONLines: what can be read survives being written, read again and read in batches.
func FuzzReadJSONLines(f *testing.F) {
	f.Add([]byte("{\"a\": 1, \"b\": \"x\"}\n{\"b\": null, \"c\": true}\r\n\n{}\n"))
	f.Add([]byte(`{"a":1.5e3,"t":"2024-05-17T08:30:00Z"}` + "\n" + `{"a":"\u00e9\ud83d\ude00\n","t":"2024-05-17"}`))
	f.Add([]byte("{\"id\":9007199254740993}\n{\"id\":-0}"))
	f.Add([]byte("{\"a\":{\"b\":[1]}}"))
	f.Add([]byte("{\"\xff\":\"\xfe\"}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := ReadJSONLines(bytes.NewReader(data), Schema{})
		if err != nil {
			mustBeTyped(t, err)
			return
		}
		n, p := table.X.Dims()
		if n*p > max(1<<22, 1000*len(data)) {
			t.Fatalf("%d x %d of %d bytes", n, p, len(data))
		}
		if p == 0 || !distinctNames(table) {
			return
		}
		var out bytes.Buffer
		if err := WriteJSONLines(&out, table, Schema{}); err != nil {
			if errors.Is(err, ErrNotFinite) {
				return // a number beyond float64
			}
			t.Fatal(err)
		}
		opt := Schema{Like: table.Columns}
		again, err := ReadJSONLines(&out, opt)
		if err != nil {
			t.Fatalf("%v in\n%q", err, out.String())
		}
		sameTable(t, again, table)
		var parts []float64
		for part, err := range ReadJSONLinesBatches(bytes.NewReader(data), opt, 2) {
			if err != nil {
				t.Fatal(err)
			}
			parts = append(parts, part.X.(*tensor.Tensor[float64]).Data()...)
		}
		if whole := table.X.(*tensor.Tensor[float64]).Data(); !slices.ContainsFunc(table.Columns, func(c Column) bool { return c.Name == "" }) && !sameFloats(parts, whole) {
			t.Fatalf("batches hold\n%v\nand the whole\n%v", parts, whole)
		}
	})
}

// FuzzReadLIBSVM: what can be read survives being written and read again, as numbers, classes and labels.
func FuzzReadLIBSVM(f *testing.F) {
	f.Add([]byte("1 1:0.5 7:-1e3 # note\n-1 qid:3 2:nan\n"), false)
	f.Add([]byte("1 qid:3 0:1\r\n\n+2.5 qid:4 2147483646:1"), true)
	f.Add([]byte("1,3,5 2:1\n 1:1\n2\n"), false)
	f.Fuzz(func(t *testing.T, data []byte, zero bool) {
		opt := LIBSVM{ZeroBased: zero}
		if d, err := ReadLIBSVM(bytes.NewReader(data), opt); err != nil {
			mustBeTyped(t, err)
		} else if _, p := d.X.Dims(); p > 0 {
			again := rereadLIBSVM(t, d, opt, ReadLIBSVM)
			if !sameFloats(again.Y, d.Y) {
				t.Fatalf("targets %v, want %v", again.Y, d.Y)
			}
		}
		if d, err := ReadLIBSVMClasses(bytes.NewReader(data), opt); err != nil {
			mustBeTyped(t, err)
		} else if _, p := d.X.Dims(); p > 0 {
			again := rereadLIBSVM(t, d, opt, ReadLIBSVMClasses)
			if !slices.Equal(again.Y, d.Y) || !slices.Equal(again.Classes, d.Classes) {
				t.Fatalf("classes %v of %q, want %v of %q", again.Y, again.Classes, d.Y, d.Classes)
			}
		}
		if d, err := ReadLIBSVMLabels(bytes.NewReader(data), opt); err != nil {
			mustBeTyped(t, err)
		} else if _, p := d.X.Dims(); p > 0 {
			again := rereadLIBSVM(t, d, opt, ReadLIBSVMLabels)
			if !slices.EqualFunc(again.Y, d.Y, slices.Equal) || !slices.Equal(again.Classes, d.Classes) {
				t.Fatalf("labels %v of %q, want %v of %q", again.Y, again.Classes, d.Y, d.Classes)
			}
		}
	})
}

// FuzzReadARFF: what can be read survives being written and read again.
func FuzzReadARFF(f *testing.F) {
	f.Add([]byte("% note\n@RELATION r\n@attribute 'a b' REAL\n@attribute c {x, 'y z'}\n@data\n1.5,'y z'\n?,x,{0.5}\n"))
	f.Add([]byte("@relation r\n@attribute a numeric\n@attribute c {no,yes}\n@data\n{0 1, 1 yes}\n{}, {2}\n{1 ?}\n"))
	f.Add([]byte("@relation r\n@attribute s string\n@attribute d date 'dd.MM.yyyy'\n@data\n'it\\'s \\u00e9' 17.05.2024\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := ReadARFF(bytes.NewReader(data), Schema{})
		if err != nil {
			mustBeTyped(t, err)
			return
		}
		var out bytes.Buffer
		if err := WriteARFF(&out, table, "r"); err != nil {
			t.Fatal(err)
		}
		again, err := ReadARFF(&out, Schema{})
		if err != nil {
			t.Fatalf("%v in\n%q", err, out.String())
		}
		if n, p := table.X.Dims(); n*p < 1<<20 {
			sameTable(t, again, table)
		}
	})
}

// rereadLIBSVM writes and reads d, and compares X without its stored zeros.
func rereadLIBSVM[Y any](t *testing.T, d Dataset[Y], opt LIBSVM, read func(r io.Reader, opt LIBSVM) (Dataset[Y], error)) Dataset[Y] {
	t.Helper()
	var out bytes.Buffer
	if err := WriteLIBSVM(&out, d, opt); err != nil {
		t.Fatal(err)
	}
	_, opt.Features = d.X.Dims()
	again, err := read(&out, opt)
	if err != nil {
		t.Fatalf("%v in\n%q", err, out.String())
	}
	p1, i1, v1 := again.X.(*tensor.CSR[float64]).Prune().Arrays()
	p2, i2, v2 := d.X.(*tensor.CSR[float64]).Prune().Arrays()
	if !slices.Equal(p1, p2) || !slices.Equal(i1, i2) || !sameFloats(v1, v2) || !slices.Equal(again.Group, d.Group) {
		t.Fatalf("read back\n%v %v %v %v\nwant\n%v %v %v %v", p1, i1, v1, again.Group, p2, i2, v2, d.Group)
	}
	return again
}

// onlyReader hides every other method: it can't be read twice.
type onlyReader struct{ r *bytes.Reader }

func (o onlyReader) Read(b []byte) (int, error) { return o.r.Read(b) }
