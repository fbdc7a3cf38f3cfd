package codec

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/gopherwood-ml/ml/tensor"
)

// shortList is up to how many ints or bools stand in the document rather than in an array of their own, which costs
// some eighty bytes of header. Floats always get an array: it holds every bit, and other languages find it.
const shortList = 8

// maxEmpty bounds the axes of a tensor without elements, whose shape no data backs.
const maxEmpty = 1 << 20

// list writes a slice or an array.
func (e *encoder) list(v reflect.Value) error {
	t := v.Type()
	switch {
	case t.Kind() == reflect.Slice && v.IsNil():
		e.out = append(e.out, "null"...)
		return nil
	case isPlain(t):
		return e.numbers(v)
	case isRagged(t) && !e.inline && v.Len() > 0:
		return e.ragged(v)
	}
	return e.nest("[", "]", func() error {
		for i := range v.Len() {
			if i > 0 {
				e.out = append(e.out, ',')
			}
			if err := e.step(strconv.Itoa(i), func() error { return e.value(v.Index(i)) }); err != nil {
				return err
			}
		}
		return nil
	})
}

// numbers writes a slice or array of numbers, which is not nil.
func (e *encoder) numbers(v reflect.Value) error {
	n := v.Len()
	elem := v.Type().Elem()
	float := elem.Kind() == reflect.Float32 || elem.Kind() == reflect.Float64
	if e.inline || n == 0 || n <= shortList && !float {
		e.out = append(e.out, '[')
		for i := range n {
			if i > 0 {
				e.out = append(e.out, ',')
			}
			if err := e.plain(v.Index(i)); err != nil {
				return err
			}
		}
		e.out = append(e.out, ']')
		return nil
	}
	if v.Kind() == reflect.Array {
		v = addressable(v).Slice(0, n)
	}
	dtype, _ := dtypeOf(elem.Kind())
	e.out = append(e.out, '{')
	e.array(Array{DType: dtype, Shape: []int{n}, Data: numberBytes(v, dtype)})
	e.out = append(e.out, '}')
	return nil
}

// array adds a to the file under the path and writes a reference to it into an open object.
func (e *encoder) array(a Array) {
	a.Name = strings.Join(e.path, ".")
	if a.Name == "" {
		a.Name = valueKey
	}
	// A dot in a map key can give one name to two paths.
	for base, i := a.Name, 2; e.names[a.Name]; i++ {
		a.Name = base + "~" + strconv.Itoa(i)
	}
	e.names[a.Name] = true
	e.arrays = append(e.arrays, a)
	e.key(tensorKey)
	e.out = appendQuoted(e.out, a.Name)
}

// ragged writes a slice of slices of numbers as all their values and their lengths, -1 for a nil one.
func (e *encoder) ragged(v reflect.Value) error {
	total := 0
	lengths := make([]int64, v.Len())
	for i := range lengths {
		row := v.Index(i)
		lengths[i] = int64(row.Len())
		if row.IsNil() {
			lengths[i] = -1
		}
		total += row.Len()
	}
	values := reflect.MakeSlice(reflect.SliceOf(v.Type().Elem().Elem()), 0, total)
	for i := range lengths {
		values = reflect.AppendSlice(values, v.Index(i).Convert(values.Type()))
	}
	return e.nest("{", "}", func() error {
		if err := e.part("lengths", lengths); err != nil {
			return err
		}
		e.key("values")
		return e.step("values", func() error { return e.numbers(values) })
	})
}

// part writes one field of a value that is made of several arrays. numbers is a slice.
func (e *encoder) part(name string, numbers any) error {
	e.key(name)
	return e.step(name, func() error { return e.numbers(reflect.ValueOf(numbers)) })
}

// leaf writes the parts of a dense or sparse tensor into an open object.
func (e *encoder) leaf(v reflect.Value) error {
	if v.IsZero() {
		return nil
	}
	switch t := addressable(v).Addr().Interface().(type) {
	case *tensor.Tensor[float64]:
		return encodeTensor(e, t)
	case *tensor.Tensor[float32]:
		return encodeTensor(e, t)
	case *tensor.CSR[float64]:
		return encodeCSR(e, t)
	case *tensor.CSR[float32]:
		return encodeCSR(e, t)
	}
	panic(fmt.Sprintf("codec: %v is not a leaf", v.Type()))
}

func encodeTensor[T tensor.Float](e *encoder, t *tensor.Tensor[T]) error {
	shape := t.Shape()
	if t.Len() == 0 {
		if axis := badEmpty(shape); axis >= 0 {
			return e.fail(fmt.Sprintf("a tensor without elements of shape %v", shape), fmt.Sprintf("axes of at most %d", maxEmpty))
		}
	}
	if e.inline {
		if err := e.part("shape", shape); err != nil {
			return err
		}
		return e.part("data", t.Data())
	}
	e.array(ArrayOf("", t.Data(), shape...))
	return nil
}

// badEmpty is the first axis too long for a tensor without elements, or -1.
func badEmpty(shape []int) int {
	for i, d := range shape {
		if d > maxEmpty {
			return i
		}
	}
	return -1
}

func encodeCSR[T tensor.Float](e *encoder, a *tensor.CSR[T]) error {
	rows, cols := a.Dims()
	indptr, indices, values := a.Arrays()
	if err := e.part("shape", []int{rows, cols}); err != nil {
		return err
	}
	if err := e.part("indptr", indptr); err != nil {
		return err
	}
	if err := e.part("indices", indices); err != nil {
		return err
	}
	return e.part("values", values)
}
