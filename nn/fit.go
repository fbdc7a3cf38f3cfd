package nn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/tensor"
)

// FitConfig says how Fit trains.
type FitConfig struct {
	Training
	Epochs     int        // at the most. 0: 10
	Patience   int        // epochs without a better loss on the validation set until the end; the weights are then those of the best. 0: run all
	MinDelta   float64    // by how much a loss must be lower to be better
	Plateau    int        // epochs without a better loss until the learning rate falls by PlateauBy. 0: it does not
	PlateauBy  float64    // 0: 0.1
	Checkpoint string     // a file that is written after every epoch and, if it is there, gone on from: a run that was cut off ends with the same bytes
	Callbacks  []Callback // called after every epoch, in turn
}

// Callback is told of every epoch. Returning ml.Stop ends the training with the weights as they are; any other error ends it with that.
type Callback interface {
	Epoch(t *Trainer, e Epoch) error
}

// CallbackFunc is a Callback from a function.
type CallbackFunc func(t *Trainer, e Epoch) error

// Epoch calls the function.
func (f CallbackFunc) Epoch(t *Trainer, e Epoch) error { return f(t, e) }

// Epoch is what one epoch came to.
type Epoch struct {
	Epoch    int           `json:"epoch"` // from 1
	Steps    int           `json:"steps"` // in all
	Loss     float64       `json:"loss"`  // the mean over the batches, each before its step
	Valid    float64       `json:"valid"` // on the validation set, if there is one
	Watched  bool          `json:"watched"`
	LR       float64       `json:"lr"` // of the next step
	Duration time.Duration `json:"duration_ns"`
}

// History is a whole training.
type History struct {
	Epochs  []Epoch
	Best    int  // the epoch whose weights were kept, from 1; 0 without a validation set
	Stopped bool // by ml.Stop or Patience
}

// LogJSON writes a line of JSON for every epoch.
func LogJSON(w io.Writer) Callback {
	return CallbackFunc(func(_ *Trainer, e Epoch) error { return json.NewEncoder(w).Encode(e) })
}

// LogCSV writes a line for every epoch, under a header.
func LogCSV(w io.Writer) Callback {
	head := false
	return CallbackFunc(func(_ *Trainer, e Epoch) error {
		if !head {
			head = true
			if _, err := fmt.Fprintln(w, "epoch,steps,loss,valid,lr,seconds"); err != nil {
				return err
			}
		}
		valid := ""
		if e.Watched {
			valid = fmt.Sprint(e.Valid)
		}
		_, err := fmt.Fprintf(w, "%d,%d,%v,%s,%v,%.3f\n", e.Epoch, e.Steps, e.Loss, valid, e.LR, e.Duration.Seconds())
		return err
	})
}

// Fit trains a net on the batches of train, and watches valid (nil: nothing) after every epoch. Progress and stops travel in ctx. A net
// belongs to one Fit at a time; cancelling ctx returns its error and leaves the net as the last step left it.
func Fit(ctx context.Context, net *Net, cfg FitConfig, train, valid *Loader) (*Trainer, *History, error) {
	const where = "nn.Fit"
	switch {
	case cfg.Loss == nil:
		return nil, nil, ml.BadConfig(where, "Loss", "nil", "a loss")
	case train == nil:
		return nil, nil, ml.BadConfig(where, "train", "nil", "a loader")
	case cfg.Epochs < 0 || cfg.Patience < 0 || cfg.Plateau < 0:
		return nil, nil, ml.BadConfig(where, "Epochs, Patience and Plateau", fmt.Sprint(cfg.Epochs, cfg.Patience, cfg.Plateau), ">= 0")
	case cfg.Patience > 0 && valid == nil:
		return nil, nil, ml.BadConfig(where, "Patience", cfg.Patience, "0 without a validation set to watch")
	}
	if cfg.Epochs == 0 {
		cfg.Epochs = 10
	}
	if err := train.check(); err != nil {
		return nil, nil, err
	}
	if cfg.TotalSteps == 0 {
		cfg.TotalSteps = cfg.Epochs * train.Batches() / max(cfg.Accumulate, 1)
	}
	t, err := NewTrainer(net, cfg.Training)
	if err != nil {
		return nil, nil, err
	}
	r := run{Trainer: t, cfg: cfg, train: train, valid: valid, best: math.MaxFloat64, turn: math.MaxFloat64}
	if err := r.resume(); err != nil {
		return nil, nil, err
	}
	err = r.all(ctx)
	return t, &r.history, err
}

// run is a Fit on its way.
type run struct {
	*Trainer
	cfg          FitConfig
	train, valid *Loader
	history      History
	best         float64 // the lowest loss that counted
	since        int     // epochs since
	turn         float64 // the same for the plateau
	waited       int
	kept         compute.Buf // weights and states of the best epoch
	keptStates   compute.Buf
}

func (r *run) all(ctx context.Context) error {
	track := ml.Track(ctx, "epoch", r.cfg.Epochs)
	for len(r.history.Epochs) < r.cfg.Epochs && !r.history.Stopped {
		e, err := r.epoch(ctx)
		if err != nil {
			return err
		}
		r.history.Epochs = append(r.history.Epochs, e)
		r.judge(e)
		if r.cfg.Patience > 0 && r.since >= r.cfg.Patience {
			r.history.Stopped = true
		}
		for _, c := range r.cfg.Callbacks {
			switch err := c.Epoch(r.Trainer, e); {
			case errors.Is(err, ml.Stop):
				r.history.Stopped = true
			case err != nil:
				return err
			}
		}
		stop, err := track.Step(e.Epoch, ml.Loss{Train: e.Loss, Valid: e.Valid, Watched: e.Watched})
		if err != nil {
			return err
		}
		r.history.Stopped = r.history.Stopped || stop
		if err := r.save(); err != nil {
			return err
		}
	}
	if r.cfg.Patience > 0 && r.kept.Len() > 0 {
		e := r.net.engine
		e.Copy(r.net.weights, r.kept)
		e.Copy(r.net.states, r.keptStates)
	}
	return nil
}

func (r *run) epoch(ctx context.Context) (Epoch, error) {
	start := time.Now()
	e := Epoch{Epoch: len(r.history.Epochs) + 1}
	sum, rows := 0.0, 0.0
	for b, err := range r.train.Epoch(e.Epoch - 1) {
		if err == nil {
			err = ml.Done(ctx)
		}
		if err != nil {
			return e, err
		}
		loss, err := r.Step(b.X, b.Y, b.Weight...)
		if err != nil {
			return e, err
		}
		n := mass(b)
		sum, rows = sum+loss*n, rows+n
	}
	if r.batches > 0 { // what was gathered for a step that the epoch did not fill
		if err := r.apply(); err != nil {
			return e, err
		}
	}
	e.Loss, e.Steps, e.LR = sum/rows, r.step, r.LearningRate()
	if r.valid != nil {
		v, err := r.Evaluate(ctx, r.valid)
		if err != nil {
			return e, err
		}
		e.Valid, e.Watched = v, true
	}
	e.Duration = time.Since(start)
	return e, nil
}

// mass is what a batch counts.
func mass(b *Batch) float64 {
	if b.Weight == nil {
		return float64(b.X.Shape()[0])
	}
	sum := 0.0
	for _, w := range b.Weight {
		sum += float64(w)
	}
	return sum
}

// Evaluate is the mean loss over the batches of a loader, without learning.
func (t *Trainer) Evaluate(ctx context.Context, l *Loader) (float64, error) {
	sum, rows := 0.0, 0.0
	for b, err := range l.Epoch(0) {
		if err == nil {
			err = ml.Done(ctx)
		}
		if err != nil {
			return 0, err
		}
		loss, err := t.Loss(b.X, b.Y, b.Weight...)
		if err != nil {
			return 0, err
		}
		n := mass(b)
		sum, rows = sum+loss*n, rows+n
	}
	return sum / rows, nil
}

// judge keeps the best weights and lowers the learning rate on a plateau.
func (r *run) judge(e Epoch) {
	loss := e.Loss
	if e.Watched {
		loss = e.Valid
	}
	if r.since++; loss < r.best-r.cfg.MinDelta {
		r.best, r.since = loss, 0
		if e.Watched {
			r.history.Best = e.Epoch
		}
		if r.cfg.Patience > 0 {
			eng := r.net.engine
			if r.kept.Len() == 0 {
				r.kept, r.keptStates = eng.New(r.net.weights.Len()), eng.New(r.net.states.Len())
			}
			eng.Copy(r.kept, r.net.weights)
			eng.Copy(r.keptStates, r.net.states)
		}
	}
	if r.cfg.Plateau == 0 {
		return
	}
	if r.waited++; loss < r.turn-r.cfg.MinDelta {
		r.turn, r.waited = loss, 0
	}
	if r.waited >= r.cfg.Plateau {
		r.ScaleRate(orElse(r.cfg.PlateauBy, .1))
		r.waited = 0
	}
}

// Snapshot is all that a training needs to go on as if it had never stopped: weights, what layers and the optimiser keep, averages and counts.
// It is saved with ml.Save.
type Snapshot struct {
	Weights, States *tensor.Tensor[float32]
	Slots           []*tensor.Tensor[float32]
	Average         *tensor.Tensor[float32] // nil without one
	Averaged        int
	Step            int
	Scale           float64 // of the learning rate
}

// Snapshot copies the state between two steps.
func (t *Trainer) Snapshot() *Snapshot {
	s := &Snapshot{Weights: t.read(t.net.weights), States: t.read(t.net.states), Averaged: t.averaged, Step: t.step, Scale: t.scale}
	for i := range t.cfg.Optimizer.Slots() {
		s.Slots = append(s.Slots, t.read(t.slots[i]))
	}
	if t.average.Len() > 0 {
		s.Average = t.read(t.average)
	}
	return s
}

func (t *Trainer) read(b compute.Buf) *tensor.Tensor[float32] {
	x := tensor.New[float32](b.Len())
	t.net.engine.Get(x.Data(), b)
	return x
}

// Restore goes on from a snapshot of a trainer with the same net and optimiser.
func (t *Trainer) Restore(s *Snapshot) error {
	put := func(field string, b compute.Buf, x *tensor.Tensor[float32]) error {
		have := 0
		if x != nil {
			have = x.Len()
		}
		if have != b.Len() {
			return ml.BadShape("nn.Trainer.Restore", field, fmt.Sprintf("%d numbers", have), fmt.Sprintf("%d, as this net and optimiser keep", b.Len()))
		}
		if have > 0 {
			t.net.engine.Put(b, x.Data())
		}
		return nil
	}
	if len(s.Slots) != t.cfg.Optimizer.Slots() {
		return ml.BadShape("nn.Trainer.Restore", "Slots", fmt.Sprintf("a list of %d", len(s.Slots)), fmt.Sprintf("%d, as the optimiser keeps", t.cfg.Optimizer.Slots()))
	}
	err := errors.Join(put("Weights", t.net.weights, s.Weights), put("States", t.net.states, s.States), put("Average", t.average, s.Average))
	for i, x := range s.Slots {
		err = errors.Join(err, put("Slots", t.slots[i], x))
	}
	if err != nil {
		return err
	}
	t.averaged, t.step, t.scale, t.batches = s.Averaged, s.Step, s.Scale, 0
	return nil
}

// Checkpoint is what Fit writes to its file.
type Checkpoint struct {
	Snapshot *Snapshot
	Epochs   []Epoch
	Best     float64
	BestAt   int
	Since    int
	Turn     float64
	Waited   int
	Kept     *Snapshot // the weights and states of the best epoch; nil without Patience
}

func (r *run) save() error {
	if r.cfg.Checkpoint == "" {
		return nil
	}
	c := &Checkpoint{Snapshot: r.Snapshot(), Epochs: r.history.Epochs, Best: r.best, BestAt: r.history.Best, Since: r.since, Turn: r.turn, Waited: r.waited}
	if r.kept.Len() > 0 {
		c.Kept = &Snapshot{Weights: r.read(r.kept), States: r.read(r.keptStates)}
	}
	f, err := os.CreateTemp(filepath.Dir(r.cfg.Checkpoint), ".checkpoint-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone where all went well
	if err := errors.Join(ml.Save(f, c), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), r.cfg.Checkpoint) // whole, or not at all
}

func (r *run) resume() error {
	if r.cfg.Checkpoint == "" {
		return nil
	}
	f, err := os.Open(r.cfg.Checkpoint)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	c, err := ml.Load[*Checkpoint](f)
	if err != nil {
		return err
	}
	if c.Snapshot == nil {
		return &ml.Error{Where: "nn.Fit", Field: "Checkpoint", Found: "without a snapshot", Want: "a file that Fit wrote", Kind: ml.ErrFormat}
	}
	if err := r.Restore(c.Snapshot); err != nil {
		return err
	}
	r.history.Epochs, r.best, r.history.Best, r.since, r.turn, r.waited = c.Epochs, c.Best, c.BestAt, c.Since, c.Turn, c.Waited
	r.history.Stopped = r.cfg.Patience > 0 && r.since >= r.cfg.Patience
	if k := c.Kept; k != nil && k.Weights != nil && k.States != nil && k.Weights.Len() == r.net.weights.Len() && k.States.Len() == r.net.states.Len() {
		e := r.net.engine
		r.kept, r.keptStates = e.New(r.net.weights.Len()), e.New(r.net.states.Len())
		e.Put(r.kept, k.Weights.Data())
		e.Put(r.keptStates, k.States.Data())
	}
	return nil
}
