package text

import "encoding/binary"

// Cell tells how a cell of a Recorder is to be taken.
type Cell byte

const (
	Missing Cell = iota
	Raw          // text in which numbers, truth values and times are looked for
	Text         // text that the source calls a text
)

// Recorder collects rows of a source that can be asked only once, such as a database: as blocks, so that they can be
// parsed like those of a file, and once more if a column turns out to be text late.
type Recorder struct {
	full []block
	data []byte
	line int // rows before data
	rows int // rows in data
	sent int
}

// Add appends a cell.
func (r *Recorder) Add(kind Cell, b []byte) {
	r.data = append(r.data, byte(kind))
	if kind != Missing {
		r.data = binary.AppendUvarint(r.data, uint64(len(b)))
		r.data = append(r.data, b...)
	}
}

// EndRow ends a row. Rows are counted from 1, as lines are.
func (r *Recorder) EndRow() {
	r.rows++
	if len(r.data) >= mostBlock {
		r.flush()
	}
}

func (r *Recorder) flush() {
	if r.rows == 0 {
		return
	}
	r.full = append(r.full, block{data: r.data, line: r.line + 1, lines: r.rows})
	r.line += r.rows
	r.data, r.rows = nil, 0
}

// Table makes a table of everything recorded.
func (r *Recorder) Table(names []string, o Options) (*Table, *Fault) {
	r.flush()
	h := newColumns(o)
	h.set(h.named(names))
	if fault := h.lacking(); fault != nil {
		return nil, fault
	}
	return readWhole(r, recorded{}, h, newRules(o))
}

func (r *Recorder) round(int) ([]block, *Fault) {
	out := r.full[r.sent:min(r.sent+roundOf, len(r.full))]
	r.sent += len(out)
	return out, nil
}

func (r *Recorder) rewind() *Fault {
	r.sent = 0
	return nil
}

// recorded is the format of a Recorder's blocks.
type recorded struct{}

func (recorded) quote() byte               { return 0 }
func (recorded) record([]byte) (int, bool) { return 0, false } // the blocks are cut already

func (recorded) parse(b block, s *shard, _ *columns) *Fault {
	data := b.data
	for len(data) > 0 {
		for j := range s.cols {
			kind := Cell(data[0])
			data = data[1:]
			if kind == Missing {
				s.missing(j)
				continue
			}
			n, k := binary.Uvarint(data)
			data = data[k:]
			if fault := s.cell(j, data[:n], kind == Text); fault != nil {
				fault.Line = b.line + s.rows
				return fault
			}
			data = data[n:]
		}
		s.rows++
	}
	return nil
}
