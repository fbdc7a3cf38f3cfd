package codec

import (
	"bytes"
	"errors"
	"math"
	"math/big"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gopherwood-ml/ml/tensor"
)

type color uint8

func (c color) MarshalText() ([]byte, error) { return []byte([]string{"red", "green"}[c]), nil }

func (c *color) UnmarshalText(b []byte) error {
	switch string(b) {
	case "red":
		*c = 0
	case "green":
		*c = 1
	default:
		return errors.New("no such color")
	}
	return nil
}

type (
	level   uint8
	weights []float64
	base    struct{ Shared int }
	Meta    struct {
		Columns []string
		Config  any
	}
	option interface{ weight() float64 }
	flat   struct{ W float64 }
	steep  struct{ By []float64 }
	leafy  struct { // not registered
		Left, Right *leafy
		At          float64
	}
	small struct {
		Alpha float64
		Inner option
	}
)

func (flat) weight() float64   { return 1 }
func (*steep) weight() float64 { return 2 }

// rich holds one of everything that can be stored.
type rich struct {
	Meta
	base
	Bool           bool
	Int            int
	Int8           int8
	Uint64         uint64
	Float          float64
	Narrow         float32
	Text           string
	Level          level
	Color          color
	Colors         []color
	Floats         []float64
	Singles        []float32
	Ints           []int
	Bytes          []byte
	Bools          []bool
	Levels         []level
	Named          weights
	Array          [3]float64
	Grid           [2][2]int16
	Ragged         [][]float64
	Graph          [][]int32
	Strings        []string
	ByName         map[string][]float64
	ByCode         map[int]string
	ByUint         map[uint8]leafy
	Pointer        *float64
	Deep           **int
	ToSlice        *[]string
	Tree           *leafy
	Trees          []leafy
	Option         option
	Options        []option
	Any            any
	Scalars        []any
	When           time.Time
	Took           time.Duration
	Pauses         []time.Duration
	Big            *big.Int
	Addr           netip.Addr
	Dense          *tensor.Tensor[float64]
	Dense32        *tensor.Tensor[float32]
	Value          tensor.Tensor[float64]
	Sparse         *tensor.CSR[float64]
	Sparse32       *tensor.CSR[float32]
	Matrix         tensor.Matrix
	Fn             func()
	Restored       restoring
	RestoredNested struct{ R restoring }
	hidden         int
}

// restoring checks and rebuilds itself.
type restoring struct {
	N       int
	doubled int
	times   int
}

func (r *restoring) Restore() error {
	if r.N < 0 {
		return errors.New("N must be >= 0")
	}
	r.doubled = 2 * r.N
	r.times++
	return nil
}

func init() {
	Register("test.rich", reflect.TypeFor[*rich]())
	Register("test.flat", reflect.TypeFor[flat]())
	Register("test.steep", reflect.TypeFor[*steep]())
	Register("test.small", reflect.TypeFor[small]())
	Register("test.weights", reflect.TypeFor[weights]())
	Register("test.restoring", reflect.TypeFor[restoring]())
}

func ptr[T any](v T) *T { return &v }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func sparse[T tensor.Float]() *tensor.CSR[T] {
	return must(tensor.NewCSR(3, 5, []int{0, 2, 2, 3}, []int32{1, 4, 0}, []T{1, 2, -3}))
}

func full() *rich {
	r := &rich{
		Meta: Meta{Columns: []string{"a", "", "é\"\\\n\x01"}, Config: small{Alpha: 0.1, Inner: flat{2}}},
		base: base{Shared: 7},
		Bool: true, Int: -5, Int8: -128, Uint64: math.MaxUint64, Float: math.Copysign(0, -1), Narrow: 0.1, Text: "not UTF-8: \xff", Level: 3,
		Color: 1, Colors: []color{0, 1},
		Floats: []float64{1, math.Inf(-1), math.SmallestNonzeroFloat64, math.Copysign(0, -1)}, Singles: []float32{1.5},
		Ints: []int{1, -2, math.MaxInt32, 4, 5, 6, 7, 8, 9}, Bytes: []byte{}, Bools: []bool{true, false, true, true, true, true, true, true, false},
		Levels: []level{1, 2}, Named: weights{1, 2}, Array: [3]float64{1, 2, 3}, Grid: [2][2]int16{{1, 2}, {3, 4}},
		Ragged: [][]float64{{1, 2}, nil, {}, {3}}, Graph: [][]int32{{1, 2, 3}, {4}},
		Strings: []string{"x", ""}, ByName: map[string][]float64{"b": {1}, "a.c": {2}, "": nil}, ByCode: map[int]string{-1: "none", 10: "ten", 9: ""},
		ByUint:  map[uint8]leafy{200: {}, 3: {At: 1}},
		Pointer: new(float64), Deep: ptr(ptr(5)), ToSlice: ptr([]string(nil)),
		Tree: &leafy{Left: &leafy{At: 1}, Right: &leafy{Left: &leafy{}}}, Trees: []leafy{{}, {At: 2}},
		Option: &steep{By: []float64{1, 2}}, Options: []option{flat{1}, nil, &steep{}}, Any: []int{1, 2, 3},
		Scalars: []any{nil, 1, 2.5, "s", true, float32(0.1), []string{"a"}, [][]float64{{1}, {2, 3}}, time.Second, weights{1}},
		When:    time.Date(2024, 2, 29, 12, 0, 0, 123, time.UTC), Took: 90*time.Second + 1, Pauses: []time.Duration{1, 0},
		Big: big.NewInt(0).Exp(big.NewInt(10), big.NewInt(30), nil), Addr: netip.MustParseAddr("::1"),
		Dense: tensor.FromSlice([]float64{1, 2, 3, 4, 5, 6}, 3, 2), Dense32: tensor.FromSlice([]float32{7}), Value: *tensor.New[float64](2, 0),
		Sparse: sparse[float64](), Sparse32: sparse[float32](), Matrix: tensor.FromSlice([]float32{1, 2}, 1, 2),
	}
	r.Restored = restoring{N: 4, doubled: 8, times: 1}
	r.RestoredNested.R.times = 1
	return r
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Encode(&b, v, map[string]string{"library": "v1.2.3"}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decodeAs[T any](t testing.TB, raw []byte) T {
	t.Helper()
	v, _, err := Decode(bytes.NewReader(raw), reflect.TypeFor[T]())
	if err != nil {
		t.Fatal(err)
	}
	return v.Interface().(T)
}

func TestRoundTrip(t *testing.T) {
	want := full()
	raw := encode(t, want)
	got := decodeAs[*rich](t, raw)
	for i := range reflect.TypeFor[rich]().NumField() {
		f := reflect.TypeFor[rich]().Field(i)
		g, w := reflect.ValueOf(got).Elem().Field(i), reflect.ValueOf(want).Elem().Field(i)
		if f.IsExported() && !reflect.DeepEqual(g.Interface(), w.Interface()) {
			t.Errorf("%s: got %#v, want %#v", f.Name, g.Interface(), w.Interface())
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Error("a loaded value differs")
	}
	if !math.Signbit(got.Float) || !math.Signbit(got.Floats[3]) {
		t.Error("-0 lost its sign")
	}
	if !bytes.Equal(raw, encode(t, got)) {
		t.Error("a loaded value is written otherwise")
	}
	for range 5 {
		if !bytes.Equal(raw, encode(t, full())) {
			t.Fatal("equal values give different bytes")
		}
	}
}

func TestOnlyExportedFieldsAreStored(t *testing.T) {
	v := full()
	v.hidden, v.Restored.doubled = 5, 5
	if !bytes.Equal(encode(t, v), encode(t, full())) {
		t.Error("an unexported field changes the file")
	}
}

// A value that is not behind a pointer has no addresses to read numbers from.
func TestValuesWithoutAddress(t *testing.T) {
	if !bytes.Equal(encode(t, *full()), encode(t, full())) {
		t.Error("a value is written otherwise than a pointer to it")
	}
}

func TestMapsTakeNamedAndIntegerKeys(t *testing.T) {
	type word string
	type code int8
	type maps struct {
		Words map[word]code
		Codes map[code][]float64
		Wide  map[uint64]string
	}
	Register("test.maps", reflect.TypeFor[maps]())
	v := maps{Words: map[word]code{"b": 1, "": 2}, Codes: map[code][]float64{-128: {1}, 127: nil, 9: {}, 10: {2}}, Wide: map[uint64]string{math.MaxUint64: "x"}}
	if got := decodeAs[maps](t, encode(t, v)); !reflect.DeepEqual(got, v) {
		t.Errorf("got %v", got)
	}
}

func TestRoundTripJSON(t *testing.T) {
	want := full()
	text := must(EncodeJSON(want))
	v, err := DecodeJSON(text, reflect.TypeFor[any]())
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if got := v.Interface(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if strings.Contains(string(text), tensorKey+`"`) {
		t.Error("an array is not in place")
	}
}
