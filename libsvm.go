package ml

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/gopherwood-ml/ml/internal/text"
	"github.com/gopherwood-ml/ml/tensor"
)

// LIBSVM says how a file in the format of LIBSVM and svmlight is written: a line for each row, "1.5 qid:3 1:0.2 7:1"
// with the target, an optional query and the columns that are not zero. A hash begins a comment. The zero value suits
// the usual file.
type LIBSVM struct {
	ZeroBased bool     // columns count from 0; false: from 1, as usual, and a 0 is an error
	Features  int      // columns; 0: as many as the largest index says. Give it for a test file, which may lack the last ones
	Classes   []string // the classes or labels in order, as the file writes them, shortest: "-1", "2"; nil: those that occur, in rising order. For regression it has no meaning and must be nil
}

// ReadLIBSVM reads a whole file whose targets are numbers. X is a *tensor.CSR[float64], so wide data takes memory for
// its entries only; the number of columns itself costs nothing until a model is fitted. Queries become Group.
//
// Indices must rise along a line: a duplicate or an unsorted one is an error, as is one beyond Features or 2^31-2. A qid
// in some rows only is an error. Errors name the line and unwrap to ErrFormat, ErrConfig or the error of r.
func ReadLIBSVM(r io.Reader, opt LIBSVM) (Dataset[float64], error) {
	const where = "ml.ReadLIBSVM"
	if opt.Classes != nil {
		return Dataset[float64]{}, BadConfig(where, "Classes", opt.Classes, "nil for numeric targets; ReadLIBSVMClasses reads classes")
	}
	s, err := opt.read(where, r, false)
	if err != nil {
		return Dataset[float64]{}, err
	}
	return Dataset[float64]{Table: svmTable(s), Y: s.Target}, nil
}

// ReadLIBSVMClasses reads a whole file whose targets are classes: any numbers, such as -1 and +1, which become codes in
// rising order. See ReadLIBSVM.
func ReadLIBSVMClasses(r io.Reader, opt LIBSVM) (Dataset[int], error) {
	const where = "ml.ReadLIBSVMClasses"
	s, err := opt.read(where, r, false)
	if err != nil {
		return Dataset[int]{}, err
	}
	code, classes, err := opt.codes(where, s, s.Target)
	if err != nil {
		return Dataset[int]{}, err
	}
	y := make([]int, s.Rows)
	for i, v := range s.Target {
		k, ok := code[v+0]
		if !ok {
			return Dataset[int]{}, svmTarget(where, s.Lines[i], v, classes)
		}
		y[i] = k
	}
	return Dataset[int]{Table: svmTable(s), Y: y, Classes: classes}, nil
}

// ReadLIBSVMLabels reads a whole file with any number of labels in each line: "1,3,5 2:0.1", and nothing in front of
// the first column where there are none. Y holds 0 or 1 for each label in rising order, whose names are Classes. See
// ReadLIBSVM. Y is dense: rows times labels more than 2^28 are refused (ErrShape).
func ReadLIBSVMLabels(r io.Reader, opt LIBSVM) (Dataset[[]int], error) {
	const where = "ml.ReadLIBSVMLabels"
	s, err := opt.read(where, r, true)
	if err != nil {
		return Dataset[[]int]{}, err
	}
	code, classes, err := opt.codes(where, s, slices.Concat(s.Labels...))
	if err != nil {
		return Dataset[[]int]{}, err
	}
	if n := len(classes); n > 0 && s.Rows > maxLabelCells/n {
		return Dataset[[]int]{}, BadShape(where, "Y", fmt.Sprintf("%d rows of %d labels", s.Rows, n), "at most 2^28 values")
	}
	y := make([][]int, s.Rows)
	all := make([]int, s.Rows*len(classes))
	for i, labels := range s.Labels {
		y[i], all = all[:len(classes):len(classes)], all[len(classes):]
		for _, v := range labels {
			k, ok := code[v+0]
			if !ok {
				return Dataset[[]int]{}, svmTarget(where, s.Lines[i], v, classes)
			}
			y[i][k] = 1
		}
	}
	return Dataset[[]int]{Table: svmTable(s), Y: y, Classes: classes}, nil
}

// maxLabelCells bounds the dense targets: each row of a small hostile file could have a label of its own.
const maxLabelCells = 1 << 28

func (l LIBSVM) read(where string, r io.Reader, labels bool) (*text.Sparse, error) {
	if l.Features < 0 || l.Features > math.MaxInt32 {
		return nil, BadConfig(where, "Features", l.Features, "0 to 2^31-1")
	}
	s, fault := text.ReadSVM(r, text.SVM{ZeroBased: l.ZeroBased, Features: l.Features, Multi: labels})
	if fault != nil {
		return nil, readError(where, "line", fault)
	}
	return s, nil
}

// codes numbers the classes that occur, or the declared ones.
func (l LIBSVM) codes(where string, s *text.Sparse, values []float64) (map[float64]int, []string, error) {
	code := map[float64]int{}
	if l.Classes != nil {
		for k, name := range l.Classes {
			v, err := strconv.ParseFloat(name, 64)
			if err != nil || math.IsNaN(v) {
				return nil, nil, BadConfig(where, fmt.Sprintf("Classes[%d]", k), strconv.Quote(name), "a number, which is all that this format knows")
			}
			code[v+0] = k
		}
		if len(code) < len(l.Classes) {
			return nil, nil, BadConfig(where, "Classes", l.Classes, "numbers that differ")
		}
		return code, slices.Clone(l.Classes), nil
	}
	var distinct []float64
	for i, v := range values {
		if math.IsNaN(v) {
			return nil, nil, svmTarget(where, s.Lines[i], v, nil)
		}
		if _, ok := code[v+0]; !ok {
			code[v+0] = 0
			distinct = append(distinct, v+0)
		}
	}
	slices.Sort(distinct)
	classes := make([]string, len(distinct))
	for k, v := range distinct {
		code[v], classes[k] = k, valueText(nil, 0, v)
	}
	return code, classes, nil
}

func svmTarget(where string, line int, v float64, classes []string) error {
	want := "a class"
	if classes != nil {
		want = fmt.Sprintf("one of the %d Classes", len(classes))
	}
	return &Error{Where: where, Field: fmt.Sprintf("line %d, the target", line), Found: fmt.Sprint(v), Want: want, Kind: ErrTarget}
}

func svmTable(s *text.Sparse) Table {
	return Table{X: sparseMatrix(s.Rows, s.Cols, s.Indptr, s.Indices, s.Values), Group: s.Group}
}

// WriteLIBSVM writes a Dataset of numbers, classes or labels, with numbers as the shortest text that gives the same
// float64. Zeros are left out, so what is read back equals X as a matrix, though columns of zeros at the end need
// Features. Classes are written by name if every name is a number, and as their codes otherwise. Group becomes qid. The
// format has no place for the names of columns, for levels (codes are written) and for weights, which are an error
// (ErrData), as are targets that it can't hold.
func WriteLIBSVM[D Erasable](w io.Writer, d D, opt LIBSVM) error {
	const where = "ml.WriteLIBSVM"
	a := d.Any()
	if err := checkMatrix(where, a.X); err != nil {
		return err
	}
	n, p := a.X.Dims()
	switch {
	case opt.Classes != nil:
		return BadConfig(where, "Classes", opt.Classes, "nil: a Dataset has its own")
	case opt.Features != 0 && opt.Features != p:
		return BadConfig(where, "Features", opt.Features, fmt.Sprintf("0, or %d, the columns of X", p))
	case a.Weight != nil:
		return &Error{Where: where, Field: "Weight", Found: "set", Want: "nil, for the format has no weights", Kind: ErrData}
	case p == 0:
		return BadShape(where, "X", "without columns", "at least one")
	case a.Group != nil && len(a.Group) != n:
		return BadShape(where, "Group", fmt.Sprintf("a list of %d", len(a.Group)), fmt.Sprint(n))
	}
	target, err := svmTargets(where, a, n)
	if err != nil {
		return err
	}
	base := 1
	if opt.ZeroBased {
		base = 0
	}
	out := bufio.NewWriterSize(w, 1<<16)
	var b []byte
	for i := range n {
		b = target(b[:0], i)
		if a.Group != nil {
			b = strconv.AppendInt(append(b, " qid:"...), int64(a.Group[i]), 10)
		}
		eachNonZero(a.X, i, p, func(j int, v float64) {
			b = strconv.AppendInt(append(b, ' '), int64(j+base), 10)
			b = appendNumber(append(b, ':'), v)
		})
		if len(b) == 0 { // neither a label nor an entry: say so with a zero, for a blank line is no row
			b = append(strconv.AppendInt(append(b, ' '), int64(base), 10), ":0"...)
		}
		out.Write(append(b, '\n')) // an error waits for Flush
	}
	return out.Flush()
}

// svmTargets returns what writes the target of a row.
func svmTargets(where string, a AnyData, n int) (func(dst []byte, i int) []byte, error) {
	names := make([]string, a.K())
	for k := range names {
		names[k] = strconv.Itoa(k)
	}
	if labels, ok := a.Y.([][]int); ok && len(labels) > 0 {
		for k := range labels[0] {
			names = append(names, strconv.Itoa(k))
		}
	}
	numeric := a.Classes != nil
	for _, c := range a.Classes {
		v, err := strconv.ParseFloat(c, 64)
		numeric = numeric && err == nil && !math.IsNaN(v) && valueText(nil, 0, v) == c
	}
	if numeric {
		names = a.Classes
	}
	length, bad := 0, func(i int, want string) error {
		return &Error{Where: where, Field: fmt.Sprintf("Y[%d]", i), Found: "another", Want: want, Kind: ErrTarget}
	}
	var write func(dst []byte, i int) []byte
	switch y := a.Y.(type) {
	case []float64:
		length = len(y)
		write = func(dst []byte, i int) []byte { return appendNumber(dst, y[i]) }
	case []int:
		length = len(y)
		for i, c := range y {
			if c < 0 || c >= len(names) {
				return nil, bad(i, fmt.Sprintf("a class code 0 to %d", len(names)-1))
			}
		}
		write = func(dst []byte, i int) []byte { return append(dst, names[y[i]]...) }
	case [][]int:
		length = len(y)
		for i, labels := range y {
			if len(labels) > len(names) {
				return nil, bad(i, fmt.Sprintf("%d labels", len(names)))
			}
		}
		write = func(dst []byte, i int) []byte {
			for k, on := range y[i] {
				if on != 0 {
					if len(dst) > 0 {
						dst = append(dst, ',')
					}
					dst = append(dst, names[k]...)
				}
			}
			return dst
		}
	default:
		return nil, &Error{Where: where, Field: "Y", Found: fmt.Sprintf("a %T", a.Y), Want: "[]float64, []int or [][]int", Kind: ErrData}
	}
	if length != n {
		return nil, BadShape(where, "Y", fmt.Sprintf("a list of %d", length), fmt.Sprintf("%d, one for each row of X", n))
	}
	return write, nil
}

// eachNonZero calls f for what is not zero in row i of x, from left to right.
func eachNonZero(x tensor.Matrix, i, p int, f func(j int, v float64)) {
	switch x := x.(type) {
	case *tensor.CSR[float64]:
		cols, vals := x.RowNZ(i)
		for k, j := range cols {
			if vals[k] != 0 {
				f(int(j), vals[k])
			}
		}
	case *tensor.CSR[float32]:
		cols, vals := x.RowNZ(i)
		for k, j := range cols {
			if vals[k] != 0 {
				f(int(j), float64(vals[k]))
			}
		}
	default:
		for j := range p {
			if v := x.At(i, j); v != 0 {
				f(j, v)
			}
		}
	}
}
