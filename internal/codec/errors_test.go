package codec

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/gopherwood-ml/ml/tensor"
)

// fails checks that err is an *Error of the given kind at path, and that its text holds says.
func fails(t *testing.T, err error, kind error, path, says string) {
	t.Helper()
	var e *Error
	switch {
	case !errors.As(err, &e):
		t.Errorf("got %v, want an *Error with %q", err, says)
	case !errors.Is(err, kind) || e.Path != path || !strings.Contains(e.Error(), says):
		t.Errorf("got kind %v, path %q, %v; want %v, %q, %q", e.Kind, e.Path, e, kind, path, says)
	}
}

type (
	unregistered struct{}
	holder       struct {
		In   any
		List []any
	}
	sealed struct{ x int }
	ring   struct{ Next *ring }
	nest   []nest
	tree   map[string]tree
	clash  struct {
		A int
		B int `codec:"was=A"`
	}
	badTag struct {
		A int `codec:"A"`
	}
	pointing   struct{ *hiding }
	hiding     struct{ X int }
	containing struct {
		Fn    func()
		Chan  chan int
		Ptr   unsafe.Pointer
		Addr  uintptr
		Num   complex128
		Keys  map[float64]int
		Text  map[string]int
		Seal  *sealed
		Clash *clash
		Tag   *badTag
		Point *pointing
		Ring  *ring
		Nest  nest
		Tree  tree
		Empty *tensor.Tensor[float64]
	}
)

func init() {
	Register("test.holder", reflect.TypeFor[holder]())
	Register("test.containing", reflect.TypeFor[containing]())
}

func TestEncodeRefuses(t *testing.T) {
	loop := &ring{}
	loop.Next = loop
	deep := nest{}
	for range maxDepth {
		deep = nest{deep}
	}
	self := tree{}
	self["me"] = self
	x := 1
	cases := []struct {
		v          any
		path, says string
	}{
		{nil, "", "found nil"},
		{unregistered{}, "", "call ml.Register"},
		{&unregistered{}, "", "codec.unregistered, which has no kind"},
		{holder{In: unregistered{}}, "In", "call ml.Register"},
		{holder{List: []any{1, func() {}}}, "List.1", "func()"},
		{holder{In: (*rich)(nil)}, "In", "a nil *codec.rich in an interface"},
		{containing{Fn: func() {}}, "Fn", "func()"},
		{containing{Chan: make(chan int)}, "Chan", "chan int"},
		{containing{Ptr: unsafe.Pointer(&x)}, "Ptr", "unsafe.Pointer"},
		{containing{Addr: 1}, "Addr", "uintptr"},
		{containing{Num: 1i}, "Num", "complex128"},
		{containing{Keys: map[float64]int{1: 1}}, "Keys", "string or integer keys"},
		{containing{Text: map[string]int{"\xff": 1}}, "Text", "UTF-8"},
		{containing{Seal: &sealed{1}}, "Seal", "only unexported fields"},
		{containing{Clash: &clash{1, 2}}, "Clash", `"A" is taken`},
		{containing{Tag: &badTag{1}}, "Tag", "tag"},
		{containing{Point: &pointing{&hiding{1}}}, "Point", "an embedded pointer to codec.hiding"},
		{containing{Ring: loop}, "Ring.Next", "cycle"},
		{containing{Nest: deep}, "Nest" + strings.Repeat(".0", maxDepth-1), "nested deeper"},
		{containing{Tree: self}, "Tree.me", "a map that holds itself"},
		{containing{Empty: tensor.New[float64](1<<21, 0)}, "Empty", "without elements"},
	}
	for _, c := range cases {
		fails(t, Encode(io.Discard, c.v, nil), ErrStore, c.path, c.says)
		_, err := EncodeJSON(c.v)
		fails(t, err, ErrStore, c.path, c.says)
	}
	for _, key := range ownMeta {
		fails(t, Encode(io.Discard, small{}, map[string]string{key: ""}), ErrStore, "", key)
	}
	fails(t, Encode(io.Discard, small{}, map[string]string{"a": "\xff"}), ErrStore, "", "UTF-8")
	full := errors.New("disk full")
	if err := Encode(failing{full}, small{}, nil); !errors.Is(err, full) {
		t.Error(err)
	}
	if _, _, err := Decode(failing{full}, reflect.TypeFor[any]()); !errors.Is(err, full) || errors.Is(err, ErrFormat) {
		t.Error(err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
func (f failing) Read([]byte) (int, error)  { return 0, f.err }

func TestDecodeJSONRefuses(t *testing.T) {
	cases := []struct{ text, path, says string }{
		{``, "", "unexpected end"},
		{`{"Int": 1} x`, "", "invalid character"},
		{`{"Int": 1, "Intt": 2}`, "Intt", "an unknown field"},
		{`{"hidden": 1}`, "hidden", "an unknown field"},
		{`{"int": 1}`, "int", "an unknown field"},
		{`{"Int": 1, "Int": 1}`, "Int", "a second value"},
		{`{"kind": "test.rich", "kind": "test.rich"}`, "kind", "a second value"},
		{`{"kind": 1}`, "", "a kind"},
		{`{"Meta": {"Config": {"Alpha": 1}}}`, "Meta.Config", "an object with a kind"},
		{`{"Int": 1.5}`, "Int", "an integer that fits int"},
		{`{"Int": "1"}`, "Int", "an integer"},
		{`{"Int": null}`, "Int", "an integer"},
		{`{"Int8": 128}`, "Int8", "an integer that fits int8"},
		{`{"Uint64": -1}`, "Uint64", "an integer >= 0"},
		{`{"Float": "1"}`, "Float", "a number"},
		{`{"Float": 1e999}`, "Float", "a number that fits float64"},
		{`{"Narrow": 1e39}`, "Narrow", "a number that fits float32"},
		{`{"Float": true}`, "Float", "a number"},
		{`{"Bool": 1}`, "Bool", "true or false"},
		{`{"Text": 1}`, "Text", "a string"},
		{`{"Text": {"base64": "?"}}`, "Text", "a string"},
		{`{"Color": "blue"}`, "Color", "no such color"},
		{`{"Took": "1 parsec"}`, "Took", "a duration"},
		{`{"Took": 1}`, "Took", "a string"},
		{`{"Strings": {}}`, "Strings", "a list"},
		{`{"Array": [1, 2]}`, "Array", "2 elements, want 3"},
		{`{"ByName": []}`, "ByName", "an object"},
		{`{"ByCode": {"x": "y"}}`, "ByCode", `the key "x"`},
		{`{"ByCode": {"1": "y", "01": "z"}}`, "ByCode", `the key "01"`},
		{`{"ByUint": {"256": {}}}`, "ByUint", `the key "256"`},
		{`{"Trees": [{}, {"Left": {"Right": {"At": "x"}}}]}`, "Trees.1.Left.Right.At", "a number"},
		{`{"Deep": 5}`, "Deep", "one value in brackets"},
		{`{"Fn": 1}`, "Fn", "no form in a file"},
		{`{"Restored": {"N": -1}}`, "Restored", "N must be >= 0"},
		{`{"Floats": {"tensor": "x"}}`, "Floats", `the tensor "x"`},
		{`{"Dense": {"shape": [2, 2], "data": [1, 2, 3]}}`, "Dense", "3 numbers for a tensor of shape [2 2]"},
		{`{"Dense": {"shape": [-1, -3], "data": [1, 2, 3]}}`, "Dense", "shape [-1 -3]"},
		{`{"Dense": {"shape": [4611686018427387904, 4], "data": []}}`, "Dense", "0 numbers"},
		{`{"Dense": {"shape": [4611686018427387904, 0], "data": []}}`, "Dense", "0 numbers"},
		{`{"Dense": {"data": [1, 2, 3]}}`, "Dense", "2 parts"},
		{`{"Dense": {"data": [1], "shape": [1], "shape": [1]}}`, "Dense", "2 parts"},
		{`{"Dense": {"data": [1], "data": [1]}}`, "Dense", "an object with shape"},
		{`{"Dense": [1]}`, "Dense", "an object"},
		{`{"Matrix": {"kind": "tensor.Tensor[float64]", "shape": [2], "data": [1, 2]}}`, "Matrix", "rank 1, want a matrix"},
		{`{"Sparse": {"shape": [1, 2], "indptr": [0, 2], "indices": [1, 1], "values": [1, 2]}}`, "Sparse", "a broken sparse matrix"},
		{`{"Sparse": {"shape": [1, 2, 3], "indptr": [0, 2], "indices": [1, 1], "values": [1, 2]}}`, "Sparse", "shape [1 2 3]"},
		{`{"Ragged": {"lengths": [3], "values": [1, 2]}}`, "Ragged", "lengths[0] = 3"},
		{`{"Ragged": {"lengths": [-2], "values": []}}`, "Ragged", "lengths[0] = -2"},
		{`{"Ragged": {"lengths": [1], "values": [1, 2]}}`, "Ragged", "1 values more"},
		{`{"Tree": ` + strings.Repeat(`{"Left":`, 2000) + `{}` + strings.Repeat(`}`, 2000) + `}`, "", "nested deeper"},
		{"{\"Text\": \"\xff\"}", "", "not UTF-8"},
	}
	for _, c := range cases {
		_, err := DecodeJSON([]byte(c.text), reflect.TypeFor[*rich]())
		fails(t, err, ErrFormat, c.path, c.says)
	}
}

func TestDecodeRefusesOtherKinds(t *testing.T) {
	cases := []struct {
		text   string
		target reflect.Type
		path   string
		says   string
	}{
		{`{"kind": "test.flat"}`, reflect.TypeFor[*rich](), "", "found test.flat, want test.rich"},
		{`{"kind": "test.flat"}`, reflect.TypeFor[leafy](), "", "found test.flat, want codec.leafy"},
		{`{"kind": "test.flat"}`, reflect.TypeFor[io.Reader](), "", "found test.flat, want io.Reader"},
		{`{"kind": "test.gone"}`, reflect.TypeFor[any](), "", `kind "test.gone", want a registered kind; import the package`},
		{`{"Option": {"kind": "test.small"}}`, reflect.TypeFor[*rich](), "Option", "found test.small, want codec.option"},
		{`{"Restored": {"kind": "test.small"}}`, reflect.TypeFor[*rich](), "Restored", "found test.small, want test.restoring"},
		{`{"Trees": [{"kind": "test.small"}]}`, reflect.TypeFor[*rich](), "Trees.0", "found test.small, want codec.leafy"},
		{`{"Matrix": {"kind": "float64", "value": 1}}`, reflect.TypeFor[*rich](), "Matrix", "found float64, want tensor.Matrix"},
	}
	for _, c := range cases {
		_, err := DecodeJSON([]byte(c.text), c.target)
		fails(t, err, ErrType, c.path, c.says)
	}
	// A file, whose slots are strict.
	raw := encode(t, small{})
	_, _, err := Decode(bytes.NewReader(raw), reflect.TypeFor[*rich]())
	fails(t, err, ErrType, "", "found test.small, want test.rich")
	if got := must(DecodeJSON(must(EncodeJSON(containing{})), reflect.TypeFor[containing]())).Interface().(containing); got.Fn != nil || got.Num != 0 {
		t.Error("what has no form is zero, and stays so; got", got)
	}
}
