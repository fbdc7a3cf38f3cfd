package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

// makeFile renders a safetensors file by hand, with the length of the header in front.
func makeFile(header, data string) []byte {
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), data...)
}

// withMeta is a file of this codec whose document and arrays may say anything; its sum is not checked by decodeRaw.
func withMeta(document, entries, data string) []byte {
	h := []byte(`{"__metadata__":{"format":"gopherwood","version":"1","kind":"test.rich","document":`)
	h = append(appendQuoted(h, document), '}')
	if entries != "" {
		h = append(append(h, ','), entries...)
	}
	return makeFile(string(append(h, '}')), data)
}

// decodeRaw is Decode without the sum.
func decodeRaw(raw []byte, target reflect.Type) (reflect.Value, error) {
	f, err := ReadSafetensors(bytes.NewReader(raw))
	if err != nil {
		return reflect.Value{}, err
	}
	v, _, err := decodeFile(f, target)
	return v, err
}

func TestProvenanceTravels(t *testing.T) {
	raw := encode(t, small{Alpha: 1})
	_, meta, err := Decode(bytes.NewReader(raw), reflect.TypeFor[small]())
	if err != nil || len(meta) != 1 || meta["library"] != "v1.2.3" {
		t.Error(meta, err)
	}
}

func TestDamagedFiles(t *testing.T) {
	raw := encode(t, full())
	target := reflect.TypeFor[*rich]()
	for n := range raw {
		if _, _, err := Decode(bytes.NewReader(raw[:n]), target); !errors.Is(err, ErrFormat) {
			t.Fatalf("cut to %d bytes of %d: %v", n, len(raw), err)
		}
	}
	if _, _, err := Decode(bytes.NewReader(append(bytes.Clone(raw), 0)), target); !errors.Is(err, ErrFormat) {
		t.Error("with one byte more:", err)
	}
	for i := range raw {
		for _, bit := range []byte{1, 0x20, 0x80} {
			bad := bytes.Clone(raw)
			bad[i] ^= bit
			if _, _, err := Decode(bytes.NewReader(bad), target); !errors.Is(err, ErrFormat) {
				t.Fatalf("byte %d with another bit: %v", i, err)
			}
		}
	}
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	file := must(os.Open(path))
	defer file.Close()
	if v, _, err := Decode(file, target); err != nil || !reflect.DeepEqual(v.Interface(), full()) {
		t.Error("from a file:", err)
	}
	if v, _, err := Decode(iotest.OneByteReader(bytes.NewReader(raw)), target); err != nil || !reflect.DeepEqual(v.Interface(), full()) {
		t.Error("byte by byte:", err)
	}
}

func TestOtherFilesAreRefusedByName(t *testing.T) {
	target := reflect.TypeFor[*rich]()
	set := func(from, to string) []byte {
		raw := encode(t, small{})
		return bytes.Replace(raw, []byte(from), []byte(to), 1)
	}
	cases := map[string][]byte{
		`format ""`: makeFile(`{}`, ""),
		"version 2 of the file format, want at most 1: a newer release": set(`"version":"1"`, `"version":"2"`),
		`version "x"`:      set(`"version":"1"`, `"version":"x"`),
		`format "other"`:   makeFile(`{"__metadata__":{"format":"other"}}`, ""),
		`the sha256 ""`:    makeFile(`{"__metadata__":{"format":"gopherwood","version":"1"}}`, ""),
		"a header of":      []byte("PK\x03\x04 a zip file"),
		"the end of the f": nil,
	}
	for says, raw := range cases {
		_, _, err := Decode(bytes.NewReader(raw), target)
		fails(t, err, ErrFormat, "", says)
	}
}

func TestArraysAreUsedOnce(t *testing.T) {
	entry := `"x":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}`
	data := strings.Repeat("\x00", 16)
	cases := []struct{ document, path, says string }{
		{`{"kind":"test.rich"}`, "x", "does not use"},
		{`{"kind":"test.rich","Floats":{"tensor":"x"},"Named":{"kind":"test.weights","value":{"tensor":"x"}}}`, "Named", "not used elsewhere"},
		{`{"kind":"test.rich","Floats":{"tensor":"x","more":1}}`, "Floats", "nothing else"},
		{`{"kind":"test.rich","Floats":{"tensor":1}}`, "Floats", "the name of a tensor"},
		{`{"kind":"test.rich","Dense":{"tensor":"x","shape":[2]}}`, "Dense", "nothing else"},
		{`{"kind":"test.rich","Array":{"tensor":"x"}}`, "Array", "shape [2], want [3]"},
		{`{"kind":"test.small"}`, "", "a document of kind"},
		{`[]`, "", "a document of kind"},
		{``, "", "broken JSON"},
	}
	for _, c := range cases {
		_, err := decodeRaw(withMeta(c.document, entry, data), reflect.TypeFor[*rich]())
		fails(t, err, ErrFormat, c.path, c.says)
	}
	_, err := decodeRaw(withMeta(`{"kind":"test.rich","Singles":{"tensor":"x"}}`, entry, data), reflect.TypeFor[*rich]())
	fails(t, err, ErrType, "Singles", "found F64, want F32")
	matrix := `"x":{"dtype":"F64","shape":[2,1],"data_offsets":[0,16]}`
	_, err = decodeRaw(withMeta(`{"kind":"test.rich","Floats":{"tensor":"x"}}`, matrix, data), reflect.TypeFor[*rich]())
	fails(t, err, ErrFormat, "Floats", "shape [2 1], want one axis")
	bools := `"x":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}`
	_, err = decodeRaw(withMeta(`{"kind":"test.rich","Bools":{"tensor":"x"}}`, bools, "\x01\x02"), reflect.TypeFor[*rich]())
	fails(t, err, ErrFormat, "Bools", "BOOL numbers out of range")
}

func TestBrokenContainers(t *testing.T) {
	f64 := func(name, shape, offsets string) string {
		return fmt.Sprintf(`%q:{"dtype":"F64","shape":%s,"data_offsets":%s}`, name, shape, offsets)
	}
	data := strings.Repeat("\x00", 16)
	cases := []struct{ header, says string }{
		{"", "does not begin with {"},
		{` {}`, "does not begin with {"},
		{`{`, "broken JSON"},
		{`[]`, "does not begin with {"},
		{`{"__metadata__":1}`, "an object"},
		{`{"__metadata__":{"a":1}}`, "one string"},
		{`{"__metadata__":{"a":"1","a":"1"}}`, "one string"},
		{`{"__metadata__":{},"__metadata__":{}}`, "two entries"},
		{`{"x":1}`, "without a proper dtype"},
		{`{"x":{"dtype":"F64","shape":[2]}}`, "without a proper data_offsets"},
		{`{"x":{"dtype":"F64","shape":[2],"data_offsets":[0,16],"more":1}}`, "4 keys"},
		{`{"x":{"dtype":"F63","shape":[2],"data_offsets":[0,16]}}`, "element type"},
		{`{` + f64("x", "[2]", "[0,16]") + `,` + f64("x", "[2]", "[0,16]") + `}`, "two entries"},
		{`{` + f64("x", "[2]", "[0,16]") + `,` + f64("y", "[2]", "[0,16]") + `}`, "without holes or overlap"},
		{`{` + f64("x", "[1]", "[8,16]") + `}`, "without holes or overlap"},
		{`{` + f64("x", "[1]", "[0,8]") + `}`, "more data"},
		{`{` + f64("x", "[3]", "[0,24]") + `}`, "16 bytes of data, want 24"},
		{`{` + f64("x", "[2]", "[16,0]") + `}`, "two, rising"},
		{`{` + f64("x", "[2]", "[0,8,16]") + `}`, "two, rising"},
		{`{` + f64("x", "[3]", "[0,16]") + `}`, "16 bytes of data, want 24"},
		{`{` + f64("x", "[-1,-2]", "[0,16]") + `}`, "an integer >= 0"},
		{`{` + f64("x", "[2.0]", "[0,16]") + `}`, "an integer >= 0"},
		{`{` + f64("x", "[4294967296,4294967296]", "[0,0]") + `}`, "one whose size fits an int"},
		{`{` + f64("x", "[4294967296,4294967296,0]", "[0,0]") + `}`, "one whose size fits an int"},
		{`{` + f64("x", "[9223372036854775808]", "[0,0]") + `}`, "an integer >= 0"},
	}
	for _, c := range cases {
		_, err := ReadSafetensors(bytes.NewReader(makeFile(c.header, data)))
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q", c.header, err, c.says)
		}
	}
}

// A file may claim anything; memory follows what it holds.
func TestClaimsAreNotAllocated(t *testing.T) {
	huge := `{"x":{"dtype":"F64","shape":[1000000000],"data_offsets":[0,8000000000]}}`
	files := map[string][]byte{
		"a header of 99 MB":   append(binary.LittleEndian.AppendUint64(nil, 99_000_000), '{'),
		"a header of 2^63":    append(binary.LittleEndian.AppendUint64(nil, 1<<63), '{'),
		"an array of 8 GB":    makeFile(huge, "12345678"),
		"many large structs":  withMeta(`{"kind":"test.rich","Big":"1","Options":[`+strings.Repeat(`{"kind":"test.rich"},`, 20)+`null]}`, "", ""),
		"a ragged claim":      withMeta(`{"kind":"test.rich","Ragged":{"lengths":[4611686018427387904],"values":[]}}`, "", ""),
		"an empty tall shape": withMeta(`{"kind":"test.rich","Dense":{"shape":[9000000000000000000,0],"data":[]}}`, "", ""),
	}
	for name, raw := range files {
		for _, r := range []io.Reader{bytes.NewReader(raw), iotest.HalfReader(bytes.NewReader(raw))} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			f, err := ReadSafetensors(r)
			if err == nil {
				_, _, err = decodeFile(f, reflect.TypeFor[*rich]())
			}
			runtime.ReadMemStats(&after)
			if err == nil {
				t.Errorf("%s is read", name)
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
				t.Errorf("%s: %d bytes allocated for a file of %d", name, got, len(raw))
			}
		}
	}
}

type wide struct{ Pad [64]wideLine }

type wideLine struct{ A, B, C, D, E, F, G, H uint64 }

func TestRoomForStructs(t *testing.T) {
	type many struct{ All []wide }
	text := `{"All":[` + strings.Repeat(`{},`, 10000) + `{}]}`
	_, err := DecodeJSON([]byte(text), reflect.TypeFor[many]())
	fails(t, err, ErrFormat, "All", "no more than a file of this size justifies")
	v, err := DecodeJSON([]byte(`{"All":[`+strings.Repeat(`{},`, 1000)+`{}]}`), reflect.TypeFor[many]())
	if err != nil || len(v.Interface().(many).All) != 1001 {
		t.Error(err)
	}
}

func TestSafetensorsRoundTrip(t *testing.T) {
	f := File{Meta: map[string]string{"b": "2", "a": "é\n"}, Arrays: []Array{
		ArrayOf("half", []uint16{1, 2, 3}, 3),
		ArrayOf("bools", []bool{true, false, true}, 3),
		ArrayOf("scalar", []float32{1.5}),
		ArrayOf("empty", []int64{}, 0, 5),
		ArrayOf("matrix", []float64{1, 2, 3, math.NaN()}, 2, 2),
		{Name: "brain", DType: BF16, Shape: []int{2}, Data: []byte{1, 2, 3, 4}},
	}}
	var b bytes.Buffer
	if err := WriteSafetensors(&b, f); err != nil {
		t.Fatal(err)
	}
	raw := b.Bytes()
	if n := binary.LittleEndian.Uint64(raw); n%8 != 0 {
		t.Error("the data is not aligned: the header has", n, "bytes")
	}
	got, err := ReadSafetensors(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Meta, f.Meta) || len(got.Arrays) != len(f.Arrays) {
		t.Error(got.Meta, len(got.Arrays))
	}
	byName := map[string]Array{}
	for _, a := range got.Arrays {
		byName[a.Name] = a
	}
	for _, want := range f.Arrays {
		a := byName[want.Name]
		if a.DType != want.DType || fmt.Sprint(a.Shape) != fmt.Sprint(want.Shape) || !bytes.Equal(a.Data, want.Data) {
			t.Errorf("got %+v, want %+v", a, want)
		}
	}
	var again bytes.Buffer
	if err := WriteSafetensors(&again, *got); err != nil || !bytes.Equal(raw, again.Bytes()) {
		t.Error("the order of arrays changes the file", err)
	}
	m, err := View[float64](byName["matrix"])
	if err != nil || m[2] != 3 || !math.IsNaN(m[3]) {
		t.Error(m, err)
	}
	m[0] = 7
	if again := must(View[float64](byName["matrix"])); again[0] != 7 {
		t.Error("a view of aligned data is a copy")
	}
	shifted := byName["matrix"]
	shifted.Data = append([]byte{0}, shifted.Data...)[1:]
	if c := must(View[float64](shifted)); c[0] != 7 || c[1] != 2 {
		t.Error("data off its alignment reads as", c)
	}
	if _, err := View[float32](byName["matrix"]); !errors.Is(err, ErrType) {
		t.Error(err)
	}
	if _, err := View[bool](Array{DType: Bool, Data: []byte{2}, Shape: []int{1}}); !errors.Is(err, ErrFormat) {
		t.Error(err)
	}
	for _, bad := range [][]Array{
		{ArrayOf("x", []int8{1}, 2)}, {{Name: "x", DType: "F4"}}, {ArrayOf("x", []int8{}, 0), ArrayOf("x", []int8{}, 0)}, {ArrayOf(metaKey, []int8{}, 0)},
		{ArrayOf("\xff", []int8{}, 0)}, {ArrayOf("x", []int8{}, -1, 0)},
	} {
		if err := WriteSafetensors(io.Discard, File{Arrays: bad}); !errors.Is(err, ErrStore) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

// On machines with another layout numbers pass one by one; both ways give the same bytes and values.
func TestOtherLayouts(t *testing.T) {
	want := encode(t, full())
	littleEndian = false
	defer func() { littleEndian = true }()
	if !bytes.Equal(want, encode(t, full())) {
		t.Error("numbers that are converted one by one give other bytes")
	}
	if got := decodeAs[*rich](t, want); !reflect.DeepEqual(got, full()) {
		t.Error("numbers that are converted one by one give other values")
	}
	narrow, ok := numbers([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, I64, reflect.TypeFor[int32](), 1)
	if !ok || narrow.Index(0).Int() != -1 {
		t.Error("an int of 32 bits reads -1 as", narrow)
	}
	if _, ok := numbers([]byte{0, 0, 0, 0, 1, 0, 0, 0}, I64, reflect.TypeFor[int32](), 1); ok {
		t.Error("an int of 32 bits holds 2^32")
	}
}

// TestGoldenFile holds today's code to the bytes of the format's first version. A change here breaks files of users.
func TestGoldenFile(t *testing.T) {
	const path = "testdata/version1.safetensors"
	raw := encode(t, full())
	want, err := os.ReadFile(path)
	if os.Getenv("CODEC_GOLDEN") == "write" {
		want, err = raw, os.WriteFile(path, raw, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(raw, want) {
		t.Error("the value of the golden file is written otherwise now")
	}
	if got := decodeAs[*rich](t, want); !reflect.DeepEqual(got, full()) {
		t.Error("the golden file reads otherwise now")
	}
}
