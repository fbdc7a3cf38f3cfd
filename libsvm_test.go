package ml

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// The same text read by scikit-learn. Text has one right value, so the tolerance is 0.
func TestReadLIBSVMAgainstScikitLearn(t *testing.T) {
	want := golden.Load[struct {
		Svm    string      `json:"svm"`
		X      [][]float64 `json:"svm_x"`
		Y      []float64   `json:"svm_y"`
		Qid    []int       `json:"svm_qid"`
		Multi  string      `json:"multi"`
		MultiX [][]float64 `json:"multi_x"`
		MultiY [][]float64 `json:"multi_y"`
	}](t, "testdata/readers.json")
	d, err := ReadLIBSVM(strings.NewReader(want.Svm), LIBSVM{})
	if err != nil {
		t.Fatal(err)
	}
	x, _ := tensor.FromRows(want.X)
	sameTable(t, d.Table, Table{X: x, Group: want.Qid})
	if !slices.Equal(d.Y, want.Y) {
		t.Errorf("targets %v, want %v", d.Y, want.Y)
	}
	c, err := ReadLIBSVMClasses(strings.NewReader(want.Svm), LIBSVM{})
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range c.Y {
		if float64(k) != want.Y[i]+1 {
			t.Errorf("class %d of row %d, want %v", k, i, want.Y[i]+1)
		}
	}
	if !slices.Equal(c.Classes, []string{"-1", "0", "1"}) {
		t.Errorf("classes %q", c.Classes)
	}
	m, err := ReadLIBSVMLabels(strings.NewReader(want.Multi), LIBSVM{})
	if err != nil {
		t.Fatal(err)
	}
	x, _ = tensor.FromRows(want.MultiX)
	sameTable(t, m.Table, Table{X: x})
	for i, labels := range m.Y {
		var got []float64
		for k, on := range labels {
			if on == 1 {
				got = append(got, []float64{1, 2, 3, 10}[k])
			}
		}
		if !slices.Equal(got, want.MultiY[i]) {
			t.Errorf("labels %v of row %d, want %v", got, i, want.MultiY[i])
		}
	}
	if !slices.Equal(m.Classes, []string{"1", "2", "3", "10"}) {
		t.Errorf("labels %q", m.Classes)
	}
}

func TestReadLIBSVMErrors(t *testing.T) {
	for _, c := range []struct {
		in   string
		opt  LIBSVM
		kind error
		want string
	}{
		{"1 1:1\n1 0:1\n", LIBSVM{}, ErrFormat, "line 2"},
		{"1 2:1 2:3\n", LIBSVM{}, ErrFormat, "rise"},
		{"1 2:1 1:3\n", LIBSVM{}, ErrFormat, "rise"},
		{"1 -2:1\n", LIBSVM{}, ErrFormat, "an index"},
		{"1 x:1\n", LIBSVM{}, ErrFormat, "an index"},
		{"1 1:x\n", LIBSVM{}, ErrFormat, "a number"},
		{"1 1\n", LIBSVM{}, ErrFormat, "index:value"},
		{"x 1:1\n", LIBSVM{}, ErrFormat, "a number as target"},
		{"1 2147483648:1\n", LIBSVM{}, ErrFormat, "at most 2147483647 columns"},
		{"1 99999999999999999999:1\n", LIBSVM{}, ErrFormat, "an index"},
		{"1 4:1\n", LIBSVM{Features: 3}, ErrFormat, "3 declared"},
		{"1 qid:x 1:1\n", LIBSVM{}, ErrFormat, "qid"},
		{"1 qid:1 1:1\n1 1:1\n", LIBSVM{}, ErrFormat, "qid in every row"},
		{"1 1:1 qid:1\n", LIBSVM{}, ErrFormat, "an index"},
		{"1 1:1\n", LIBSVM{Features: -1}, ErrConfig, "Features"},
		{"1 1:1\n", LIBSVM{Classes: []string{"1"}}, ErrConfig, "Classes"},
	} {
		_, err := ReadLIBSVM(strings.NewReader(c.in), c.opt)
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.in, err, c.want)
		}
	}
	for in, opt := range map[string]LIBSVM{"3 1:1\n": {Classes: []string{"1", "2"}}, "nan 1:1\n": {}} {
		if _, err := ReadLIBSVMClasses(strings.NewReader(in), opt); !errors.Is(err, ErrTarget) || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%q: %v", in, err)
		}
	}
	for _, classes := range [][]string{{"a"}, {"1", "1.0"}} {
		if _, err := ReadLIBSVMClasses(strings.NewReader("1 1:1"), LIBSVM{Classes: classes}); !errors.Is(err, ErrConfig) {
			t.Error(err)
		}
	}
}

// One huge index makes a wide matrix, which takes no memory.
func TestReadLIBSVMHugeIndex(t *testing.T) {
	d, err := ReadLIBSVM(strings.NewReader("1 2147483647:2\n0 1:1\n"), LIBSVM{})
	if err != nil {
		t.Fatal(err)
	}
	if n, p := d.X.Dims(); n != 2 || p != 2147483647 || d.X.At(0, p-1) != 2 {
		t.Errorf("%d x %d", n, p)
	}
}

func TestWriteLIBSVM(t *testing.T) {
	x := tensor.FromSlice([]float64{0, 1.5, 0, 0, -1e-7, 3}, 3, 2)
	write := func(d Erasable, opt LIBSVM) string {
		t.Helper()
		var out bytes.Buffer
		if err := WriteLIBSVM(&out, d.Any(), opt); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	for _, c := range []struct {
		d    Erasable
		opt  LIBSVM
		want string
	}{
		{Data(x, []float64{0.5, 1, -2}), LIBSVM{}, "0.5 2:1.5\n1\n-2 1:-1e-07 2:3\n"},
		{Data(tensor.SparseFrom[float32](x), []int{0, 1, 0}), LIBSVM{ZeroBased: true}, "0 1:1.5\n1\n0 0:-1.0000000116860974e-07 1:3\n"},
		{Dataset[int]{Table: Table{X: x, Group: []int{4, 4, 5}}, Y: []int{0, 1, 0}, Classes: []string{"-1", "1"}}, LIBSVM{}, "-1 qid:4 2:1.5\n1 qid:4\n-1 qid:5 1:-1e-07 2:3\n"},
		{Dataset[int]{Table: Table{X: x}, Y: []int{0, 1, 0}, Classes: []string{"no", "yes"}}, LIBSVM{}, "0 2:1.5\n1\n0 1:-1e-07 2:3\n"},
		{Data(x, [][]int{{1, 1}, {0, 0}, {0, 1}}), LIBSVM{}, "0,1 2:1.5\n 1:0\n1 1:-1e-07 2:3\n"},
	} {
		if got := write(c.d, c.opt); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	for _, d := range []Erasable{Table{X: x}, Dataset[int]{Table: Table{X: x, Weight: []float64{1, 1, 1}}, Y: []int{0, 0, 0}}, Data(x, []int{0, -1, 0}), Data(x, []float64{1}), Table{}} {
		if err := WriteLIBSVM(io.Discard, d.Any(), LIBSVM{}); err == nil {
			t.Errorf("%v is written", d)
		}
	}
}
