package tensor

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

func TestErrorMessages(t *testing.T) {
	shape := &ShapeError{Op: "MatMul", Shapes: [][]int{{2, 3}, {4, 5}}, Detail: "inner axes differ"}
	if got, want := shape.Error(), "tensor: MatMul of [2 3] and [4 5]: inner axes differ"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	format := &FormatError{Where: "npy data", Found: "3 bytes", Want: "8", Reason: io.ErrUnexpectedEOF}
	if got, want := format.Error(), "tensor: npy data: found 3 bytes, want 8: unexpected EOF"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if !errors.Is(format, ErrFormat) || !errors.Is(format, io.ErrUnexpectedEOF) {
		t.Error("a *FormatError does not unwrap to ErrFormat and its reason")
	}
	format.Reason = nil
	if !errors.Is(format, ErrFormat) || errors.Is(format, io.ErrUnexpectedEOF) || strings.HasSuffix(format.Error(), ": ") {
		t.Error("a *FormatError without a reason")
	}
}

// A pipe is an *os.File that does not know how much will come.
func TestReadNpyFromPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Skip(err) // js and wasip1 have none
	}
	defer r.Close()
	x := Normal[float64](1, 0, 1, 300, 70)
	written := make(chan error)
	go func() {
		err := WriteNpy(w, x)
		w.Close()
		written <- err
	}()
	got, err := ReadNpy[float64](r)
	if err != nil || !got.Equal(x) {
		t.Error(err)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
	if got, err := ReadNpy[float64](strings.NewReader(string(readFile(t, "f8.npy")))); err != nil || got.Len() != 12 {
		t.Error(err)
	}
}
