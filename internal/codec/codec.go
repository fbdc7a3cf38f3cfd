package codec

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

const (
	format  = "gopherwood"
	version = 1 // of the container
)

// Keys of the metadata that are not the caller's.
const (
	formatMeta   = "format"
	versionMeta  = "version"
	kindMeta     = "kind"
	documentMeta = "document"
	sumMeta      = "sha256"
)

var ownMeta = []string{formatMeta, versionMeta, kindMeta, documentMeta, sumMeta}

// Encode writes v, whose type must be registered, to w. meta is the caller's own: where the file comes from. It is
// stored as given; the names format, version, kind, document and sha256 are taken. What has no form on file is an
// ErrStore that names its path; errors of w come back as they are. Numbers in bulk are written from where they lie, but
// for strided views and slices of slices, which are copied first.
func Encode(w io.Writer, v any, meta map[string]string) error {
	e := newEncoder(false)
	kind, err := e.root(v)
	if err != nil {
		return err
	}
	all := map[string]string{
		formatMeta: format, versionMeta: strconv.Itoa(version), kindMeta: kind,
		documentMeta: string(e.out), sumMeta: noSum,
	}
	for key, text := range meta {
		if slices.Contains(ownMeta, key) {
			return unstorable("", fmt.Sprintf("metadata named %q", key), "a name that is not taken by the format")
		}
		all[key] = text
	}
	arrays := layOut(e.arrays)
	header, err := makeHeader(all, arrays)
	if err != nil {
		return err
	}
	h := sha256.New()
	h.Write(header)
	for _, a := range arrays {
		h.Write(a.Data)
	}
	setSum(header, noSum, hex.EncodeToString(h.Sum(nil)))
	return writeParts(w, header, arrays)
}

// noSum stands in the header while the sum of header and data is made.
var noSum = strings.Repeat("0", 2*sha256.Size)

// setSum replaces one sum in the header by another. The quotes around the key cannot be in a string, so the place is the
// metadata's own.
func setSum(header []byte, from, to string) bool {
	at := bytes.Index(header, []byte(`"`+sumMeta+`":"`+from+`"`))
	if at < 0 || len(from) != len(to) {
		return false
	}
	copy(header[at+len(sumMeta)+4:], to)
	return true
}

// Decode reads a file that [Encode] wrote, to its end, into a new value of the target type, and returns the caller's
// metadata. An interface target gets what the file's kind says. A file that is not sound is an ErrFormat; one that holds
// another kind than the target is an ErrType. Numbers in bulk are not copied: they share one block of memory.
func Decode(r io.Reader, target reflect.Type) (reflect.Value, map[string]string, error) {
	f, header, data, err := readParts(r)
	if err != nil {
		return reflect.Value{}, nil, err
	}
	if err := checkFormat(f.Meta); err != nil {
		return reflect.Value{}, nil, err
	}
	if err := checkSum(f.Meta[sumMeta], header, data); err != nil {
		return reflect.Value{}, nil, err
	}
	return decodeFile(f, target)
}

// checkFormat tells other files, and files of later versions, by name.
func checkFormat(meta map[string]string) error {
	if meta[formatMeta] != format {
		return malformed("", fmt.Sprintf("a safetensors file of format %q", meta[formatMeta]), fmt.Sprintf("format %q", format))
	}
	v, err := strconv.ParseUint(meta[versionMeta], 10, 31)
	if err != nil || v == 0 {
		return malformed("", fmt.Sprintf("version %q", meta[versionMeta]), "a version number")
	}
	if v > version {
		return malformed("", fmt.Sprintf("version %d of the file format", v), fmt.Sprintf("at most %d: a newer release wrote this file", version))
	}
	return nil
}

func checkSum(sum string, header, data []byte) error {
	if len(sum) != len(noSum) || !setSum(header, sum, noSum) {
		return malformed("", fmt.Sprintf("the sha256 %q", sum), "64 hexadecimal digits")
	}
	h := sha256.New()
	h.Write(header)
	h.Write(data)
	if real := hex.EncodeToString(h.Sum(nil)); real != sum {
		return malformed("", "content with the sha256 "+real, sum+", as the header says: the file is damaged")
	}
	return nil
}

// decodeFile reads the document of a file whose frame is sound.
func decodeFile(f *File, target reflect.Type) (reflect.Value, map[string]string, error) {
	doc, err := parse([]byte(f.Meta[documentMeta]))
	if err != nil {
		return reflect.Value{}, nil, err
	}
	if kind := rootKind(doc); kind != f.Meta[kindMeta] {
		return reflect.Value{}, nil, malformed("", fmt.Sprintf("a document of kind %q", kind), fmt.Sprintf("%q, as the header says", f.Meta[kindMeta]))
	}
	size := 0
	for _, a := range f.Arrays {
		size += len(a.Data)
	}
	d := newDecoder(doc, size)
	for _, a := range f.Arrays {
		d.arrays[a.Name] = a
	}
	v, err := d.root(target)
	if err != nil {
		return reflect.Value{}, nil, err
	}
	if len(d.arrays) > 0 {
		name := slices.Min(slices.Collect(maps.Keys(d.arrays)))
		return reflect.Value{}, nil, malformed(name, "a tensor that the document does not use", "each used once")
	}
	meta := maps.Clone(f.Meta)
	for _, key := range ownMeta {
		delete(meta, key)
	}
	return v, meta, nil
}

func rootKind(d *document) string {
	c, ok := d.child(0, kindKey)
	if !ok || d.sort(c) != '"' {
		return ""
	}
	return d.str(c)
}

// EncodeJSON returns v, whose type must be registered, as JSON for people: its kind first, then the fields that are not
// zero, numbers in place.
func EncodeJSON(v any) ([]byte, error) {
	e := newEncoder(true)
	if _, err := e.root(v); err != nil {
		return nil, err
	}
	if len(e.out) > maxText {
		return nil, unstorable("", fmt.Sprintf("a value of %d bytes as JSON", len(e.out)), fmt.Sprintf("at most %d", maxText))
	}
	return indent(e.out)
}

// DecodeJSON reads what [EncodeJSON] wrote, or people did. Fields that the target does not have, fields given twice and
// numbers out of range are an ErrFormat that names the path. The kind may be left out wherever the program knows it:
// everywhere but in interfaces.
func DecodeJSON(data []byte, target reflect.Type) (reflect.Value, error) {
	doc, err := parse(data)
	if err != nil {
		return reflect.Value{}, err
	}
	d := newDecoder(doc, 0)
	d.lenient = true
	v, err := d.root(target)
	if err != nil {
		return reflect.Value{}, err
	}
	return v, nil
}
