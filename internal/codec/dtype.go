package codec

import (
	"encoding/binary"
	"reflect"
	"unsafe"
)

// A DType is the element type of a safetensors array, spelled as in the file.
type DType string

// The element types of safetensors that have a whole number of bytes.
const (
	F64  DType = "F64"
	F32  DType = "F32"
	F16  DType = "F16"
	BF16 DType = "BF16"
	I64  DType = "I64"
	I32  DType = "I32"
	I16  DType = "I16"
	I8   DType = "I8"
	U64  DType = "U64"
	U32  DType = "U32"
	U16  DType = "U16"
	U8   DType = "U8"
	Bool DType = "BOOL"
)

// Size is the number of bytes of one element, 0 for a type unknown to this package.
func (d DType) Size() int {
	switch d {
	case F64, I64, U64:
		return 8
	case F32, I32, U32:
		return 4
	case F16, BF16, I16, U16:
		return 2
	case I8, U8, Bool:
		return 1
	}
	return 0
}

// dtypeOf is how numbers of kind k are stored. An int takes 64 bits on any machine.
func dtypeOf(k reflect.Kind) (DType, bool) {
	switch k {
	case reflect.Float64:
		return F64, true
	case reflect.Float32:
		return F32, true
	case reflect.Int, reflect.Int64:
		return I64, true
	case reflect.Int32:
		return I32, true
	case reflect.Int16:
		return I16, true
	case reflect.Int8:
		return I8, true
	case reflect.Uint, reflect.Uint64:
		return U64, true
	case reflect.Uint32:
		return U32, true
	case reflect.Uint16:
		return U16, true
	case reflect.Uint8:
		return U8, true
	case reflect.Bool:
		return Bool, true
	}
	return "", false
}

// sameLayout tells whether this machine holds numbers of the given size as the file does: little-endian, and not an int
// of 32 bits.
func sameLayout(dtype DType, size int) bool {
	return dtype.Size() == size && (size == 1 || littleEndian)
}

var littleEndian = func() bool {
	one := uint16(1)
	return *(*byte)(unsafe.Pointer(&one)) == 1
}()

// numberBytes returns the elements of v, a slice of numbers, as they stand in a file. It shares memory with v where this
// machine's layout is the file's.
func numberBytes(v reflect.Value, dtype DType) []byte {
	if v.Len() == 0 {
		return nil
	}
	if sameLayout(dtype, int(v.Type().Elem().Size())) {
		return unsafe.Slice((*byte)(v.UnsafePointer()), v.Len()*dtype.Size())
	}
	out := make([]byte, 0, v.Len()*dtype.Size())
	for i := range v.Len() {
		out = appendNumber(out, dtype.Size(), bitsOf(v.Index(i)))
	}
	return out
}

func bitsOf(v reflect.Value) uint64 {
	switch {
	case v.CanInt():
		return uint64(v.Int())
	case v.CanUint():
		return v.Uint()
	case v.Kind() == reflect.Float32:
		return uint64(*(*uint32)(v.Addr().UnsafePointer()))
	case v.Kind() == reflect.Float64:
		return *(*uint64)(v.Addr().UnsafePointer())
	case v.Bool():
		return 1
	}
	return 0
}

func appendNumber(b []byte, size int, bits uint64) []byte {
	var buf [8]byte
	binary.LittleEndian.PutUint64(buf[:], bits)
	return append(b, buf[:size]...)
}

// numbers returns data as a slice of n elements of type elem. It shares memory with data where this machine's layout is
// the file's and data is aligned. It is false if a number has no value of that type: a bool that is neither 0 nor 1, an
// int too large for this machine.
func numbers(data []byte, dtype DType, elem reflect.Type, n int) (reflect.Value, bool) {
	if n == 0 {
		return reflect.MakeSlice(reflect.SliceOf(elem), 0, 0), true
	}
	if dtype == Bool {
		for _, b := range data {
			if b > 1 {
				return reflect.Value{}, false
			}
		}
	}
	if sameLayout(dtype, int(elem.Size())) {
		p := unsafe.Pointer(&data[0])
		if uintptr(p)%uintptr(elem.Align()) == 0 {
			return reflect.SliceAt(elem, p, n).Slice3(0, n, n), true
		}
		out := reflect.MakeSlice(reflect.SliceOf(elem), n, n)
		copy(unsafe.Slice((*byte)(out.UnsafePointer()), len(data)), data)
		return out, true
	}
	out := reflect.MakeSlice(reflect.SliceOf(elem), n, n)
	size := dtype.Size()
	for i := range n {
		var buf [8]byte
		copy(buf[:], data[i*size:(i+1)*size])
		if !setBits(out.Index(i), binary.LittleEndian.Uint64(buf[:]), size) {
			return reflect.Value{}, false
		}
	}
	return out, true
}

// setBits sets v to the number whose low size bytes are bits.
func setBits(v reflect.Value, bits uint64, size int) bool {
	switch {
	case v.CanInt():
		shift := 64 - 8*size
		i := int64(bits<<shift) >> shift
		v.SetInt(i)
		return v.Int() == i
	case v.CanUint():
		v.SetUint(bits)
		return v.Uint() == bits
	case v.Kind() == reflect.Float32:
		*(*uint32)(v.Addr().UnsafePointer()) = uint32(bits)
	case v.Kind() == reflect.Float64:
		*(*uint64)(v.Addr().UnsafePointer()) = bits
	case v.Kind() == reflect.Bool:
		v.SetBool(bits == 1)
	}
	return true
}

// A Number is an element of an array with a Go type of fixed size.
type Number interface {
	~float32 | ~float64 | ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~bool
}

// ArrayOf wraps numbers as an array to be written; it shares memory with them where this machine's layout is the file's.
// The caller sees to it that the shape holds len(data) elements.
func ArrayOf[T Number](name string, data []T, shape ...int) Array {
	v := reflect.ValueOf(data)
	dtype, _ := dtypeOf(v.Type().Elem().Kind())
	return Array{Name: name, DType: dtype, Shape: shape, Data: numberBytes(v, dtype)}
}

// View returns the elements of a. It shares memory with a where this machine's layout is the file's and the data is
// aligned, and copies otherwise. An array of another element type is an ErrType.
func View[T Number](a Array) ([]T, error) {
	elem := reflect.TypeFor[T]()
	dtype, _ := dtypeOf(elem.Kind())
	if a.DType != dtype {
		return nil, mistyped(a.Name, string(a.DType), string(dtype))
	}
	v, ok := numbers(a.Data, dtype, elem, len(a.Data)/dtype.Size())
	if !ok {
		return nil, malformed(a.Name, "a byte that is neither 0 nor 1", "bools")
	}
	return v.Convert(reflect.TypeFor[[]T]()).Interface().([]T), nil
}
