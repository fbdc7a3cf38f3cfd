package codec

import (
	"bytes"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// chain stands for a generic wrapper of the root package, which cannot register its instances.
type chain[Y, M any] struct{ Final M }

type classifier interface{ classes() int }

type regressor interface{ target() float64 }

type logistic struct{ Coef []float64 }

type ridge struct{ Alpha float64 }

func (*logistic) classes() int { return len(*new([]int)) }
func (ridge) target() float64  { return 0 }

// asClassifier makes a classifier of anything; it is stored as what it wraps.
type asClassifier struct{ inner any }

func (asClassifier) classes() int  { return 2 }
func (a asClassifier) Stored() any { return a.inner }

type ensemble struct {
	Bases []classifier
	Any   any
}

type notFitting struct{}

func init() {
	Register("slot.logistic", reflect.TypeFor[*logistic]())
	Register("slot.ridge", reflect.TypeFor[ridge]())
	Register("slot.ensemble", reflect.TypeFor[ensemble]())
	Register("slot.notFitting", reflect.TypeFor[notFitting]())
	RegisterFamily(Family{
		Name:  "slot.chain",
		Inner: []string{"Final"},
		Owner: InstanceOf(reflect.TypeFor[logistic](), "chain"),
		Kind:  func(reflect.Type) string { return "slot.chain" },
		Default: func(kind string, peek Peek) (reflect.Type, error) {
			if kind != "slot.chain" {
				return nil, nil
			}
			final, ok := peek("Final")
			switch {
			case !ok:
				return nil, errors.New("a chain without a final model")
			case final == "slot.logistic":
				return reflect.TypeFor[*chain[int, classifier]](), nil
			}
			return reflect.TypeFor[*chain[float64, regressor]](), nil
		},
	})
	RegisterAdapter(reflect.TypeFor[classifier](), func(v reflect.Value) (reflect.Value, error) {
		if _, ok := v.Interface().(ridge); ok {
			return reflect.ValueOf(asClassifier{v.Interface()}), nil
		}
		return reflect.Value{}, errors.New("cannot be fitted to classes")
	})
}

func TestFamilies(t *testing.T) {
	type typed = chain[int, *logistic]
	raw := encode(t, &typed{Final: &logistic{Coef: []float64{1, 2}}})
	if got := decodeAs[*typed](t, raw); got.Final.Coef[1] != 2 {
		t.Error(got)
	}
	if got := decodeAs[typed](t, raw); got.Final.Coef[1] != 2 {
		t.Error(got)
	}
	got, ok := decodeAs[any](t, raw).(*chain[int, classifier])
	if !ok || got.Final.(*logistic).Coef[0] != 1 {
		t.Error("an interface gets", got)
	}
	if !bytes.Equal(raw, encode(t, got)) {
		t.Error("the form for interfaces is written otherwise")
	}
	numbers := decodeAs[any](t, encode(t, chain[float64, ridge]{ridge{3}})).(*chain[float64, regressor])
	if numbers.Final.(ridge).Alpha != 3 {
		t.Error(numbers)
	}
	_, _, err := Decode(bytes.NewReader(raw), reflect.TypeFor[*chain[int, ridge]]())
	fails(t, err, ErrType, "Final", "found slot.logistic, want slot.ridge")
	_, _, err = Decode(bytes.NewReader(raw), reflect.TypeFor[*logistic]())
	fails(t, err, ErrType, "", "found slot.chain, want slot.logistic")
	_, err = DecodeJSON([]byte(`{"kind": "slot.chain"}`), reflect.TypeFor[any]())
	fails(t, err, ErrType, "", "a chain without a final model")
	if kind, ok := KindOf(reflect.TypeFor[*typed]()); !ok || kind != "slot.chain" {
		t.Error(kind, ok)
	}
}

func TestPeek(t *testing.T) {
	d := must(parse([]byte(`{"kind": "slot.ensemble", "Bases": [null, {"kind": "slot.logistic"}, {"kind": "slot.notFitting"}, {"kind": 1},
		{"kind": "slot.chain"}, {"kind": "slot.chain", "Final": {"kind": "slot.chain", "Final": {"kind": "slot.logistic"}}},
		{"kind": "slot.chain", "Final": {"kind": "slot.notFitting"}}, {"kind": "slot.unknown"}]}`)))
	peek := newDecoder(d, 0).peekAt(0)
	for path, want := range map[string]string{"": "slot.ensemble", "Bases 1": "slot.logistic", "Bases": "", "Bases 0": "", "Bases 3": "", "Bases 8": "", "Bases x": "", "Final": ""} {
		if kind, ok := peek(strings.Fields(path)...); kind != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v", path, kind, ok)
		}
	}
	// a wrapper can what the innermost model can: nothing if there is none
	for i, want := range []bool{false, true, false, false, false, true, false, false} {
		if got := StoredHas[classifier](peek, "Bases", strconv.Itoa(i)); got != want {
			t.Errorf("base %d can classify: got %v", i, got)
		}
	}
}

func TestAdapters(t *testing.T) {
	v := ensemble{Bases: []classifier{asClassifier{ridge{5}}, &logistic{}}}
	raw := encode(t, v)
	if got := decodeAs[ensemble](t, raw); !reflect.DeepEqual(got, v) {
		t.Errorf("got %+v", got)
	}
	_, err := DecodeJSON([]byte(`{"Bases": [{"kind": "slot.notFitting"}]}`), reflect.TypeFor[ensemble]())
	fails(t, err, ErrType, "Bases.0", "cannot be fitted to classes")
	if _, err := EncodeJSON(ensemble{Bases: []classifier{(*wrapped)(nil)}}); err == nil {
		t.Error("a nil wrapper is stored")
	}
	_, err = EncodeJSON(ensemble{Bases: []classifier{asClassifier{asClassifier{}}}})
	fails(t, err, ErrStore, "Bases.0", "what it wraps")
}

type wrapped struct{}

func (*wrapped) classes() int  { return 0 }
func (w *wrapped) Stored() any { return *w }

// A pointer and its element share a kind; the slot says how the value is held.
func TestHeldAsTheSlotSays(t *testing.T) {
	raw := encode(t, logistic{Coef: []float64{1}})
	if got := decodeAs[logistic](t, raw); got.Coef[0] != 1 {
		t.Error(got)
	}
	if got := decodeAs[classifier](t, raw).(*logistic); got.Coef[0] != 1 {
		t.Error(got)
	}
	if _, ok := decodeAs[any](t, raw).(*logistic); !ok {
		t.Error("an interface that could hold both does not get what was registered")
	}
	raw = encode(t, &ridge{1})
	if got := decodeAs[*ridge](t, raw); got.Alpha != 1 {
		t.Error(got)
	}
	if _, ok := decodeAs[any](t, raw).(ridge); !ok {
		t.Error("an interface that could hold both does not get what was registered")
	}
}

// Fields that were renamed keep reading the files of before.
func TestFormerNames(t *testing.T) {
	type renamed struct {
		Alpha float64 `codec:"was=Lambda,was=Reg"`
	}
	for _, name := range []string{"Alpha", "Lambda", "Reg"} {
		v, err := DecodeJSON([]byte(`{"`+name+`": 2}`), reflect.TypeFor[renamed]())
		if err != nil || v.Interface().(renamed).Alpha != 2 {
			t.Error(name, v, err)
		}
	}
	_, err := DecodeJSON([]byte(`{"Alpha": 1, "Lambda": 2}`), reflect.TypeFor[renamed]())
	fails(t, err, ErrFormat, "Lambda", "a second value")
}

func TestRegisterPanics(t *testing.T) {
	cases := map[string]func(){
		"empty kind":      func() { Register("", reflect.TypeFor[badTag]()) },
		"kind is taken":   func() { Register("slot.ridge", reflect.TypeFor[badTag]()) },
		"type is taken":   func() { Register("slot.ridge2", reflect.TypeFor[*ridge]()) },
		"kind of Go":      func() { Register("[]float64", reflect.TypeFor[badTag]()) },
		"adapter is none": func() { RegisterAdapter(reflect.TypeFor[int](), nil) },
		"second adapter":  func() { RegisterAdapter(reflect.TypeFor[classifier](), nil) },
	}
	for name, call := range cases {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
	Register("slot.ridge", reflect.TypeFor[ridge]()) // the same again is fine
}

func TestJSONForPeople(t *testing.T) {
	type config struct {
		Alpha   float64
		Weights []float64
		Hidden  []int
		Inner   option
		Names   map[string]int
		Seed    uint64
	}
	Register("test.config", reflect.TypeFor[config]())
	v := config{Alpha: 0.5, Weights: []float64{1, 2}, Inner: flat{2}, Names: map[string]int{"b": 0, "a": 1}, Hidden: []int{}}
	want := `{
  "kind": "test.config",
  "Alpha": 0.5,
  "Weights": [1,2],
  "Hidden": [],
  "Inner": {
    "kind": "test.flat",
    "W": 2
  },
  "Names": {
    "a": 1,
    "b": 0
  }
}
`
	text := must(EncodeJSON(v))
	if string(text) != want {
		t.Errorf("got %s", text)
	}
	if got := must(DecodeJSON(text, reflect.TypeFor[config]())).Interface(); !reflect.DeepEqual(got, v) {
		t.Errorf("got %+v", got)
	}
	// People may leave out the kind where the type is known, and order fields as they like.
	got := must(DecodeJSON([]byte(`{"Inner": {"W": 2, "kind": "test.flat"}, "Alpha": 1e-3}`), reflect.TypeFor[config]())).Interface().(config)
	if got.Alpha != 1e-3 || got.Inner != (flat{2}) {
		t.Errorf("got %+v", got)
	}
}
