package text

import (
	"bytes"
	"fmt"
	"io"
)

// block is a piece of the input that begins and ends at record borders.
type block struct {
	data  []byte
	line  int // the number of its first line
	lines int // how many line ends it has
}

// source hands out the input. A round is what is parsed side by side; an empty one ends the input.
type source interface {
	// round returns the next blocks: exactly so many rows of them if rows > 0 (fewer at the end).
	round(rows int) ([]block, *Fault)
	// rewind goes back to the first round.
	rewind() *Fault
}

// borders know where records end.
type borders interface {
	// record returns the length of the first record of data with its line end, 0 if it is not complete, and whether
	// it is a row, not a comment or a blank line.
	record(data []byte) (n int, row bool)
	// quote is the byte without which every line end ends a record; 0 if it always does.
	quote() byte
}

// format knows what is in records, too.
type format interface {
	borders
	// parse hands the cells of a block to s.
	parse(b block, s *shard, h *columns) *Fault
}

const (
	firstBlock = 1 << 16
	mostBlock  = 1 << 20
	roundOf    = 8 // blocks
	mostRecord = 1 << 28
)

// input is the source behind an io.Reader. What goes into which block depends on the bytes alone, not on how the
// reader doles them out nor on the number of cores.
type input struct {
	r     io.Reader
	f     borders
	carry []byte // read, and not yet handed out
	eof   bool
	line  int // number of carry's first line
	size  int // of the next block
	limit int // of a record, so that a quote which is never closed does not draw in all of a huge file

	seeker io.Seeker // nil: the blocks are kept if they may be needed again
	start  int64     // where the first block begins
	before int       // lines before it
	keep   bool
	kept   []block
	again  bool // kept holds everything
	sent   int  // how many of the kept blocks went out again
}

func newInput(r io.Reader, f borders) (*input, *Fault) {
	in := &input{r: r, f: f, line: 1, size: firstBlock, limit: mostRecord}
	if s, ok := r.(io.Seeker); ok {
		if at, err := s.Seek(0, io.SeekCurrent); err == nil {
			in.seeker, in.start = s, at
		}
	}
	if fault := in.fill(firstBlock); fault != nil {
		return nil, fault
	}
	if bom := "\xef\xbb\xbf"; bytes.HasPrefix(in.carry, []byte(bom)) {
		in.carry = in.carry[len(bom):]
		in.start += int64(len(bom))
	}
	return in, nil
}

// fill reads until there are want bytes in carry, or no more.
func (in *input) fill(want int) *Fault {
	if in.eof || len(in.carry) >= want {
		return nil
	}
	if want > 2*in.limit {
		return &Fault{Line: in.line, Found: fmt.Sprintf("the beginning of more than %d bytes", in.limit), Want: "a shorter record; is a quote left open?"}
	}
	buf := make([]byte, want)
	have := copy(buf, in.carry)
	n, err := readFull(in.r, buf[have:])
	in.carry = buf[:have+n]
	switch {
	case err == io.EOF:
		in.eof = true
	case err != nil:
		return &Fault{Line: in.line + bytes.Count(in.carry, []byte{'\n'}), Cause: Reading, Err: err}
	}
	return nil
}

// readFull is io.ReadFull, except that it does not turn an early end into io.ErrUnexpectedEOF, which readers of cut-off
// archives return and which must not pass for the end.
func readFull(r io.Reader, b []byte) (n int, err error) {
	for idle := 0; n < len(b) && err == nil; {
		var k int
		k, err = r.Read(b[n:])
		n += k
		if idle++; k > 0 {
			idle = 0
		} else if idle == 100 && err == nil {
			err = io.ErrNoProgress
		}
	}
	if n == len(b) {
		err = nil // whatever it is, it comes again
	}
	return n, err
}

// hand takes the first n bytes of carry.
func (in *input) hand(n int) block {
	b := block{data: in.carry[:n:n], line: in.line}
	in.carry = in.carry[n:]
	b.lines = bytes.Count(b.data, []byte{'\n'})
	in.line += b.lines
	return b
}

// header hands out the first row with what precedes it; nothing if there is no row. Unless it is consumed, it is the
// beginning of the first block as well.
func (in *input) header(consume bool) (block, *Fault) {
	end := 0
	for {
		n, row := in.f.record(in.carry[end:])
		if n == 0 && !in.eof {
			if fault := in.fill(max(2*len(in.carry), firstBlock)); fault != nil {
				return block{}, fault
			}
			continue
		}
		if n == 0 {
			n, row = len(in.carry)-end, len(in.carry) > end
		}
		end += n
		if row || end == len(in.carry) {
			break
		}
	}
	if !consume {
		return block{data: in.carry[:end], line: in.line}, nil
	}
	b := in.hand(end)
	in.start += int64(end)
	in.before = in.line - 1
	return b, nil
}

func (in *input) round(rows int) ([]block, *Fault) {
	if in.again {
		out := in.kept[in.sent:min(in.sent+roundOf, len(in.kept))]
		in.sent += len(out)
		return out, nil
	}
	var out []block
	var fault *Fault
	if rows > 0 {
		out, fault = in.count(rows)
	} else {
		out, fault = in.measure()
	}
	if in.keep && in.seeker == nil {
		in.kept = append(in.kept, out...)
	}
	return out, fault
}

// measure cuts blocks of about in.size bytes.
func (in *input) measure() ([]block, *Fault) {
	var out []block
	for want := in.size; len(out) < roundOf; {
		if fault := in.fill(want); fault != nil {
			return nil, fault
		}
		cut := len(in.carry)
		if !in.eof {
			cut = in.lastBorder()
		}
		if len(in.carry) == 0 {
			break
		}
		if cut == 0 {
			want *= 2 // one record is longer than the block
			continue
		}
		out = append(out, in.hand(cut))
		in.size = min(2*in.size, mostBlock)
		want = in.size
	}
	return out, nil
}

// lastBorder returns the length of the complete records in carry.
func (in *input) lastBorder() int {
	if q := in.f.quote(); q == 0 || bytes.IndexByte(in.carry, q) < 0 {
		return bytes.LastIndexByte(in.carry, '\n') + 1
	}
	at := 0
	for {
		n, _ := in.f.record(in.carry[at:])
		if n == 0 {
			return at
		}
		at += n
	}
}

// count cuts so many rows, in blocks of about firstBlock bytes.
func (in *input) count(rows int) ([]block, *Fault) {
	var out []block
	for at := 0; ; {
		n, row := in.f.record(in.carry[at:])
		if n == 0 && !in.eof {
			if fault := in.fill(max(2*len(in.carry), firstBlock)); fault != nil {
				return nil, fault
			}
			continue
		}
		if n == 0 { // the last record has no line end
			n, row = len(in.carry)-at, true
		}
		at += n
		if row {
			rows--
		}
		full := rows == 0 || at == len(in.carry) && in.eof
		if at > 0 && (full || at >= firstBlock) {
			out = append(out, in.hand(at))
			at = 0
		}
		if full {
			return out, nil
		}
	}
}

func (in *input) rewind() *Fault {
	if in.seeker == nil {
		in.again, in.sent = true, 0
		return nil
	}
	if _, err := in.seeker.Seek(in.start, io.SeekStart); err != nil {
		return &Fault{Cause: Reading, Err: err}
	}
	in.carry, in.eof, in.line, in.size = nil, false, in.before+1, firstBlock
	return nil
}
