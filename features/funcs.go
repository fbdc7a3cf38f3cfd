package features

import (
	"math"
	"time"

	"github.com/gopherwood-ml/ml"
)

// Log is the natural logarithm, defined for x > 0.
type Log struct{}

// Apply returns log(x).
func (Log) Apply(x float64) float64 { return math.Log(x) }

// Invert returns exp(y).
func (Log) Invert(y float64) float64 { return math.Exp(y) }

// Name returns "log".
func (Log) Name() string { return "log" }

// Log1p is log(1 + x), defined for x > -1 and exact near 0: the usual choice for amounts and counts, which may be 0.
type Log1p struct{}

// Apply returns log(1 + x).
func (Log1p) Apply(x float64) float64 { return math.Log1p(x) }

// Invert returns exp(y) - 1.
func (Log1p) Invert(y float64) float64 { return math.Expm1(y) }

// Name returns "log1p".
func (Log1p) Name() string { return "log1p" }

// Sqrt is the square root, defined for x >= 0.
type Sqrt struct{}

// Apply returns the square root of x.
func (Sqrt) Apply(x float64) float64 { return math.Sqrt(x) }

// Invert returns y squared.
func (Sqrt) Invert(y float64) float64 { return y * y }

// Name returns "sqrt".
func (Sqrt) Name() string { return "sqrt" }

// Clip moves numbers below Low up to Low and numbers above High down to High. It has no inverse.
type Clip struct {
	Low  float64 // must be < High; math.Inf(-1) for no bound. Zero is a bound like any other
	High float64 // must be > Low; math.Inf(1) for no bound. Zero is a bound like any other
}

// Apply returns x brought between the bounds.
func (c Clip) Apply(x float64) float64 { return min(max(x, c.Low), c.High) }

// Name returns "clip".
func (c Clip) Name() string { return "clip" }

// Check refuses bounds that are not Low < High.
func (c Clip) Check() error {
	if !(c.Low < c.High) {
		return ml.BadConfig("features.Clip", "Low", c.Low, "< High")
	}
	return nil
}

// Binarize is 1 above Threshold and 0 up to it (scikit-learn's Binarizer). It has no inverse.
type Binarize struct {
	Threshold float64 // zero: positive numbers give 1
}

// Apply returns 1 or 0.
func (b Binarize) Apply(x float64) float64 {
	if x > b.Threshold {
		return 1
	}
	return 0
}

// Name returns "binarize".
func (Binarize) Name() string { return "binarize" }

// Check refuses a Threshold that is not finite.
func (b Binarize) Check() error {
	if !finite(b.Threshold) {
		return ml.BadConfig("features.Binarize", "Threshold", b.Threshold, "a finite number")
	}
	return nil
}

// Since turns a time, held as Unix seconds, into the time passed since Start, in Units; times before Start are negative. A
// unit is a fixed length: a day is 24 hours of Unix time, whatever a calendar does.
type Since struct {
	Start time.Time     // the zero Time: 1970-01-01 UTC
	Unit  time.Duration // zero: 24 hours
}

// Apply returns the time from Start to Unix second x.
func (s Since) Apply(x float64) float64 { return (x - s.start()) / s.unit() }

// Invert returns the Unix second at y units after Start.
func (s Since) Invert(y float64) float64 { return y*s.unit() + s.start() }

// Name returns "since".
func (s Since) Name() string { return "since" }

// Check refuses a negative Unit.
func (s Since) Check() error {
	if s.Unit < 0 {
		return ml.BadConfig("features.Since", "Unit", s.Unit, ">= 0")
	}
	return nil
}

func (s Since) start() float64 {
	if s.Start.IsZero() {
		return 0
	}
	return unixSeconds(s.Start)
}

func (s Since) unit() float64 {
	if s.Unit == 0 {
		return (24 * time.Hour).Seconds()
	}
	return s.Unit.Seconds()
}

// unixSeconds is the time as a number, exact to the microsecond in this age.
func unixSeconds(t time.Time) float64 { return float64(t.Unix()) + float64(t.Nanosecond())*1e-9 }

func init() {
	ml.Register[Log]("features.Log")
	ml.Register[Log1p]("features.Log1p")
	ml.Register[Sqrt]("features.Sqrt")
	ml.Register[Clip]("features.Clip")
	ml.Register[Binarize]("features.Binarize")
	ml.Register[Since]("features.Since")
}
