package protocol

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
)

// A Server answers the requests of one connection.
type Server interface {
	Answer(Request) (Reply, error)
	CPU() float64 // seconds of CPU used so far
}

// Serve answers the requests of r, a line each, on w until r ends.
func Serve(r io.Reader, w io.Writer, s Server) error {
	in := json.NewDecoder(bufio.NewReader(r))
	out := json.NewEncoder(w)
	for {
		var q Request
		if err := in.Decode(&q); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		a, err := s.Answer(q)
		if err != nil {
			a = Reply{Error: err.Error()}
		}
		a.CPU = s.CPU()
		if err := out.Encode(a); err != nil {
			return err
		}
	}
}
