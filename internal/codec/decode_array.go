package codec

import (
	"fmt"
	"math"
	"reflect"
	"strconv"

	"github.com/gopherwood-ml/ml/tensor"
)

// list reads a slice or an array.
func (d *decoder) list(n int, slot reflect.Value) error {
	t := slot.Type()
	switch {
	case d.isNull(n) && t.Kind() == reflect.Slice:
		return nil
	case d.sort(n) == '{' && isPlain(t):
		return d.numbers(n, slot)
	case d.sort(n) == '{' && isRagged(t):
		return d.ragged(n, slot)
	case d.sort(n) != '[':
		return d.malformed(n, fmt.Sprintf("a list for %v", t))
	}
	if t.Kind() == reflect.Slice {
		if err := d.spend(d.count(n), t.Elem()); err != nil {
			return err
		}
		slot.Set(reflect.MakeSlice(t, d.count(n), d.count(n)))
	} else if t.Len() != d.count(n) {
		return malformed(d.where(), fmt.Sprintf("%d elements", d.count(n)), strconv.Itoa(t.Len()))
	}
	for i, c := range d.items(n) {
		if err := d.step(strconv.Itoa(i), func() error { return d.value(c, slot.Index(i)) }); err != nil {
			return err
		}
	}
	return nil
}

// numbers reads a reference to an array of rank 1 into a slice or array of numbers.
func (d *decoder) numbers(n int, slot reflect.Value) error {
	t := slot.Type()
	a, err := d.take(n, t.Elem())
	if err != nil {
		return err
	}
	if d.count(n) != 1 {
		return d.malformed(n, "an object with a tensor and nothing else")
	}
	if len(a.Shape) != 1 || t.Kind() == reflect.Array && a.Shape[0] != t.Len() {
		want := "one axis"
		if t.Kind() == reflect.Array {
			want = fmt.Sprintf("[%d]", t.Len())
		}
		return malformed(d.where(), fmt.Sprintf("a tensor of shape %v", a.Shape), want)
	}
	v, ok := numbers(a.Data, a.DType, t.Elem(), a.Shape[0])
	if !ok {
		return malformed(d.where(), fmt.Sprintf("%s numbers out of range", a.DType), t.String())
	}
	if t.Kind() == reflect.Array {
		reflect.Copy(slot, v)
	} else {
		slot.Set(v.Convert(t))
	}
	return nil
}

// take uses up the array that object n names; its elements must be those of elem.
func (d *decoder) take(n int, elem reflect.Type) (Array, error) {
	c, ok := d.child(n, tensorKey)
	if !ok || d.sort(c) != '"' {
		return Array{}, d.malformed(n, "the name of a tensor")
	}
	name := d.str(c)
	a, ok := d.arrays[name]
	if !ok {
		return Array{}, malformed(d.where(), fmt.Sprintf("the tensor %q", name), "one of the file that is not used elsewhere")
	}
	if dtype, _ := dtypeOf(elem.Kind()); a.DType != dtype {
		return Array{}, mistyped(d.where(), string(a.DType), string(dtype))
	}
	delete(d.arrays, name)
	return a, nil
}

// parts reads the fields of a value made of several arrays, all of them, into slices of numbers.
func (d *decoder) parts(n int, known bool, to map[string]any) error {
	count := d.count(n)
	if known {
		count--
	}
	if count != len(to) {
		return d.malformed(n, fmt.Sprintf("an object with %d parts", len(to)))
	}
	for name, c := range d.pairs(n) {
		p, ok := to[name]
		if !ok {
			continue // the kind; anything else leaves a part missing
		}
		delete(to, name)
		if err := d.step(name, func() error { return d.list(c, reflect.ValueOf(p).Elem()) }); err != nil {
			return err
		}
	}
	for name := range to {
		return d.malformed(n, "an object with "+name)
	}
	return nil
}

// ragged reads a slice of slices of numbers, which share the memory of their values.
func (d *decoder) ragged(n int, slot reflect.Value) error {
	t := slot.Type()
	var lengths []int64
	values := reflect.New(reflect.SliceOf(t.Elem().Elem()))
	if err := d.parts(n, false, map[string]any{"lengths": &lengths, "values": values.Interface()}); err != nil {
		return err
	}
	left := values.Elem().Len()
	for i, l := range lengths {
		if l < -1 || l > int64(left) {
			return malformed(d.where(), fmt.Sprintf("lengths[%d] = %d", i, l), fmt.Sprintf("at most %d, or -1 for nil", left))
		}
		left -= int(max(l, 0))
	}
	if left != 0 {
		return malformed(d.where(), fmt.Sprintf("%d values more than the lengths say", left), "none")
	}
	out := reflect.MakeSlice(t, len(lengths), len(lengths))
	at := 0
	for i, l := range lengths {
		if l < 0 {
			continue
		}
		out.Index(i).Set(values.Elem().Slice3(at, at+int(l), at+int(l)).Convert(t.Elem()))
		at += int(l)
	}
	slot.Set(out)
	return nil
}

// leaf reads a dense or sparse tensor.
func (d *decoder) leaf(n int, slot reflect.Value) error {
	_, known := d.child(n, kindKey)
	if d.count(n) == 0 || known && d.count(n) == 1 {
		return nil // the zero value
	}
	switch t := slot.Addr().Interface().(type) {
	case *tensor.Tensor[float64]:
		return decodeTensor(d, n, known, t)
	case *tensor.Tensor[float32]:
		return decodeTensor(d, n, known, t)
	case *tensor.CSR[float64]:
		return decodeCSR(d, n, known, t)
	case *tensor.CSR[float32]:
		return decodeCSR(d, n, known, t)
	}
	panic(fmt.Sprintf("codec: %v is not a leaf", slot.Type()))
}

func decodeTensor[T tensor.Float](d *decoder, n int, known bool, to *tensor.Tensor[T]) error {
	var shape []int
	var data []T
	if _, ok := d.child(n, tensorKey); ok {
		a, err := d.take(n, reflect.TypeFor[T]())
		if err != nil {
			return err
		}
		if extra := d.count(n) - 1; extra > 1 || extra == 1 && !known {
			return d.malformed(n, "an object with a tensor and nothing else")
		}
		shape = a.Shape
		if data, err = View[T](a); err != nil {
			return err
		}
	} else if err := d.parts(n, known, map[string]any{"shape": &shape, "data": &data}); err != nil {
		return err
	}
	size, ok := byteCount(shape, 1)
	if !ok || size != len(data) || size == 0 && badEmpty(shape) >= 0 {
		return malformed(d.where(), fmt.Sprintf("%d numbers for a tensor of shape %v", len(data), shape), "as many as the shape holds")
	}
	if len(shape) == 0 {
		shape = nil // as tensor.New() makes a scalar
	}
	*to = *tensor.FromSlice(data, shape...)
	return nil
}

func decodeCSR[T tensor.Float](d *decoder, n int, known bool, to *tensor.CSR[T]) error {
	var shape, indptr []int
	var indices []int32
	var values []T
	err := d.parts(n, known, map[string]any{"shape": &shape, "indptr": &indptr, "indices": &indices, "values": &values})
	if err != nil {
		return err
	}
	if len(shape) != 2 || shape[1] > math.MaxInt32 {
		return malformed(d.where(), fmt.Sprintf("a sparse matrix of shape %v", shape), "two axes, fewer than 2^31 columns")
	}
	a, err := tensor.NewCSR(shape[0], shape[1], indptr, indices, values)
	if err != nil {
		return &Error{Path: d.where(), Found: "a broken sparse matrix", Kind: ErrFormat, Cause: err}
	}
	*to = *a
	return nil
}
