package mltest

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
)

// broken runs the laws, each on rows of its own, and returns those that do not hold with what they say.
func broken(s *subject, laws []rule, opts ...Option) map[Law]error {
	failed := map[Law]error{}
	for _, r := range laws {
		o := newOptions(opts)
		o.rows, o.wide = 600, [2]int{100, 4000} // there are many faults to go through
		e, err := newEnv(s, o)
		if err != nil {
			failed[r.law] = err
			continue
		}
		err = r.try(e)
		if _, is := err.(notApplicable); err != nil && !is {
			failed[r.law] = err
		}
	}
	return failed
}

func classSubject(fault string) *subject {
	return newSubject[ml.Dataset[int], *toyClassModel, int](toyClassifier{Fault: fault, Start: []float64{0}})
}

func regressionSubject(c toyRegressor) *subject {
	return newSubject[ml.Dataset[float64], *toyRegressionModel, float64](c)
}

func centreSubject(fault string) *subject {
	return newSubject[ml.Table, *toyCentreModel, none](toyCentre{Fault: fault})
}

func splitSubject(fault string) *subject {
	return newSubject[ml.Table, *toySplitModel, int](toySplit{Fault: fault})
}

func TestLawsHoldForSoundToys(t *testing.T) {
	Classifier(t, toyClassifier{})
	Classifier(t, ml.Classify(toyClassifier{}))
	Regressor(t, toyRegressor{})
	Regressor(t, toyRegressor{Missing: true})
	Regressor(t, toyRegressor{Coded: true}, Missing(), Categorical())
	Regressor(t, ml.Pipe(ml.Stages{}, toyRegressor{Missing: true}), Missing())
	Transformer(t, toyCentre{})
	Clusterer(t, toySplit{})
}

func TestLawsHoldForPipelines(t *testing.T) {
	Classifier(t, ml.Pipe(ml.Step(toyCentre{}), toyClassifier{Steps: 12}))
	Regressor(t, ml.Regress(ml.Pipe(ml.Step(toyCentre{}), toyRegressor{})))
	Transformer(t, ml.Stages{ml.Step(toyCentre{}), ml.Step(toyCentre{})})
}

// aim is a fault and the laws it breaks: the first is the one it is aimed at, the others cannot but break with it.
type aim struct {
	fault string
	laws  []Law
}

// anything stands for laws that may break as well: a fault that changes data or models of later fits shows everywhere.
const anything Law = "anything"

func TestEveryLawCanFail(t *testing.T) {
	leaked = make(chan struct{})
	defer close(leaked)
	exact := map[Law]bool{}
	expect := func(t *testing.T, name string, s *subject, laws []Law, opts ...Option) {
		t.Helper()
		t.Run(strings.ReplaceAll(fmt.Sprintf("%s/%s", laws[0], name), " ", "_"), func(t *testing.T) {
			exact[laws[0]] = exact[laws[0]] || !slices.Contains(laws, anything)
			// Under -race the faults that write where they must not are races as well, for every law that fits in parallel.
			if slices.Contains(laws, anything) || raceEnabled {
				aimed := slices.DeleteFunc(rules(), func(r rule) bool { return r.law != laws[0] })
				if len(broken(s, aimed, opts...)) == 0 && !unmeasured(laws[0]) {
					t.Errorf("%s holds for %q", laws[0], name)
				}
				return
			}
			got := broken(s, rules(), opts...)
			for _, l := range laws {
				if got[l] == nil && !unmeasured(l) {
					t.Errorf("%s holds for %q", l, name)
				}
			}
			for l, err := range got {
				if !slices.Contains(laws, l) {
					t.Errorf("%q breaks %s as well: %v", name, l, err)
				}
			}
		})
	}
	for _, a := range classFaults {
		expect(t, a.fault, classSubject(a.fault), a.laws)
	}
	for _, a := range centreFaults {
		expect(t, a.fault, centreSubject(a.fault), a.laws)
	}
	for _, a := range splitFaults {
		expect(t, a.fault, splitSubject(a.fault), a.laws)
	}
	expect(t, "rows share memory", newSubject[ml.Dataset[[]float64], *toyMultiModel, []float64](toyMulti{Fault: "rows share memory"}), []Law{RowByRow, anything})
	expect(t, "constant columns", regressionSubject(toyRegressor{Fault: "constant columns"}), []Law{Degenerate})
	expect(t, "hidden field", newSubject[ml.Dataset[int], *toyClassModel, int](toyForgetful{hidden: 1}), []Law{ConfigJSON})
	expect(t, "registered as no config", newSubject[ml.Dataset[int], *toyClassModel, int](toyPlain{}), []Law{ConfigJSON})
	expect(t, "divides by the zero config", newSubject[ml.Dataset[int], *toyClassModel, int](toyZero{Steps: 2}), []Law{ZeroConfig})
	for name, load := range hostileLoads {
		s := classSubject("")
		sound := s.load
		s.load = func(r io.Reader) (any, error) { return load(r, sound) }
		expect(t, name, s, []Law{HostileFile})
	}
	// An estimator that takes less than it says, or more.
	for _, c := range []struct {
		toy  toyRegressor
		laws []Law
	}{
		{toyRegressor{Fault: "promises missing values"}, []Law{BadNumbers, NotFinite}},
		{toyRegressor{Fault: "promises categories"}, []Law{BadColumns}},
		{toyRegressor{Fault: "hides that it takes missing values", Missing: true}, []Law{BadNumbers, NotFinite}},
	} {
		expect(t, c.toy.Fault, regressionSubject(c.toy), c.laws)
	}
	expect(t, "takes no unlabelled rows", classSubject(""), []Law{BadTargets}, Unlabelled())

	for _, r := range rules() {
		if !exact[r.law] {
			t.Errorf("no broken estimator is aimed at %s", r.law)
		}
	}
}

var hostileLoads = map[string]func(io.Reader, func(io.Reader) (any, error)) (any, error){
	"panics on a short file": func(r io.Reader, sound func(io.Reader) (any, error)) (any, error) {
		m, err := sound(r)
		if err != nil {
			panic(err)
		}
		return m, nil
	},
	"believes a length": func(r io.Reader, sound func(io.Reader) (any, error)) (any, error) {
		m, err := sound(r)
		if err != nil {
			sink = make([]float64, 1<<25)
		}
		return m, err
	},
	"plain error": func(r io.Reader, sound func(io.Reader) (any, error)) (any, error) {
		m, err := sound(r)
		if err != nil {
			err = fmt.Errorf("cannot read: %v", err)
		}
		return m, err
	},
	"takes what it can get": func(r io.Reader, sound func(io.Reader) (any, error)) (any, error) {
		m, err := sound(r)
		if err != nil {
			return &toyClassModel{}, nil
		}
		return m, nil
	},
}

var classFaults = []aim{
	{"counts fits", []Law{Repeatable, AnyProcs, ConcurrentFit, RefitLoaded, ClassNames}},
	{"sums in GOMAXPROCS parts", []Law{AnyProcs}},
	{"writes its config", []Law{ConfigUnchanged}},
	{"writes groups", []Law{InputsUnchanged}},
	{"writes CSR", []Law{InputsUnchanged}},
	{"writes X", []Law{InputsUnchanged, anything}},
	{"writes Y", []Law{InputsUnchanged, anything}},
	{"writes weights", []Law{InputsUnchanged, anything}},
	{"writes columns", []Law{InputsUnchanged, anything}},
	{"predict writes", []Law{InputsUnchanged, anything}},
	{"row writes", []Law{InputsUnchanged, anything}},
	{"keeps weights", []Law{InputsNotKept}},
	{"keeps columns", []Law{InputsNotKept}},
	{"keeps X", []Law{InputsNotKept, anything}},
	{"shared buffer", []Law{OutputsOwned, anything}},
	{"gives away a cache", []Law{OutputsOwned, anything}},
	{"nil pointer", []Law{BadShapes}},
	{"plain error", []Law{BadShapes, BadNumbers, BadTargets, BadWeights, BadColumns}},
	{"empty error", []Law{BadShapes, BadNumbers, BadTargets, BadWeights, BadColumns}},
	{"wrong kind of error", []Law{BadShapes, BadNumbers, BadTargets, BadWeights, BadColumns}},
	{"unchecked numbers", []Law{BadNumbers}},
	{"unchecked targets", []Law{BadTargets}},
	{"unchecked weights", []Law{BadWeights}},
	{"unchecked kinds", []Law{BadColumns}},
	{"unchecked width", []Law{WrongWidth}},
	{"unchecked row", []Law{WrongWidth}},
	{"unchecked destination", []Law{WrongWidth}},
	{"predicts NaN", []Law{NotFinite}},
	{"row of NaN", []Law{NotFinite}},
	{"one class", []Law{Degenerate}},
	{"counts absent rows", []Law{ZeroWeight}},
	{"root of weight", []Law{RepeatedRows}},
	{"first row counts", []Law{RowOrder}},
	{"misreads foreign matrices", []Law{Storage}},
	{"rounds float32", []Law{Float32}},
	{"sparse zeros count one", []Law{Sparse}},
	{"refuses sparse without a word", []Law{Sparse, anything}},
	{"densifies", []Law{SparseMemory}},
	{"batch effect", []Law{RowByRow, anything}},
	{"row differs", []Law{RowByRow, anything}},
	{"into differs", []Law{RowByRow}},
	{"allocates", []Law{RowAllocs}},
	{"into allocates", []Law{IntoAllocs}},
	{"forgets", []Law{SaveLoad}},
	{"config of another fit", []Law{RefitLoaded}},
	{"no error when cancelled before", []Law{CancelBefore}},
	{"deaf", []Law{CancelBefore, CancelDuring}},
	{"context only at the start", []Law{CancelDuring}},
	{"model beside error", []Law{CancelDuring, ProgressError}},
	{"hides the cause", []Law{CancelDuring, ProgressError}},
	{"leaks", []Law{NoLeak}},
	{"stop is an error", []Law{StopKeepsModel}},
	{"status", []Law{StopKeepsModel}},
	{"swallows errors", []Law{ProgressError}},
	{"disturbed by other fits", []Law{ConcurrentFit}},
	{"disturbed by other calls", []Law{ConcurrentPredict}},
	{"wrong rows", []Law{Meta}},
	{"no columns in meta", []Law{Meta, Align}},
	{"other columns in meta", []Law{Align, Meta}},
	{"no classes in meta", []Law{Meta}},
	{"iterations", []Law{FitInfo}},
	{"gap", []Law{FitInfo}},
	{"exact", []Law{FitInfo, StopKeepsModel}},
	{"probabilities far away too large", []Law{Probabilities}},
	{"probabilities too large", []Law{Probabilities, anything}},
	{"too many probabilities", []Law{Probabilities, anything}},
	{"second most probable", []Law{ArgMax}},
	{"K from the rows", []Law{AbsentClass}},
	{"class names", []Law{ClassNames}},
}

var centreFaults = []aim{
	{"gives away columns", []Law{OutputsOwned}},
	{"no columns out", []Law{OutColumns, anything}},
	{"one name", []Law{OutColumns}},
	{"nameless", []Law{OutColumns}},
	{"from nowhere", []Law{OutColumns}},
	{"from twice", []Law{OutColumns}},
	{"not codes", []Law{OutColumns}},
	{"drops a row", []Law{OutColumns, anything}},
	{"forgets a column", []Law{RowByRow, anything}},
	{"forgets the last row", []Law{RowByRow, anything}},
	{"inverse off", []Law{Inverse}},
	{"inverse unchecked", []Law{Inverse}},
	{"training rows differ", []Law{FitTransform}},
	{"training fits otherwise", []Law{FitTransform}},
	{"updates in place", []Law{Update}},
	{"returns itself", []Law{Update}},
	{"update unchecked", []Law{Update}},
}

var splitFaults = []aim{
	{"codes", []Law{ClusterCodes}},
	{"first row counts", []Law{RowOrder, ZeroWeight}},
}

// unmeasured says whether a law is left out of this run.
func unmeasured(law Law) bool {
	return raceEnabled && (law == RowAllocs || law == IntoAllocs) || testing.Short() && law == SparseMemory
}
