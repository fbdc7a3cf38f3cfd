// Package onnx reads and writes the part of the ONNX format that neural networks need: graphs of nodes with tensors and attributes, in the
// wire format of protocol buffers. It knows no operator: what nodes mean is up to package nn.
//
// Field numbers are those of onnx.proto (the ONNX project, IR version 8).
package onnx

import (
	"errors"
	"fmt"
)

// IR is the version of the format that Encode writes.
const IR = 8

// ErrFormat is the kind of every Error.
var ErrFormat = errors.New("malformed ONNX file")

// Error says where in a file something is wrong.
type Error struct {
	Path   string // of messages: "graph.node"
	Offset int    // of the byte at which the fault was met
	Found  string
	Want   string
}

// Error renders one line.
func (e *Error) Error() string {
	return fmt.Sprintf("onnx: %s at byte %d: found %s, want %s (%v)", e.Path, e.Offset, e.Found, e.Want, ErrFormat)
}

// Unwrap is ErrFormat.
func (e *Error) Unwrap() error { return ErrFormat }

// Model is a file.
type Model struct {
	IR       int64
	Producer string
	Version  string
	Doc      string
	Opsets   []Opset
	Graph    Graph
}

// Opset is the version of a set of operators; the domain "" is ONNX's own.
type Opset struct {
	Domain  string
	Version int64
}

// Graph is a list of nodes in an order in which they can run.
type Graph struct {
	Name            string
	Nodes           []Node
	Initializers    []Tensor
	Inputs, Outputs []Value
}

// Node is one operation on named values; an empty name is an input that is left out.
type Node struct {
	Name, Op, Domain string
	In, Out          []string
	Attrs            []Attr
}

// Attr is a named constant of a node: what its Type says.
type Attr struct {
	Name    string
	Type    AttrType
	F       float32
	I       int64
	S       string
	T       *Tensor
	Floats  []float32
	Ints    []int64
	Strings []string
}

// AttrType is onnx.AttributeProto.AttributeType.
type AttrType int32

// The types of attributes that are kept; others (graphs, sparse tensors) have their number and no value.
const (
	Float   AttrType = 1
	Int     AttrType = 2
	String  AttrType = 3
	TensorT AttrType = 4
	Floats  AttrType = 6
	Ints    AttrType = 7
	Strings AttrType = 8
)

// DataType is onnx.TensorProto.DataType.
type DataType int32

// The types of elements.
const (
	Float32  DataType = 1
	Uint8    DataType = 2
	Int8     DataType = 3
	Uint16   DataType = 4
	Int16    DataType = 5
	Int32    DataType = 6
	Int64    DataType = 7
	Text     DataType = 8
	Bool     DataType = 9
	Float16  DataType = 10
	Float64  DataType = 11
	BFloat16 DataType = 16
)

// width is how many bytes an element has, 0 for types that are not read.
func (t DataType) width() int {
	switch t {
	case Uint8, Int8, Bool:
		return 1
	case Uint16, Int16, Float16, BFloat16:
		return 2
	case Float32, Int32:
		return 4
	case Int64, Float64:
		return 8
	}
	return 0
}

// Tensor is an array: of floats, or of integers where its Type is one of them (truths are 0 and 1).
type Tensor struct {
	Name   string
	Type   DataType
	Dims   []int
	Floats []float32
	Ints   []int64
}

// IsFloat reports whether the numbers are in Floats.
func (t *Tensor) IsFloat() bool {
	return t.Type == Float32 || t.Type == Float64 || t.Type == Float16 || t.Type == BFloat16
}

// Value names an input or output of a graph with its type and shape. Known is false where no shape is given.
type Value struct {
	Name  string
	Type  DataType // 0: no tensor, a sequence or a map say
	Dims  []Dim
	Known bool
}

// Dim is the length of an axis: Size, or where that is 0 the name of a length that is known when the graph runs.
type Dim struct {
	Size int
	Name string
}
