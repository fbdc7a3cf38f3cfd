// Package codec stores models and configs: a registry of kinds, one reflective walk over exported fields, and the
// safetensors container that holds the result.
//
// What is stored is the exported state of a value: bools, numbers (NaN, infinities and -0 included), strings, slices,
// arrays, maps with string or integer keys, pointers, structs, times (to the nanosecond, with their offset), durations,
// types that marshal themselves to text, dense and sparse tensors, and interfaces whose value has a kind (see
// [Register]). Nil and empty slices and maps stay apart. Two pointers to one value come back as two values.
//
// Unexported fields are never stored: a type rebuilds and validates them in a method Restore() error, which is called
// after its exported fields are filled, the innermost value first. A struct that gets the method from one it embeds is
// restored twice, so Restore must bear that. A field that was renamed keeps reading old files with the tag
// `codec:"was=OldName"`.
//
// A file is a safetensors container. Numbers in bulk are its tensors, named by field path ("Final.Coef"), so any
// language reads them; all the rest is a JSON document among the metadata of the header:
//
//	format    "gopherwood"
//	version   "1"
//	kind      the kind of the stored value
//	document  the tree of fields; {"tensor": name} stands for a tensor of the file
//	sha256    of the header (with 64 zeros in place of this sum) and the data after it
//
// and what the caller adds. The same value gives the same bytes, always.
//
// Files are not trusted. Every tensor must be used exactly once, every length is checked before it is allocated, and
// what a file makes the reader allocate is bounded by the file's own size times the size of the program's types.
package codec
