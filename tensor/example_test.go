package tensor_test

import (
	"bytes"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gopherwood-ml/ml/tensor"
)

func Example() {
	x, err := tensor.FromRows([][]float64{{1, 2}, {3, 4}, {5, 9}})
	if err != nil {
		panic(err)
	}
	centred := x.Sub(x.MeanAxis(0)) // the vector of column means is broadcast
	gram := tensor.MatMul(centred.Transpose(), centred)
	head, second := x.Rows(0, 2), x.Cols(1, 2) // views: no element is copied
	fmt.Println(gram)
	fmt.Println(head)
	fmt.Println(second.Sum())
	// Output:
	// [[ 8 14]
	//  [14 26]]
	// [[1 2]
	//  [3 4]]
	// 15
}

func ExampleTensor_Data() {
	t := tensor.FromSlice([]float64{1, 2, 3, 4}, 2, 2)
	d := mat.NewDense(2, 2, t.Data()) // shares memory
	d.Set(0, 1, 20)
	fmt.Println(t.At(0, 1), mat.Sum(d))
	// Output: 20 28
}

func ExampleFromMatrix() {
	d := mat.NewDense(2, 3, []float64{1, 2, 3, 4, 5, 6})
	fmt.Println(tensor.FromMatrix[float32](d.T()))
	// Output:
	// [[1 4]
	//  [2 5]
	//  [3 6]]
}

func ExampleTensor_Add() {
	x := tensor.FromSlice([]float64{1, 2, 3, 4, 5, 6}, 2, 3)
	row := tensor.FromSlice([]float64{10, 20, 30}, 3)
	column := tensor.FromSlice([]float64{100, 200}, 2, 1)
	fmt.Println(x.Add(row).Add(column))
	// Output:
	// [[111 122 133]
	//  [214 225 236]]
}

func ExampleFromCOO() {
	// The entries at (1, 2) are added.
	a, err := tensor.FromCOO(3, 4, []int{1, 0, 1}, []int{2, 0, 2}, []float64{3, 1, 4})
	if err != nil {
		panic(err)
	}
	cols, values := a.RowNZ(1)
	fmt.Println(a.NNZ(), cols, values)
	fmt.Println(a.MulVec([]float64{1, 1, 1, 1}))
	_, err = tensor.FromCOO(3, 4, []int{5}, []int{0}, []float64{1})
	fmt.Println(err)
	// Output:
	// 2 [2] [7]
	// [1 7 0]
	// tensor: entry 0: found place (5, 0), want a place in a 3 x 4 matrix
}

func ExampleWriteNpy() {
	var file bytes.Buffer
	if err := tensor.WriteNpy(&file, tensor.Linspace(0.0, 1, 5)); err != nil {
		panic(err)
	}
	fmt.Println(file.Len(), "bytes; in Python: numpy.load(file)")
	t, err := tensor.ReadNpy[float32](&file)
	fmt.Println(t, err)
	// Output:
	// 168 bytes; in Python: numpy.load(file)
	// [0.00 0.25 0.50 0.75 1.00] <nil>
}

func ExampleReadNpz() {
	var file bytes.Buffer
	arrays := map[string]*tensor.Tensor[float64]{"x": tensor.Eye[float64](2), "y": tensor.Ones[float64](2)}
	if err := tensor.WriteNpzCompressed(&file, arrays); err != nil {
		panic(err)
	}
	got, err := tensor.ReadNpz[float64](bytes.NewReader(file.Bytes()), int64(file.Len()), "y")
	fmt.Println(got["y"], len(got), err)
	// Output: [1 1] 1 <nil>
}

func ExampleShapeError() {
	defer func() { fmt.Println(recover()) }()
	tensor.MatMul(tensor.New[float64](2, 3), tensor.New[float64](4, 5))
	// Output: tensor: MatMul of [2 3] and [4 5]: want matrices with equal inner axes
}
