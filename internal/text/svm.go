package text

import (
	"bytes"
	"fmt"
	"io"
	"math"

	"github.com/gopherwood-ml/ml/internal/par"
)

// SVM is how a LIBSVM file is to be read.
type SVM struct {
	ZeroBased bool
	Features  int  // 0: as many as the largest index says
	Multi     bool // a list of labels in each line
}

// Sparse is the content of a LIBSVM file.
type Sparse struct {
	Rows, Cols int
	Indptr     []int
	Indices    []int32
	Values     []float64
	Target     []float64   // of each line; nil with Multi
	Labels     [][]float64 // of each line, with Multi
	Lines      []int       // where each row stands, for errors
	Group      []int       // from qid, or nil
}

// mostFeatures is how wide a sparse matrix may be.
const mostFeatures = math.MaxInt32

// lines are the borders of formats without quotes: a record is a line that is not blank.
type lines struct{}

func (lines) quote() byte { return 0 }

func (lines) record(data []byte) (int, bool) {
	n := bytes.IndexByte(data, '\n') + 1
	if n == 0 {
		return 0, len(space(data)) > 0
	}
	return n, len(space(data[:n])) > 0
}

// ReadSVM reads a whole file.
func ReadSVM(r io.Reader, opt SVM) (*Sparse, *Fault) {
	in, fault := newInput(r, lines{})
	if fault != nil {
		return nil, fault
	}
	all := &Sparse{Indptr: []int{0}, Cols: opt.Features}
	grouped := 0 // rows with a qid
	for {
		blocks, fault := in.round(0)
		if fault != nil {
			return nil, fault
		}
		if len(blocks) == 0 {
			break
		}
		parts := make([]*svmPart, len(blocks))
		par.ForChunks(len(blocks), 1, func(k, _, _ int) {
			parts[k] = &svmPart{SVM: opt}
			parts[k].parse(blocks[k])
		})
		for _, p := range parts {
			if p.fault != nil {
				return nil, p.fault
			}
			all.add(&p.Sparse)
			grouped += len(p.Group)
			if grouped != 0 && grouped != all.Rows {
				return nil, &Fault{Line: all.Lines[min(grouped, all.Rows-1)], Found: "with a qid in some rows only", Want: "a qid in every row, or in none"}
			}
		}
	}
	return all, nil
}

func (s *Sparse) add(p *Sparse) {
	base := len(s.Values)
	for _, end := range p.Indptr {
		s.Indptr = append(s.Indptr, base+end)
	}
	s.Rows += p.Rows
	s.Cols = max(s.Cols, p.Cols)
	s.Indices = append(s.Indices, p.Indices...)
	s.Values = append(s.Values, p.Values...)
	s.Target = append(s.Target, p.Target...)
	s.Labels = append(s.Labels, p.Labels...)
	s.Lines = append(s.Lines, p.Lines...)
	s.Group = append(s.Group, p.Group...)
}

// svmPart is a block being parsed. Indptr lacks the zero in front.
type svmPart struct {
	SVM
	Sparse
	fault *Fault
}

func (p *svmPart) parse(b block) {
	line := b.line
	for data := b.data; len(data) > 0 && p.fault == nil; line++ {
		row := data
		if n := bytes.IndexByte(data, '\n'); n >= 0 {
			row, data = data[:n], data[n+1:]
		} else {
			data = nil
		}
		if n := bytes.IndexByte(row, '#'); n >= 0 {
			row = row[:n]
		}
		row = bytes.TrimRight(row, " \t\r")
		if len(row) == 0 && !p.Multi || len(space(row)) == 0 {
			continue
		}
		if p.fault = p.row(row); p.fault != nil {
			p.fault.Line = line
			return
		}
		p.Rows++
		p.Lines = append(p.Lines, line)
		p.Indptr = append(p.Indptr, len(p.Values))
	}
}

// row parses "label qid:3 1:0.5 7:1".
func (p *svmPart) row(row []byte) *Fault {
	label, rest := word(row)
	if p.Multi && bytes.IndexByte(label, ':') >= 0 {
		label, rest = nil, row // no labels at all
	}
	if fault := p.label(label); fault != nil {
		return fault
	}
	last := int64(-1)
	for first := true; ; first = false {
		var pair []byte
		if pair, rest = word(rest); len(pair) == 0 {
			return nil
		}
		colon := bytes.IndexByte(pair, ':')
		if colon < 0 {
			return &Fault{Found: quoted(pair), Want: "index:value"}
		}
		key, text := pair[:colon], pair[colon+1:]
		if first && string(key) == "qid" {
			qid, ok := integer(text)
			if !ok || int64(int(qid)) != qid {
				return &Fault{Found: quoted(pair), Want: "qid: and a whole number"}
			}
			p.Group = append(p.Group, int(qid))
			continue
		}
		index, ok := integer(key)
		switch {
		case !ok || index < 0:
			return &Fault{Found: quoted(pair), Want: "an index, a colon and a value"}
		case !p.ZeroBased && index == 0:
			return &Fault{Found: quoted(pair), Want: "indices from 1 on; set ZeroBased for a file that counts from 0"}
		case !p.ZeroBased:
			index--
		}
		v, looks := number(text, '.')
		switch {
		case looks == notNumber:
			return &Fault{Found: quoted(pair), Want: "a number behind the colon"}
		case index <= last:
			return &Fault{Found: quoted(pair), Want: "indices that rise along the line"}
		case p.Features > 0 && index >= int64(p.Features):
			return &Fault{Found: quoted(pair), Want: fmt.Sprintf("an index of one of the %d declared Features", p.Features)}
		case index >= mostFeatures:
			return &Fault{Found: quoted(pair), Want: fmt.Sprintf("at most %d columns", mostFeatures)}
		}
		last = index
		p.Indices = append(p.Indices, int32(index))
		p.Values = append(p.Values, v)
		p.Cols = max(p.Cols, int(index)+1)
	}
}

// label parses what stands in front of a line.
func (p *svmPart) label(b []byte) *Fault {
	if !p.Multi {
		v, looks := number(b, '.')
		if looks == notNumber {
			return &Fault{Found: quoted(b), Want: "a number as target"}
		}
		p.Target = append(p.Target, v)
		return nil
	}
	var list []float64
	for len(b) > 0 {
		one := b
		if n := bytes.IndexByte(b, ','); n >= 0 {
			one, b = b[:n], b[n+1:]
		} else {
			b = nil
		}
		v, looks := number(one, '.')
		if looks == notNumber || v != v {
			return &Fault{Found: quoted(one), Want: "a number as label"}
		}
		list = append(list, v)
	}
	p.Labels = append(p.Labels, list)
	return nil
}

// word splits off what stands before the next space.
func word(b []byte) (first, rest []byte) {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for i, c := range b {
		if c == ' ' || c == '\t' {
			return b[:i], b[i:]
		}
	}
	return b, nil
}

// integer parses a whole number of at most 18 digits.
func integer(b []byte) (int64, bool) {
	sign := int64(1)
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		if b[0] == '-' {
			sign = -1
		}
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	var n int64
	for _, c := range b {
		if c-'0' >= 10 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return sign * n, true
}
