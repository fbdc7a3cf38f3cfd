package datasets

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
)

// maxCells bounds what a generator allocates in one matrix (16 GiB of float64), so that a slip in a config is an
// error and not the end of the process.
const maxCells = 1<<31 - 1

// params resolves the fields of one config: a zero becomes the documented default, and the first field out of
// range is kept as the error.
type params struct {
	where string
	err   error
}

func (p *params) reject(field string, found any, want string) {
	if p.err == nil {
		p.err = ml.BadConfig(p.where, field, found, want)
	}
}

// count resolves a number of things: zero means def, and at least `least` are needed.
func (p *params) count(field string, v, def, least int) int {
	if v == 0 {
		v = def
	}
	if v < least {
		p.reject(field, v, fmt.Sprintf(">= %d (0 means %d)", least, def))
	}
	return v
}

// natural checks a number of things of which there may be none.
func (p *params) natural(field string, v int) {
	if v < 0 {
		p.reject(field, v, ">= 0")
	}
}

// positive resolves a quantity that can't be zero, for which zero means def.
func (p *params) positive(field string, v, def float64) float64 {
	if v == 0 {
		v = def
	}
	if !(v > 0) || math.IsInf(v, 0) {
		p.reject(field, v, fmt.Sprintf("a finite number > 0 (0 means %v)", def))
	}
	return v
}

func (p *params) nonNegative(field string, v float64) {
	if !(v >= 0) || math.IsInf(v, 0) {
		p.reject(field, v, "a finite number >= 0")
	}
}

func (p *params) finite(field string, v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		p.reject(field, v, "a finite number")
	}
}

// share checks a probability.
func (p *params) share(field string, v float64) {
	if !(v >= 0 && v <= 1) {
		p.reject(field, v, "between 0 and 1")
	}
}

// size refuses a matrix that is too large to be meant. It blames the field that holds the number of rows.
func (p *params) size(field string, rows, cols int) {
	if rows > 0 && cols > 0 && rows > maxCells/cols {
		p.reject(field, rows, fmt.Sprintf("<= %d with %d columns: a matrix holds fewer than 2^31 numbers", maxCells/cols, cols))
	}
}
