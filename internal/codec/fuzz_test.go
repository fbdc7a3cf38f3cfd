package codec

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// FuzzDecode reads files whose frame is sound, so that all of the fuzzing goes to the document and what it says of the
// arrays. What is read must be written again, and then read and written as the same.
func FuzzDecode(f *testing.F) {
	sound, err := ReadSafetensors(bytes.NewReader(encode(f, full())))
	if err != nil {
		f.Fatal(err)
	}
	header, err := makeHeader(nil, sound.Arrays)
	if err != nil {
		f.Fatal(err)
	}
	var data []byte
	for _, a := range sound.Arrays {
		data = append(data, a.Data...)
	}
	f.Add(sound.Meta[documentMeta], strings.Trim(string(header), "{} ")+"}", data)
	f.Add(`{"kind":"test.rich"}`, "", []byte{})
	f.Add(`{"kind":"test.rich","Floats":{"tensor":"x"},"Option":{"kind":"test.steep"}}`, `"x":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}`, make([]byte, 8))
	f.Add(`{"kind":"test.rich","Ragged":{"lengths":[-1,2],"values":{"tensor":"v"}}}`, `"v":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}`, make([]byte, 16))
	f.Add(`{"kind":"test.rich","Any":{"kind":"slot.ensemble","Bases":[{"kind":"slot.ridge"},{"kind":"slot.logistic"}],"Any":{"kind":"slot.chain","Final":{"kind":"slot.ridge"}}}}`, "", []byte{})
	f.Add(`{"kind":"test.rich","Matrix":{"kind":"tensor.CSR[float32]","shape":[1,3],"indptr":[0,1],"indices":[2],"values":{"tensor":"v"}}}`, `"v":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`, make([]byte, 4))
	f.Fuzz(func(t *testing.T, document, entries string, data []byte) {
		raw := withMeta(document, entries, string(data))
		if _, _, err := Decode(bytes.NewReader(raw), reflect.TypeFor[*rich]()); err == nil {
			t.Fatal("a file without a sum is read")
		}
		for _, target := range []reflect.Type{reflect.TypeFor[*rich](), reflect.TypeFor[any](), reflect.TypeFor[classifier]()} {
			v, err := decodeRaw(raw, target)
			if err != nil {
				checkError(t, err)
				continue
			}
			var once, twice bytes.Buffer
			if err := Encode(&once, v.Interface(), nil); err != nil {
				t.Fatal("what was read cannot be written:", err)
			}
			again, _, err := Decode(bytes.NewReader(once.Bytes()), target)
			if err != nil {
				t.Fatal("what was written cannot be read:", err)
			}
			if err := Encode(&twice, again.Interface(), nil); err != nil || !bytes.Equal(once.Bytes(), twice.Bytes()) {
				t.Fatal("read and written again it differs", err)
			}
		}
	})
}

func FuzzDecodeJSON(f *testing.F) {
	f.Add(must(EncodeJSON(full())))
	f.Add([]byte(`{"Int": 1, "Meta": {"Config": {"Alpha": 1, "kind": "test.small"}}}`))
	f.Add([]byte(`{"kind": "slot.ensemble", "Bases": [{"kind": "slot.ridge", "Alpha": 1e3}]}`))
	f.Add([]byte(`{"Sparse": {"shape": [2, 3], "indptr": [0, 1, 2], "indices": [2, 0], "values": [1, "NaN"]}, "Dense": {"shape": [0, 2], "data": []}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, target := range []reflect.Type{reflect.TypeFor[*rich](), reflect.TypeFor[any]()} {
			v, err := DecodeJSON(text, target)
			if err != nil {
				checkError(t, err)
				continue
			}
			once, err := EncodeJSON(v.Interface())
			if err != nil {
				t.Fatal("what was read cannot be written:", err)
			}
			again, err := DecodeJSON(once, target)
			if err != nil {
				t.Fatalf("what was written cannot be read: %v\n%s", err, once)
			}
			if twice, err := EncodeJSON(again.Interface()); err != nil || !bytes.Equal(once, twice) {
				t.Fatalf("read and written again it differs: %v\n%s\n%s", err, once, twice)
			}
		}
	})
}

func FuzzSafetensors(f *testing.F) {
	f.Add(encode(f, small{Alpha: 1, Inner: &steep{By: []float64{1, 2}}}))
	f.Add(makeFile(`{"x":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"y":{"dtype":"BOOL","shape":[],"data_offsets":[8,9]}}  `, "123456781"))
	f.Add(makeFile(`{"__metadata__":{"a":"b"},"e":{"dtype":"I64","shape":[0,4],"data_offsets":[0,0]}}`, ""))
	f.Add(makeFile(`{}`, ""))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, _, err := Decode(bytes.NewReader(raw), reflect.TypeFor[any]()); err != nil {
			checkError(t, err)
		}
		file, err := ReadSafetensors(bytes.NewReader(raw))
		if err != nil {
			checkError(t, err)
			return
		}
		total := 0
		for _, a := range file.Arrays {
			total += len(a.Data)
		}
		if total > len(raw) {
			t.Fatal(total, "bytes of arrays in a file of", len(raw))
		}
		var once, twice bytes.Buffer
		if err := WriteSafetensors(&once, *file); err != nil {
			t.Fatal("what was read cannot be written:", err)
		}
		again, err := ReadSafetensors(bytes.NewReader(once.Bytes()))
		if err != nil {
			t.Fatal("what was written cannot be read:", err)
		}
		if err := WriteSafetensors(&twice, *again); err != nil || !bytes.Equal(once.Bytes(), twice.Bytes()) {
			t.Fatal("read and written again it differs", err)
		}
	})
}

// checkError makes sure that a refusal is one callers can tell.
func checkError(t *testing.T, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, ErrFormat) && !errors.Is(err, ErrType) {
		t.Fatalf("a refusal without a kind: %v", err)
	}
}
