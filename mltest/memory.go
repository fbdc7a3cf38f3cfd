package mltest

import (
	"reflect"

	"github.com/gopherwood-ml/ml/tensor"
	"gonum.org/v1/gonum/mat"
)

// spoilTargets overwrites predictions that a model returned.
func spoilTargets(y any) {
	switch y := y.(type) {
	case []float64:
		fill(y, spoiled)
	case []int:
		fill(y, -77)
	case [][]float64:
		for _, r := range y {
			fill(r, spoiled)
		}
	case [][]int:
		for _, r := range y {
			fill(r, -77)
		}
	}
}

// spoiled is a number that no data here holds.
const spoiled = -7.7e77

// spoilMatrix overwrites the numbers of any matrix whose storage is known.
func spoilMatrix(x tensor.Matrix) {
	switch x := x.(type) {
	case *tensor.Tensor[float64]:
		spoilRows(x)
	case *tensor.Tensor[float32]:
		spoilRows(x)
	case *tensor.CSR[float64]:
		_, _, v := x.Arrays()
		fill(v, spoiled)
	case *tensor.CSR[float32]:
		_, _, v := x.Arrays()
		fill(v, -7e7)
	case *mat.Dense:
		n, _ := x.Dims()
		for i := range n {
			fill(x.RawRowView(i), spoiled)
		}
	}
}

func spoilRows[T tensor.Float](x *tensor.Tensor[T]) {
	n, _ := x.Dims()
	for i := range n {
		fill(x.Row(i), -7e7)
	}
}

func fill[T any](s []T, v T) {
	for i := range s {
		s[i] = v
	}
}

// deepCopy copies whatever hangs on slices, maps and pointers.
func deepCopy(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(deepCopy(v.Index(i)))
		}
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		out.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		for _, k := range v.MapKeys() {
			out.SetMapIndex(k, deepCopy(v.MapIndex(k)))
		}
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		p := reflect.New(v.Type().Elem())
		p.Elem().Set(deepCopy(v.Elem()))
		out.Set(p)
	case reflect.Interface:
		if v.IsNil() {
			return v
		}
		out.Set(deepCopy(v.Elem()))
	case reflect.Array:
		for i := range v.Len() {
			out.Index(i).Set(deepCopy(v.Index(i)))
		}
	case reflect.Struct:
		out.Set(v) // unexported fields come along shared
		for i := range v.NumField() {
			if out.Field(i).CanSet() {
				out.Field(i).Set(deepCopy(v.Field(i)))
			}
		}
	default:
		out.Set(v)
	}
	return out
}

func copyOf[T any](v T) T {
	var out T
	reflect.ValueOf(&out).Elem().Set(deepCopy(reflect.ValueOf(&v).Elem()))
	return out
}
