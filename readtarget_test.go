package ml

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml/tensor"
	"gonum.org/v1/gonum/mat"
)

func TestClassTarget(t *testing.T) {
	table := readCSV(t, "a,species,y,half\n1,virginica,2,0.5\n2,setosa,-0,1.5\n3,virginica,10,2.5\n", CSV{})
	d, err := ClassTarget(table, "species")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Y, []int{1, 0, 1}) || !slices.Equal(d.Classes, []string{"setosa", "virginica"}) || len(d.Columns) != 3 || d.Columns[1].Name != "y" {
		t.Errorf("%v of %q, columns %v", d.Y, d.Classes, d.Columns)
	}
	if d, err = ClassTarget(table, "species", "virginica", "versicolor", "setosa"); err != nil || !slices.Equal(d.Y, []int{0, 2, 0}) || d.K() != 3 {
		t.Errorf("%v of %q, %v", d.Y, d.Classes, err)
	}
	if d, err = ClassTarget(table, "y"); err != nil || !slices.Equal(d.Y, []int{1, 0, 2}) || !slices.Equal(d.Classes, []string{"0", "2", "10"}) {
		t.Errorf("%v of %q, %v", d.Y, d.Classes, err)
	}
	if d, err = ClassTarget(table, "y", "10", "2", "1", "0"); err != nil || !slices.Equal(d.Y, []int{1, 3, 0}) {
		t.Errorf("%v of %q, %v", d.Y, d.Classes, err)
	}
	for _, c := range []struct {
		err  error
		kind error
		want string
	}{
		{second(ClassTarget(table, "nope")), ErrColumn, "a, species, y, half"},
		{second(ClassTarget(table, "half")), ErrTarget, "row 0, column 3 (half)"},
		{second(ClassTarget(table, "")), ErrTarget, "(half)"},
		{second(ClassTarget(table, "species", "setosa")), ErrTarget, `row 0, column 1 (species) is "virginica"`},
		{second(ClassTarget(readCSV(t, "a,y\n1,x\n2,\n", CSV{}), "y")), ErrTarget, "row 1, column 1 (y) is missing"},
		{second(ClassTarget(Table{}, "y")), ErrShape, "nil"},
		{second(FloatTarget(table, "species")), ErrColumn, "categorical"},
		{second(FloatTarget(readCSV(t, "a,y\n1,2\n2,\n", CSV{}), "y")), ErrTarget, "row 1, column 1 (y) is missing"},
	} {
		if !errors.Is(c.err, c.kind) || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%v, want %q", c.err, c.want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// The columns that stay are the same whatever holds them, and wherever the one that goes stood.
func TestTargetsOfEveryMatrix(t *testing.T) {
	dense := tensor.FromSlice([]float64{1, 2, 3, 4, 5, 6}, 2, 3)
	for _, x := range []tensor.Matrix{dense, dense.To32(), tensor.SparseFrom[float64](dense), tensor.SparseFrom[float32](dense), mat.NewDense(2, 3, dense.Data())} {
		for j, want := range [][]float64{{2, 3, 5, 6}, {1, 3, 4, 6}, {1, 2, 4, 5}} {
			d, err := FloatTarget(Table{X: x}, ColumnName(nil, j))
			if err != nil {
				t.Fatal(err)
			}
			if got := tensor.FromMatrix[float64](d.X).Data(); !slices.Equal(got, want) || !slices.Equal(d.Y, []float64{float64(1 + j), float64(4 + j)}) {
				t.Errorf("%T without column %d is %v and the target %v", x, j, got, d.Y)
			}
		}
	}
}

func TestWeightAndGroupColumns(t *testing.T) {
	table := readCSV(t, "a,w,g,user,y\n1,0.5,3,ann,7\n2,2,-1,bob,8\n3,1,3,ann,9\n", CSV{})
	table, err := WeightColumn(table, "w")
	if err != nil {
		t.Fatal(err)
	}
	byNumber, err := GroupColumn(table, "g")
	if err != nil {
		t.Fatal(err)
	}
	byName, err := GroupColumn(byNumber, "user")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(byName.Weight, []float64{0.5, 2, 1}) || !slices.Equal(byNumber.Group, []int{3, -1, 3}) || !slices.Equal(byName.Group, []int{0, 1, 0}) || len(byName.Columns) != 2 {
		t.Errorf("%v %v %v %v", byName.Weight, byNumber.Group, byName.Group, byName.Columns)
	}
	if _, err := GroupColumn(readCSV(t, "g\n1\n\"\"\n", CSV{}), "g"); !errors.Is(err, ErrData) {
		t.Error(err)
	}
	if _, err := WeightColumn(readCSV(t, "g\n1\n\"\"\n", CSV{}), "g"); !errors.Is(err, ErrWeight) {
		t.Error(err)
	}
}

func TestKeepAndDropColumns(t *testing.T) {
	table := readCSV(t, "a,b,c,d\n1,2,3,x\n4,5,6,y\n", CSV{})
	kept, err := KeepColumns(table, "d", "a")
	if err != nil || kept.Columns[0].Name != "d" || !slices.Equal(kept.X.(*tensor.Tensor[float64]).Data(), []float64{0, 1, 1, 4}) {
		t.Errorf("%v %v %v", kept.Columns, kept.X, err)
	}
	dropped, err := DropColumns(table, "b", "d")
	if err != nil || !slices.Equal(dropped.X.(*tensor.Tensor[float64]).Data(), []float64{1, 3, 4, 6}) {
		t.Errorf("%v %v", dropped.X, err)
	}
	if _, err := KeepColumns(table, "a", "z"); !errors.Is(err, ErrColumn) {
		t.Error(err)
	}
	if none, err := DropColumns(table, "a", "b", "c", "d"); err != nil || none.Rows() != 2 {
		t.Errorf("%v %v", none, err)
	}
}

// The batches of a file become what FitStream takes; naming the classes makes their codes agree.
func TestBatchesOfDatasets(t *testing.T) {
	in := "a,y\n1,5\n2,5\n3,9\n4,5\n"
	var codes []int
	tables := ReadCSVBatches(strings.NewReader(in), CSV{}, 2)
	for d, err := range Batches(tables, func(t Table) (Dataset[int], error) { return ClassTarget(t, "y", "5", "9") }) {
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, d.Y...)
	}
	if !slices.Equal(codes, []int{0, 0, 1, 0}) {
		t.Error(codes)
	}
	n := 0
	for _, err := range Batches(ReadCSVBatches(strings.NewReader(in), CSV{}, 1), func(t Table) (Dataset[int], error) { return ClassTarget(t, "y", "5") }) {
		if n++; (err != nil) != (n == 3) {
			t.Error(n, err)
		}
	}
	if n != 3 {
		t.Errorf("%d batches after an error in the third", n)
	}
}
