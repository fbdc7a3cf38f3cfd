package tree

import (
	"bytes"
	"io"
	"runtime"

	"github.com/gopherwood-ml/ml"
)

// stream reads a file piece by piece into the same memory: what is parsed lies in a near cache, and no more of a large file is held than is at work.
type stream struct {
	r     io.Reader
	size  int64  // of the file as far as it tells, 0 if it does not
	data  []byte // of the file, read and not used yet
	buf   []byte // where data lies
	piece int    // bytes that next wants to see
	used  int64  // bytes before data
	ended bool   // nothing comes after data
	err   error  // why it ended
}

func newStream(r io.Reader) *stream {
	return &stream{r: r, size: size(r), piece: min(runtime.GOMAXPROCS(0), 16) << 19}
}

// fill reads until data holds n bytes or the file ends.
func (s *stream) fill(n int) {
	if s.ended || len(s.data) >= n {
		return
	}
	if cap(s.buf) < n {
		s.buf = make([]byte, n)
	}
	s.data = s.buf[:copy(s.buf, s.data)] // to the front
	for idle := 0; len(s.data) < n; {
		m, err := s.r.Read(s.buf[len(s.data):])
		s.data = s.buf[:len(s.data)+m]
		if m == 0 && err == nil {
			if idle++; idle == 100 {
				err = io.ErrNoProgress
			}
		}
		if err != nil {
			s.ended = true
			if err != io.EOF {
				s.err = err
			}
			return
		}
	}
}

// next returns what is at hand, a piece at least if there is as much.
func (s *stream) next() []byte {
	n := s.piece
	if s.size == 0 { // which may be a few bytes only
		n = min(n, max(64<<10, 2*len(s.buf)))
	} else if s.size < int64(n) {
		n = int(s.size) + 1 // to see the end
	}
	s.fill(n)
	return s.data
}

// lack makes pieces larger: the last one held nothing that was whole.
func (s *stream) lack() {
	s.fill(max(2*len(s.data), 4096))
	s.piece = max(s.piece, len(s.data))
}

// skip goes on n bytes.
func (s *stream) skip(n int) {
	s.data = s.data[n:]
	s.used += int64(n)
}

// until reads until data holds one of the marks, or everything.
func (s *stream) until(marks ...string) []byte {
	for from := 0; ; {
		data := s.next()
		for _, mark := range marks {
			if bytes.Contains(data[from:], []byte(mark)) {
				return data
			}
		}
		if s.ended {
			return data
		}
		from = max(len(data)-32, 0) // a mark may have been cut
		s.lack()
	}
}

// all reads everything.
func (s *stream) all() []byte {
	for !s.ended {
		s.lack()
	}
	return s.data
}

func (s *stream) unreadable(where string) error {
	return &ml.Error{Where: where, Found: "unreadable", Kind: ml.ErrFormat, Cause: s.err}
}
