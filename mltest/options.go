package mltest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gopherwood-ml/ml"
)

// Option changes what a conformance test expects of one estimator.
type Option func(*options)

type options struct {
	waived      map[Law]string
	tolerance   map[Law]float64
	missing     bool
	categorical bool
	unlabelled  bool
	data        []ml.AnyData
	rows        int
	wide        [2]int   // rows and columns of the sparse matrix that must not become dense
	faults      []string // options that make no sense
}

// Waive leaves one law out, for a reason: a method that cannot obey it, such as one that draws rows at random and so
// knows no integer weights. The reason is printed with t.Log; an empty one fails the test.
func Waive(law Law, reason string) Option {
	return func(o *options) {
		if strings.TrimSpace(reason) == "" {
			o.faults = append(o.faults, fmt.Sprintf("the waiver of %s has no reason", law))
		}
		o.waived[law] = reason
	}
}

// Tolerance states how far outputs may differ under a law that compares numbers (ZeroWeight, RepeatedRows, RowOrder,
// Storage, Float32, Sparse, Inverse, FitTransform), relative to the largest output. State the reason beside it.
func Tolerance(law Law, tol float64) Option {
	return func(o *options) {
		if !(tol >= 0) {
			o.faults = append(o.faults, fmt.Sprintf("the tolerance of %s is %v, want >= 0", law, tol))
		}
		o.tolerance[law] = tol
	}
}

// Missing declares that the estimator takes NaN for a missing number: it must then learn from it and answer. A config says
// so itself with Accepts (ml.Accepter); this option is for those that cannot, such as a pipeline.
func Missing() Option { return func(o *options) { o.missing = true } }

// Categorical declares that the estimator takes categorical columns: it must then learn from them and answer, for a
// missing category too. Like Missing it is for configs without Accepts.
func Categorical() Option { return func(o *options) { o.categorical = true } }

// Unlabelled declares that the estimator takes rows of the class ml.None. Like Missing it is for configs without Accepts.
func Unlabelled() Option { return func(o *options) { o.unlabelled = true } }

// Data replaces the rows that the laws are tried on, for an estimator that cannot use the usual ones (numbers of both
// signs in four to six columns): counts, words, categories. Given several times, the laws run on each. A few dozen rows
// with at least two of each class are enough; Classes and column names are kept.
func Data(d ml.Erasable) Option {
	return func(o *options) { o.data = append(o.data, d.Any()) }
}

// Rows sets the size of the one large fit that looks for a dependence on the number of cores, 3000 unless set.
func Rows(n int) Option {
	return func(o *options) {
		if n < 1 {
			o.faults = append(o.faults, fmt.Sprintf("Rows is %d, want > 0", n))
		}
		o.rows = n
	}
}

func newOptions(opts []Option) options {
	o := options{waived: map[Law]string{}, tolerance: map[Law]float64{}, rows: 3000, wide: [2]int{1000, 10_000}}
	known := map[Law]rule{}
	for _, r := range rules() {
		known[r.law] = r
	}
	for _, f := range opts {
		f(&o)
	}
	for _, law := range slices.Sorted(maps.Keys(o.waived)) {
		if _, ok := known[law]; !ok {
			o.faults = append(o.faults, fmt.Sprintf("%q is no law", law))
		}
	}
	for _, law := range slices.Sorted(maps.Keys(o.tolerance)) {
		if known[law].tol == 0 {
			o.faults = append(o.faults, fmt.Sprintf("%q is no law with a tolerance", law))
		}
	}
	return o
}

// ask adds what the config itself says that it takes.
func (o *options) ask(s *subject) error {
	a, ok := bare(s.config).(ml.Accepter)
	if !ok {
		return nil
	}
	says := a.Accepts()
	if o.missing && !says.Missing || o.categorical && !says.Categorical || o.unlabelled && !says.Unlabelled {
		return fmt.Errorf("the test of %s declares more than its Accepts: %+v", s.name, says)
	}
	o.missing, o.categorical, o.unlabelled = says.Missing, says.Categorical, says.Unlabelled
	return nil
}

func (o options) tol(law Law) float64 {
	if t, ok := o.tolerance[law]; ok {
		return t
	}
	for _, r := range rules() {
		if r.law == law {
			return r.tol
		}
	}
	return 0
}
