package tensor

import (
	"fmt"
	"math"
	"testing"
)

func ExampleTensor_String() {
	fmt.Println(FromSlice([]float64{1, 2.5, -3, 10, 0, 100}, 2, 3))
	fmt.Println(Arange[float64](0, 1200, 1).Reshape(30, 40))
	fmt.Println(Arange[float32](0, 8, 1).Reshape(2, 2, 2))
	fmt.Println(FromSlice([]float64{1e-9, math.NaN(), math.Inf(-1)}, 3))
	fmt.Println(Scalar(2.5), New[float64](0, 3))
	// Output:
	// [[  1.0   2.5  -3.0]
	//  [ 10.0   0.0 100.0]]
	// [[   0    1    2 ...   37   38   39]
	//  [  40   41   42 ...   77   78   79]
	//  [  80   81   82 ...  117  118  119]
	//  ...
	//  [1080 1081 1082 ... 1117 1118 1119]
	//  [1120 1121 1122 ... 1157 1158 1159]
	//  [1160 1161 1162 ... 1197 1198 1199]] shape=[30 40]
	// [[[0 1]
	//   [2 3]]
	//
	//  [[4 5]
	//   [6 7]]]
	// [1.0000e-09        NaN       -Inf]
	// 2.5 [] shape=[0 3]
}

func ExampleCSR_String() {
	a, _ := FromCOO(3, 4, []int{0, 2, 2}, []int{3, 0, 1}, []float64{1.5, -2, 30})
	fmt.Println(a)
	fmt.Println(a.Rows(1, 3))
	// Output:
	// CSR 3 x 4, 3 stored (25%)
	//   (0, 3)   1.5
	//   (2, 0)  -2.0
	//   (2, 1)  30.0
	// CSR 2 x 4, 2 stored (25%)
	//   (1, 0)  -2
	//   (1, 1)  30
}

func TestStringOfLongCSR(t *testing.T) {
	a := SparseFrom[float64](Ones[float64](5, 5))
	want := "CSR 5 x 5, 25 stored (100%)"
	for k := range 25 {
		if k == 10 {
			want += "\n  ..."
		}
		if k < 10 || k >= 15 {
			want += fmt.Sprintf("\n  (%d, %d)  1", k/5, k%5)
		}
	}
	if got := a.String(); got != want {
		t.Fatalf("got %s\nwant %s", got, want)
	}
}
