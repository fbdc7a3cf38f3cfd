package text

import "fmt"

// kind is what the cells of a column have turned out to hold.
type kind uint8

const (
	nothing  kind = iota // missing values only
	numbers              // every cell so far a number
	booleans             // every cell so far true or false
	instants             // every cell so far a date or a time
	labels               // text
)

// verdict is what became of one cell.
type verdict uint8

const (
	fine verdict = iota
	mixed
	badNumber
	badBool
	badTime
	unseen
	tooMany
)

// column works out what the cells of one column are. The three syntaxes it knows on sight (numbers, truth values,
// times) exclude each other, so the first cell that is not missing decides, and a later cell of another syntax makes
// the whole column text.
type column struct {
	Spec
	kind     kind
	vals     []float64          // one for each row up to the last that had a cell; NaN for missing
	codes    map[string]float64 // of the levels; shared and read-only if closed
	levels   []string           // in the order of their codes
	fraction bool               // some number has a point or an exponent
	wide     bool               // some whole number is beyond what float64 holds
	clash    bool               // not text from the start, but text is what it needs to be
}

// closed says that the levels are given and no other is to be added.
func (c *column) closed() bool { return c.Levels != nil }

// newColumn starts a column; codes are those of the Spec's levels if it has any.
func newColumn(s Spec, codes map[string]float64) column {
	c := column{Spec: s, codes: codes}
	if s.Type == Category {
		c.becomeText()
	}
	return c
}

func (c *column) becomeText() {
	c.kind = labels
	if c.closed() {
		c.levels = c.Levels
	} else {
		c.codes = map[string]float64{}
		c.levels = nil
	}
}

// codesOf numbers the levels of a closed column.
func codesOf(s Spec) map[string]float64 {
	if s.Levels == nil {
		return nil
	}
	m := make(map[string]float64, len(s.Levels))
	for i, l := range s.Levels {
		m[l] = float64(i)
	}
	return m
}

// value turns a cell into its number. typed says that the source itself calls the cell a text, so that an undeclared
// column does not look for numbers in it.
func (c *column) value(r *rules, cell []byte, typed bool) (float64, verdict) {
	bare := cell
	if n := len(cell); n > 0 && (cell[0] <= ' ' || cell[n-1] <= ' ') {
		bare = trim(cell)
	}
	if r.isMissing(bare) {
		return nan, fine
	}
	v, ok := 0.0, false
	switch c.Type {
	case Number:
		if v, ok = c.number(r, bare); !ok {
			return 0, badNumber
		}
		return v, fine
	case Bool:
		if v, ok = declaredBool(bare); !ok {
			return 0, badBool
		}
		return v, fine
	case Time:
		if v, ok = instant(bare); !ok {
			return 0, badTime
		}
		return v, fine
	case Category:
		return c.label(r, cell)
	}
	if c.Numeric {
		return c.numeric(r, bare)
	}
	if c.clash {
		return 0, mixed
	}
	if c.kind == nothing {
		if c.kind = c.guess(r, bare, typed); c.kind == labels {
			c.becomeText()
		}
	}
	switch c.kind {
	case numbers:
		if !typed {
			v, ok = c.number(r, bare)
		}
	case booleans:
		v, ok = boolean(bare)
	case instants:
		v, ok = instant(bare)
	case labels:
		return c.label(r, cell)
	}
	if !ok {
		c.clash = true
		return 0, mixed
	}
	return v, fine
}

// numeric takes anything that becomes a number without levels.
func (c *column) numeric(r *rules, b []byte) (float64, verdict) {
	if v, ok := c.number(r, b); ok {
		return v, fine
	}
	if v, ok := boolean(b); ok {
		return v, fine
	}
	if v, ok := instant(b); ok {
		return v, fine
	}
	return 0, badNumber
}

func (c *column) number(r *rules, b []byte) (float64, bool) {
	v, looks := number(b, r.point)
	switch looks {
	case fraction:
		c.fraction = true
	case wide:
		c.wide = true
	}
	return v, looks != notNumber
}

// guess says what the first cell of a column looks like.
func (c *column) guess(r *rules, b []byte, typed bool) kind {
	if !typed {
		if _, looks := number(b, r.point); looks != notNumber {
			return numbers
		}
		if _, ok := boolean(b); ok {
			return booleans
		}
	}
	if _, ok := instant(b); ok {
		return instants
	}
	return labels
}

// label gives the code of a text, a new one if need be.
func (c *column) label(r *rules, cell []byte) (float64, verdict) {
	if code, ok := c.codes[string(cell)]; ok {
		return code, fine
	}
	switch {
	case c.closed() && r.unseenMissing:
		return nan, fine
	case c.closed():
		return 0, unseen
	case len(c.levels) >= r.maxLevels && !c.Text:
		return 0, tooMany
	}
	name, code := string(cell), float64(len(c.levels))
	c.codes[name] = code
	c.levels = append(c.levels, name)
	return code, fine
}

// isID says that the column holds whole numbers which float64 would run together: they are names, not quantities.
func (c *column) isID() bool {
	return c.Type == Auto && c.kind == numbers && c.wide && !c.fraction
}

// fault words a verdict.
func (c *column) fault(v verdict, r *rules, cell []byte) *Fault {
	f := &Fault{Name: c.Name, Found: quoted(cell)}
	switch v {
	case badNumber:
		f.Want = "a number"
	case badBool:
		f.Want = "true or false"
	case badTime:
		f.Want = "a date or a time, as 2024-05-17 or 2024-05-17T08:30:00Z"
	case unseen:
		f.Want = fmt.Sprintf("one of the column's %d levels; UnseenMissing reads others as missing", len(c.levels))
	case tooMany:
		f.Found = fmt.Sprintf("%s, distinct value number %d", f.Found, len(c.levels)+1)
		f.Want = fmt.Sprintf("at most %d levels (MaxLevels), or another type for the column", r.maxLevels)
		f.Cause = BadColumn
	}
	return f
}
