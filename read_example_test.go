package ml_test

import (
	"database/sql"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
	"gonum.org/v1/gonum/mat"
)

func ExampleReadCSV() {
	file := strings.NewReader(`length,width,checked,species
5.1,3.5,true,setosa
6.2,?,false,versicolor
5.9,3.0,true,virginica
`)
	table, err := ml.ReadCSV(file, ml.CSV{})
	if err != nil {
		log.Fatal(err)
	}
	iris, err := ml.ClassTarget(table, "species")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(iris.Y, iris.Classes)
	for i := range iris.Rows() {
		fmt.Println(iris.X.At(i, 0), iris.X.At(i, 1), iris.X.At(i, 2))
	}
	// Output:
	// [0 1 2] [setosa versicolor virginica]
	// 5.1 3.5 1
	// 6.2 NaN 0
	// 5.9 3 1
}

// Errors say where.
func ExampleReadCSV_error() {
	file := strings.NewReader("name,age\nann,31\nbob,unknown\n")
	_, err := ml.ReadCSV(file, ml.CSV{Schema: ml.Schema{Types: map[string]ml.Type{"age": ml.TypeNumber}}})
	fmt.Println(err)
	// Output:
	// ml.ReadCSV: line 3, column 2 (age) is "unknown": want a number (malformed input)
}

// A second file gets the codes of the first one.
func ExampleSchema() {
	train, err := ml.ReadCSV(strings.NewReader("city\nOslo\nLima\n"), ml.CSV{})
	if err != nil {
		log.Fatal(err)
	}
	test, err := ml.ReadCSV(strings.NewReader("city\nOslo\nKyoto\n"), ml.CSV{Schema: ml.Schema{Like: train.Columns, UnseenMissing: true}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(test.Columns[0].Levels, test.X.At(0, 0), test.X.At(1, 0))
	// Output:
	// [Lima Oslo] 1 NaN
}

// Batches with the classes declared suit ml.FitStream.
func ExampleReadCSVBatches() {
	file := strings.NewReader("dose,alive\n1,1\n2,1\n3,0\n")
	tables := ml.ReadCSVBatches(file, ml.CSV{}, 2)
	chunks := ml.Batches(tables, func(t ml.Table) (ml.Dataset[int], error) { return ml.ClassTarget(t, "alive", "0", "1") })
	for d, err := range chunks {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(d.Rows(), d.Y)
	}
	// Output:
	// 2 [1 1]
	// 1 [0]
}

func ExampleWriteCSV() {
	x := tensor.FromSlice([]float64{0, 1, 86400, 0}, 2, 2)
	table := ml.Table{X: x, Columns: []ml.Column{{Name: "day"}, {Name: "size", Kind: ml.Categorical, Levels: []string{"S", "M, or so"}}}}
	err := ml.WriteCSV(os.Stdout, table, ml.CSV{Schema: ml.Schema{Types: map[string]ml.Type{"day": ml.TypeTime}}})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// day,size
	// 1970-01-01T00:00:00Z,"M, or so"
	// 1970-01-02T00:00:00Z,S
}

func ExampleReadJSONLines() {
	file := strings.NewReader(`{"age": 31, "city": "Oslo"}
{"city": "Lima", "member": true}
`)
	table, err := ml.ReadJSONLines(file, ml.Schema{})
	if err != nil {
		log.Fatal(err)
	}
	for j, c := range table.Columns {
		fmt.Println(c.Name, c.Kind, table.X.At(0, j), table.X.At(1, j))
	}
	// Output:
	// age numeric 31 NaN
	// city categorical 1 0
	// member numeric NaN 1
}

func ExampleReadLIBSVM() {
	d, err := ml.ReadLIBSVMClasses(strings.NewReader("-1 1:0.5 3:2\n+1 2:1 # a note\n"), ml.LIBSVM{})
	if err != nil {
		log.Fatal(err)
	}
	n, p := d.X.Dims()
	fmt.Println(n, p, d.Y, d.Classes)
	// Output:
	// 2 3 [0 1] [-1 1]
}

func ExampleReadARFF() {
	table, err := ml.ReadARFF(strings.NewReader(`@relation weather
@attribute temperature numeric
@attribute play {no, yes}
@data
21.5, yes
?, no
`), ml.Schema{})
	if err != nil {
		log.Fatal(err)
	}
	d, err := ml.ClassTarget(table, "")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d.Y, d.Classes, d.X.At(0, 0))
	// Output:
	// [1 0] [no yes] 21.5
}

// The rows of any query: a *sql.Rows is an ml.SQLRows.
func ExampleReadRows() {
	load := func(db *sql.DB) (ml.Dataset[float64], error) {
		rows, err := db.Query("select rooms, city, price from houses")
		if err != nil {
			return ml.Dataset[float64]{}, err
		}
		defer rows.Close()
		table, err := ml.ReadRows(rows, ml.Schema{})
		if err != nil {
			return ml.Dataset[float64]{}, err
		}
		return ml.FloatTarget(table, "price")
	}
	houses, err := load(ml.HousesDB()) // sql.Open in real life
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(houses.Y, houses.Columns[1].Levels)
	// Output:
	// [250000 410000] [Lima Oslo]
}

// Slices of rows and gonum matrices need no reader.
func ExampleData() {
	x, err := tensor.FromRows([][]float64{{1, 2}, {3, 4}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(ml.Data(x, []int{0, 1}).K())
	fmt.Println(ml.Data(mat.NewDense(2, 2, []float64{1, 2, 3, 4}), []float64{0.5, 1.5}).Rows())
	// Output:
	// 2
	// 2
}
