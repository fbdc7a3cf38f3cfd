package semi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// Active says how labels are asked for: it fits Base to the labelled rows, lets Query choose rows whose label would tell it most, and has them asked.
//
//	session, err := semi.Active{Base: ml.Classify(linear.LogisticRegression{}), Budget: 100}.Start(ctx, d)
//	err = session.Ask(ctx, &semi.Terminal{})   // or an oracle of your own
//	model, err := session.Model(ctx)
//
// Rows without a label carry ml.None; at least one row must have one. Nothing is random but what Query and Base draw. A fit is made for every Batch labels, and Query says what it costs beside.
//
// Settles: Active learning literature survey. University of Wisconsin-Madison TR 1648 (2009).
type Active struct {
	Base   ml.AnyClassifier // none is an error
	Query  Strategy         // which rows are asked. nil: Uncertain{}
	Batch  int              // rows asked between two fits. 0: 1
	Budget int              // labels asked for at the most. 0: all
	Seed   uint64           // of what Query draws
}

// Strategy chooses rows to ask. Register your own to save sessions with it.
type Strategy interface {
	// Choose returns up to n places in p.Open, the one to be asked first in front.
	Choose(ctx context.Context, p *Pool, n int) ([]int, error)
}

// Pool is what a Strategy chooses from.
type Pool struct {
	Base     ml.AnyClassifier
	Model    ml.Classifier // fitted to Labelled
	Labelled ml.Dataset[int]
	Open     ml.Table // rows without a label
	Seed     uint64   // of this choice: draw from it alone
}

// Session is active learning that is under way. It is not for several goroutines at once. ml.Save keeps all of it, the rows too, and what ml.Load gives goes on as if it had never stopped.
type Session struct {
	Config  Active
	Data    ml.AnyData // the rows, with the labels so far: a Dataset[int]
	Asked   []int      // rows in the order in which they were answered, those skipped too
	Skipped []int      // rows that nobody could name
	Waiting []int      // rows to be asked before the next fit
	Fits    int        // choices made: part of every seed
	Before  int        // how many of Asked were answered before the last choice, whose model is the one that questions tell of

	model ml.Classifier
	fresh bool          // model is fitted to all labels
	asker ml.Classifier // made the last choice
}

// Query is a question: what class is this row?
type Query struct {
	Row     int       // its place in the data
	X       []float64 // its numbers; the session's
	Proba   []float64 // what the model that chose the row says of it
	Columns []ml.Column
	Classes []string // nil: classes are codes below K
	K       int
	Left    int // labels that may still be asked for, this one counted
}

// Oracle knows classes. Answering ml.None skips a row; an error ends the session's Ask, which can be called again.
type Oracle interface {
	Class(ctx context.Context, q Query) (int, error)
}

// OracleFunc is a func as an Oracle.
type OracleFunc func(ctx context.Context, q Query) (int, error)

// Class calls f.
func (f OracleFunc) Class(ctx context.Context, q Query) (int, error) { return f(ctx, q) }

// Known is an oracle that has the class of each row: to try strategies on data whose labels are there.
type Known []int

// Class looks it up.
func (k Known) Class(_ context.Context, q Query) (int, error) {
	if q.Row >= len(k) {
		return 0, ml.BadShape("semi.Known.Class", "Known", fmt.Sprintf("%d classes", len(k)), fmt.Sprintf("one for row %d", q.Row))
	}
	return k[q.Row], nil
}

// ErrQuit is the answer of an oracle who wants to stop for now: Ask returns nil.
var ErrQuit = errors.New("semi: the oracle wants to stop")

// Start begins a session; the rows of d are copied. Errors: ErrConfig without an estimator or for settings out of range, and what Check finds.
func (c Active) Start(ctx context.Context, d ml.Dataset[int]) (*Session, error) {
	const where = "semi.Active.Start"
	if err := c.check(where); err != nil {
		return nil, err
	}
	if err := d.Check(where, unlabelledToo(c.Base.Config)); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	if c.Query == nil {
		c.Query = Uncertain{}
	}
	c.Batch = cmp.Or(c.Batch, 1)
	all := make([]int, d.Rows())
	for i := range all {
		all[i] = i
	}
	d = d.NameClasses().Select(all)
	d.Valid = nil
	d.Columns = ml.CloneColumns(d.Columns)
	return &Session{Config: c, Data: d.Any()}, nil
}

func (c Active) check(where string) error {
	switch {
	case c.Base.Config == nil:
		return ml.BadConfig(where, "Base", "none", "one such as ml.Classify(linear.LogisticRegression{})")
	case c.Batch < 0:
		return ml.BadConfig(where, "Batch", c.Batch, ">= 1, or 0 for 1")
	case c.Budget < 0:
		return ml.BadConfig(where, "Budget", c.Budget, ">= 1, or 0 for all rows")
	}
	return nil
}

// codes are the labels so far.
func (s *Session) codes() []int {
	y, _ := s.Data.Y.([]int)
	return y
}

// Labels is the data with the labels so far; rows without one carry ml.None. It shares the session's memory.
func (s *Session) Labels() ml.Dataset[int] {
	return ml.Dataset[int]{Table: s.Data.Table, Y: s.codes(), Classes: s.Data.Classes}
}

// left is how many labels may still be asked for, and the open rows.
func (s *Session) left() (int, []int) {
	skipped := map[int]bool{}
	for _, i := range s.Skipped {
		skipped[i] = true
	}
	var open []int
	for i, y := range s.codes() {
		if y == ml.None && !skipped[i] && weightAt(s.Data.Weight, i) > 0 {
			open = append(open, i)
		}
	}
	n := len(open)
	if s.Config.Budget > 0 {
		n = min(n, s.Config.Budget-(len(s.Asked)-len(s.Skipped)))
	}
	return max(n, 0), open
}

// Model is the classifier fitted to all labels so far.
func (s *Session) Model(ctx context.Context) (ml.Classifier, error) {
	if s.fresh {
		return s.model, nil
	}
	d := s.Labels()
	have, _ := present(d)
	if len(have) == 0 {
		return nil, unlabelledAll("semi.Session.Model")
	}
	m, err := s.Config.Base.Fit(ml.Quiet(ctx), d.Select(have))
	if err != nil {
		return nil, err
	}
	s.model, s.fresh = m, true
	return m, nil
}

// Next chooses the rows to ask before the next fit, the most telling first: those that wait from the last call, or, once they are answered, new ones. None are left when the budget is
// spent or every row has a label or was skipped.
func (s *Session) Next(ctx context.Context) ([]int, error) {
	left, open := s.left()
	if left == 0 {
		return nil, nil
	}
	if len(s.Waiting) > 0 {
		return slices.Clone(s.Waiting[:min(left, len(s.Waiting))]), s.remember(ctx)
	}
	m, err := s.Model(ctx)
	if err != nil {
		return nil, err
	}
	d := s.Labels()
	have, _ := present(d)
	p := &Pool{Base: s.Config.Base, Model: m, Labelled: d.Select(have), Open: d.Table.Select(open), Seed: seedOf(s.Config.Seed, s.Fits)}
	chosen, err := s.Config.Query.Choose(ctx, p, min(s.Config.Batch, left))
	if err != nil {
		return nil, err
	}
	seen := map[int]bool{}
	for _, at := range chosen {
		if at < 0 || at >= len(open) || seen[at] {
			return nil, &ml.Error{Where: "semi.Session.Next", Field: fmt.Sprintf("the choice of %T", s.Config.Query), Found: fmt.Sprint(chosen), Want: fmt.Sprintf("different places among %d open rows", len(open)), Kind: ml.ErrData}
		}
		seen[at] = true
		s.Waiting = append(s.Waiting, open[at])
	}
	if len(s.Waiting) == 0 {
		return nil, &ml.Error{Where: "semi.Session.Next", Field: fmt.Sprintf("the choice of %T", s.Config.Query), Found: "nothing", Want: fmt.Sprintf("some of %d open rows", len(open)), Kind: ml.ErrData}
	}
	s.Fits++
	s.Before, s.asker = len(s.Asked), m
	return slices.Clone(s.Waiting), nil
}

// remember fits the model of the last choice anew, to the labels of that time, when the session comes from a file.
func (s *Session) remember(ctx context.Context) error {
	if s.asker != nil {
		return nil
	}
	d := s.Labels()
	d.Y = slices.Clone(d.Y)
	for _, i := range s.Asked[s.Before:] {
		d.Y[i] = ml.None
	}
	have, _ := present(d)
	if len(have) == 0 {
		return unlabelledAll("semi.Session.Next")
	}
	m, err := s.Config.Base.Fit(ml.Quiet(ctx), d.Select(have))
	s.asker = m
	return err
}

// Answer gives a row its class; ml.None skips it, and it is not asked again. Any row without a label may be answered, in any order. Errors: ErrTarget for a class that is none, ErrShape for a row that is not there
// or has a label.
func (s *Session) Answer(row, class int) error {
	const where = "semi.Session.Answer"
	y := s.codes()
	if row < 0 || row >= len(y) || y[row] != ml.None || slices.Contains(s.Skipped, row) {
		return ml.BadShape(where, "row", fmt.Sprint(row), fmt.Sprintf("one of %d rows that has no label and was not skipped", len(y)))
	}
	if class < ml.None || class >= len(s.Data.Classes) {
		return &ml.Error{Where: where, Field: "class", Found: fmt.Sprint(class), Want: fmt.Sprintf("0 to %d, or ml.None to skip the row", len(s.Data.Classes)-1), Kind: ml.ErrTarget}
	}
	s.Asked = append(s.Asked, row)
	if class == ml.None {
		s.Skipped = append(s.Skipped, row)
	} else {
		y[row], s.fresh = class, false
	}
	s.Waiting = slices.DeleteFunc(s.Waiting, func(i int) bool { return i == row })
	return nil
}

// Queries yields questions one by one, to be answered with Answer before the next is wanted; one that is not answered is yielded again. It ends when there is nothing left to ask.
//
//	for q, err := range session.Queries(ctx) {
//		if err != nil { return err }
//		if err := session.Answer(q.Row, classOf(q)); err != nil { return err }
//	}
func (s *Session) Queries(ctx context.Context) iter.Seq2[Query, error] {
	return func(yield func(Query, error) bool) {
		for {
			if err := ml.Done(ctx); err != nil {
				yield(Query{}, err)
				return
			}
			rows, err := s.Next(ctx)
			if err != nil {
				yield(Query{}, err)
				return
			}
			if len(rows) == 0 {
				return
			}
			q, err := s.query(rows[0])
			if !yield(q, err) || err != nil {
				return
			}
		}
	}
}

// query is the question of a row.
func (s *Session) query(row int) (Query, error) {
	left, _ := s.left()
	q := Query{Row: row, Columns: s.Data.Columns, Classes: s.Data.Classes, K: len(s.Data.Classes), Left: left}
	x := s.Data.Table.Select([]int{row}).X
	q.X = slices.Clone(tensor.FromMatrix[float64](x).Data())
	p, err := s.asker.PredictProba(x)
	if err != nil {
		return q, err
	}
	q.Proba = slices.Clone(p.Row(0))
	return q, nil
}

// Ask puts the questions to an oracle until there is nothing left to ask, or the oracle answers with an error: ErrQuit ends it without one.
func (s *Session) Ask(ctx context.Context, o Oracle) error {
	for q, err := range s.Queries(ctx) {
		if err != nil {
			return err
		}
		class, err := o.Class(ctx, q)
		if errors.Is(err, ErrQuit) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.Answer(q.Row, class); err != nil {
			return err
		}
	}
	return nil
}

// Restore checks a session that was read from a file.
func (s *Session) Restore() error {
	const where = "semi.Session"
	if err := s.Config.check(where); err != nil {
		return err
	}
	if s.Config.Query == nil || s.Config.Batch < 1 {
		return ml.BadFile(where, "Config", "without Query or Batch", "both")
	}
	if _, ok := s.Data.Y.([]int); !ok || s.Data.Valid != nil {
		return ml.BadFile(where, "Data", fmt.Sprintf("targets of type %T", s.Data.Y), "class codes, and no rows to watch")
	}
	d := s.Labels()
	if err := d.Check(where, unlabelledToo(s.Config.Base.Config)); err != nil {
		return err
	}
	if d.Classes == nil {
		return ml.BadFile(where, "Data.Classes", "nil", "the names of the classes")
	}
	for _, list := range [][]int{s.Asked, s.Skipped, s.Waiting} {
		for _, i := range list {
			if i < 0 || i >= len(d.Y) {
				return ml.BadFile(where, "Asked, Skipped and Waiting", fmt.Sprint(i), fmt.Sprintf("rows below %d", len(d.Y)))
			}
		}
	}
	for _, i := range s.Waiting {
		if d.Y[i] != ml.None {
			return ml.BadFile(where, "Waiting", fmt.Sprintf("row %d, which has a label", i), "rows without one")
		}
	}
	if s.Before < 0 || s.Before > len(s.Asked) {
		return ml.BadFile(where, "Before", fmt.Sprint(s.Before), fmt.Sprintf("0 to %d, those asked", len(s.Asked)))
	}
	if len(s.Skipped) > len(s.Asked) || s.Fits < 0 {
		return ml.BadFile(where, "Skipped", fmt.Sprintf("%d of %d", len(s.Skipped), len(s.Asked)), "some of those asked")
	}
	return nil
}

func init() {
	ml.Register[Active]("semi.Active")
	ml.Register[*Session]("semi.Session")
}
