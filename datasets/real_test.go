package datasets

import (
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// Summary (exported, as golden.Load fills exported fields only) is what testdata/real.json says of the columns of one set.
type Summary struct {
	Shape       []int
	Names       []string
	Sum         []float64
	SumSquares  []float64 `json:"sum_squares"`
	Missing     []int
	First, Last []float64
}

type coded struct { // a set with classes
	Summary
	Classes     []string
	ClassCounts []int `json:"class_counts"`
	CodeSum     int   `json:"code_sum"`
}

type measured struct { // a set with numbers for targets
	Summary
	YSum   []float64 `json:"y_sum"`
	YFirst []float64 `json:"y_first"`
	YLast  []float64 `json:"y_last"`
}

type reference struct {
	Coded     map[string]coded
	Measured  map[string]measured
	CarModels []string `json:"car_models"`
}

func loadReal(t *testing.T) reference { return golden.Load[reference](t, "testdata/real.json") }

// Sums of a few thousand exact numbers differ by the order of summation only; Diabetes is also scaled by a square
// root, whose rounding the same bound covers. The column sums of the scaled Diabetes are zero, so that the bound has
// an absolute part, far below its cells of about 0.05.
const tolerance = 1e-11

func checkTable(t *testing.T, want Summary, table ml.Table) {
	x := table.X.(*tensor.Tensor[float64])
	require.Equal(t, want.Shape, x.Shape())
	for j, c := range table.Columns {
		assert.Equal(t, want.Names[j], c.Name)
		sum, squares, missing := 0.0, 0.0, 0
		for i := range want.Shape[0] {
			v := x.At(i, j)
			if math.IsNaN(v) {
				missing++
				continue
			}
			sum, squares = sum+v, squares+v*v
			if c.Kind == ml.Categorical {
				require.True(t, v == math.Trunc(v) && v >= 0 && v < float64(len(c.Levels)))
			}
		}
		assert.InDelta(t, want.Sum[j], sum, tolerance*(1+math.Abs(want.Sum[j])), c.Name)
		assert.InEpsilon(t, 1+want.SumSquares[j], 1+squares, tolerance, c.Name)
		assert.Equal(t, want.Missing[j], missing, c.Name)
	}
	for i, row := range map[int][]float64{0: want.First, want.Shape[0] - 1: want.Last} {
		for j, v := range row {
			assert.InDelta(t, v, x.At(i, j), tolerance*(1+math.Abs(v)))
		}
	}
}

func TestRealClassification(t *testing.T) {
	want := loadReal(t)
	for name, d := range map[string]ml.Dataset[int]{
		"iris": Iris(), "wine": Wine(), "breast_cancer": BreastCancer(), "digits": Digits(), "penguins": Penguins(), "titanic": Titanic(),
	} {
		t.Run(name, func(t *testing.T) {
			want, ok := want.Coded[name]
			require.True(t, ok)
			checkTable(t, want.Summary, d.Table)
			assert.NoError(t, d.Check(name, ml.Accepts{Missing: true, Categorical: true}))
			assert.Equal(t, want.Classes, d.Classes)
			counts, sum := make([]int, d.K()), 0
			for i, y := range d.Y {
				counts[y]++
				sum += i * y // tells the order of the rows as well
			}
			assert.Equal(t, want.ClassCounts, counts)
			assert.Equal(t, want.CodeSum, sum)
		})
	}
}

func TestRealRegression(t *testing.T) {
	want := loadReal(t)
	multi := func(d ml.Dataset[float64]) ml.Dataset[[]float64] {
		y := make([][]float64, len(d.Y))
		for i, v := range d.Y {
			y[i] = []float64{v}
		}
		return ml.Dataset[[]float64]{Table: d.Table, Y: y}
	}
	for name, d := range map[string]ml.Dataset[[]float64]{
		"diabetes": multi(Diabetes()), "diabetes_raw": multi(DiabetesRaw()), "linnerud": Linnerud(), "longley": multi(Longley()),
		"mtcars": multi(Mtcars()), "air_passengers": multi(AirPassengers()),
	} {
		t.Run(name, func(t *testing.T) {
			want, ok := want.Measured[name]
			require.True(t, ok)
			checkTable(t, want.Summary, d.Table)
			assert.NoError(t, d.Check(name, ml.Accepts{Missing: true, Categorical: true}))
			sum := make([]float64, len(want.YSum))
			for _, y := range d.Y {
				axpy(1, y, sum)
			}
			assert.InDeltaSlice(t, want.YSum, sum, tolerance*(1+want.YSum[0]))
			assert.Equal(t, want.YFirst, d.Y[0])
			assert.Equal(t, want.YLast, d.Y[len(d.Y)-1])
		})
	}
	assert.Equal(t, want.CarModels, MtcarsModels())
	assert.Len(t, LinnerudTargets(), 3)
}

func TestPenguinsAndTitanicColumns(t *testing.T) {
	p := Penguins()
	assert.Equal(t, ml.Column{Name: "island", Kind: ml.Categorical, Levels: []string{"Biscoe", "Dream", "Torgersen"}}, p.Columns[0])
	assert.Equal(t, ml.Column{Name: "sex", Kind: ml.Categorical, Levels: []string{"female", "male"}}, p.Columns[5])
	assert.Equal(t, 2.0, p.X.At(0, 0), "the first penguin lives on Torgersen")
	assert.True(t, math.IsNaN(p.X.At(3, 1)), "and the fourth was not measured")
	for _, c := range Titanic().Columns {
		assert.Equal(t, ml.Categorical, c.Kind)
	}
}

// Whatever a caller does to its copy, the next call must not see.
func TestRealSetsAreFresh(t *testing.T) {
	spoil := func(table ml.Table) {
		x := table.X.(*tensor.Tensor[float64]).Data()
		for i := range x {
			x[i] = -1
		}
		for j := range table.Columns {
			table.Columns[j].Name = "spoilt"
			for l := range table.Columns[j].Levels {
				table.Columns[j].Levels[l] = "spoilt"
			}
		}
	}
	for name, get := range map[string]func() (ml.Table, []string){
		"iris":     func() (ml.Table, []string) { d := Iris(); return d.Table, d.Classes },
		"penguins": func() (ml.Table, []string) { d := Penguins(); return d.Table, d.Classes },
		"digits":   func() (ml.Table, []string) { d := Digits(); return d.Table, d.Classes },
		"diabetes": func() (ml.Table, []string) { d := Diabetes(); return d.Table, nil },
	} {
		before, _ := get()
		sum := total(before)
		spoiled, classes := get()
		spoil(spoiled)
		for k := range classes {
			classes[k] = "spoilt"
		}
		after, again := get()
		assert.Equal(t, sum, total(after), name)
		assert.Equal(t, before.Columns, after.Columns, name)
		assert.NotContains(t, again, "spoilt", name)
	}
}

func total(table ml.Table) float64 {
	sum := 0.0
	for _, v := range table.X.(*tensor.Tensor[float64]).Data() {
		if !math.IsNaN(v) {
			sum += v
		}
	}
	return sum
}

// The parser knows no quotes, and the licence page must know every file.
func TestEmbeddedFiles(t *testing.T) {
	files, err := os.ReadDir("data")
	require.NoError(t, err)
	notice, err := os.ReadFile("NOTICE.md")
	require.NoError(t, err)
	size := int64(0)
	for _, f := range files {
		info, err := f.Info()
		require.NoError(t, err)
		size += info.Size()
		assert.Contains(t, string(notice), "`"+f.Name()+"`")
	}
	assert.Less(t, size, int64(200_000))
	for _, text := range []string{irisCSV, wineCSV, diabetesCSV, linnerudCSV, penguinsCSV, longleyCSV, mtcarsCSV, airPassengersCSV, titanicCSV} {
		assert.NotContains(t, text, `"`)
		require.NotPanics(t, func() { read(text) }) // a ragged row is an error of the reader
	}
}
