package nn

import (
	"context"
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// MLPClassifier is a net of fully connected layers for classes: the multi-layer perceptron. It learns with batches of shuffled rows, by
// gradients of the cross-entropy (Rumelhart, Hinton and Williams, Nature 323 (1986)).
//
// Scale the columns first (features.StandardScaler): columns of large numbers drown the others. The net computes in float32, so X does too.
// Training ends after Epochs, when the loss has not fallen by Tol for NoChange epochs, or, with Patience, when that on Valid has not
// for so many; the weights are then those of the best epoch. Info.Loss is the mean loss of each epoch as it was met, ValidLoss that on Valid.
//
// Weights: a row of weight 0 is absent; one of weight k counts k times in the loss of its batch, which is not the same as k rows. Random:
// the first weights, the order of rows and what Dropout drops, by Seed. A fit costs about 6 operations a row, epoch and weight of the net.
type MLPClassifier struct {
	Hidden      []int          // units of each hidden layer. nil: one of 100; []int{}: none, a linear classifier
	Activation  *Activation    // of the hidden layers. nil: ReLU
	Dropout     float64        // after each hidden layer, below 1. 0: none
	BatchNorm   bool           // normalise the batch before each activation
	Optimizer   Optimizer      // nil: Adam{}. LBFGS{} is best on small data
	Schedule    Schedule       // of the learning rate. nil: it stays
	Alpha       float64        // L2 penalty: Alpha/2 |W|², divided by the number of rows, beside the mean loss. 0: none
	Smoothing   float64        // of the classes, below 1. 0: none
	BatchSize   int            // 0: 200, less for rows of more than 2600 numbers, so that a batch holds half a million at the most; all rows if there are fewer
	Epochs      int            // at the most; iterations of LBFGS. 0: 200
	Tol         float64        // 0: 0.0001
	NoChange    int            // epochs without a fall by Tol until the end; Epochs or more: run all. 0: 10
	Patience    int            // epochs without improvement on Valid until the end. 0: do not watch it
	ClipNorm    float64        // gradients are scaled down to this norm. 0: no clipping
	ClassWeight ml.ClassWeight // how much each class counts. Zero: all rows as they are
	Seed        uint64
}

// MLPRegressor is a net of fully connected layers for numbers; it is otherwise as MLPClassifier. Targets are scaled to mean 0 and deviation 1
// while it learns, and back when it predicts, unless the loss has a scale of its own (PoissonNLL).
type MLPRegressor struct {
	Hidden     []int       // as in MLPClassifier
	Activation *Activation // as in MLPClassifier
	Dropout    float64     // as in MLPClassifier
	BatchNorm  bool        // as in MLPClassifier
	Loss       Loss        // MSE, MAE, Huber, LogCosh, Quantile or PoissonNLL, whose prediction is the mean. nil: MSE{}
	Optimizer  Optimizer   // as in MLPClassifier
	Schedule   Schedule    // as in MLPClassifier
	Alpha      float64     // as in MLPClassifier
	BatchSize  int         // as in MLPClassifier
	Epochs     int         // as in MLPClassifier
	Tol        float64     // as in MLPClassifier
	NoChange   int         // as in MLPClassifier
	Patience   int         // as in MLPClassifier
	ClipNorm   float64     // as in MLPClassifier
	Seed       uint64
}

// MLPMulti is MLPRegressor for several targets, one net for all; MLPMultiLabel is for labels of which a row may have several, each told by
// BCE (Loss must be nil).
type (
	MLPMulti      MLPRegressor // several targets
	MLPMultiLabel MLPRegressor // several labels
)

var (
	_ ml.Fitter[ml.Dataset[int], *ClassifierModel]    = MLPClassifier{}
	_ ml.Fitter[ml.Dataset[float64], *RegressorModel] = MLPRegressor{}
	_ ml.Fitter[ml.Dataset[[]float64], *MultiModel]   = MLPMulti{}
	_ ml.Fitter[ml.Dataset[[]int], *MultiLabelModel]  = MLPMultiLabel{}
)

// layers are the hidden layers and the last one.
func layers(hidden []int, act *Activation, dropout float64, norm bool, out int) Module {
	f := ReLU
	if act != nil {
		f = *act
	}
	var s Seq
	for _, h := range hidden {
		switch {
		case norm:
			s = append(s, Dense{Out: h, NoBias: true}, BatchNorm{}, f)
		default:
			s = append(s, Dense{Out: h, Act: f})
		}
		if dropout > 0 {
			s = append(s, Dropout{dropout})
		}
	}
	return append(s, Dense{Out: out})
}

// common checks what the front ends share and fills in defaults.
func (l *lesson) common() error {
	where := l.where
	switch {
	case l.epochs < 0:
		return ml.BadConfig(where, "Epochs", l.epochs, ">= 1, or 0 for 200")
	case l.batch < 0:
		return ml.BadConfig(where, "BatchSize", l.batch, ">= 1, or 0 for 200")
	case l.noChange < 0:
		return ml.BadConfig(where, "NoChange", l.noChange, ">= 1, or 0 for 10")
	case l.patience < 0:
		return ml.BadConfig(where, "Patience", l.patience, ">= 0")
	case !(l.tol >= 0):
		return ml.BadConfig(where, "Tol", l.tol, ">= 0")
	case !(l.alpha >= 0 && l.alpha <= 1e30):
		return ml.BadConfig(where, "Alpha", l.alpha, ">= 0")
	case !(l.clip >= 0):
		return ml.BadConfig(where, "ClipNorm", l.clip, ">= 0")
	}
	if l.optimizer == nil {
		l.optimizer = Adam{}
	}
	if err := checkOptimizer(where, l.optimizer); err != nil {
		return err
	}
	l.epochs, l.noChange, l.tol = orInt(l.epochs, 200), orInt(l.noChange, 10), orElse(l.tol, 1e-4)
	return nil
}

func orInt(v, other int) int {
	if v == 0 {
		return other
	}
	return v
}

func checkHidden(where string, hidden []int, dropout float64) error {
	for i, h := range hidden {
		if h < 1 {
			return ml.BadConfig(where, fmt.Sprintf("Hidden[%d]", i), h, ">= 1")
		}
	}
	if !(dropout >= 0 && dropout < 1) {
		return ml.BadConfig(where, "Dropout", dropout, "0 <= Dropout < 1")
	}
	return nil
}

func orHundred(hidden []int) []int {
	if hidden == nil {
		return []int{100}
	}
	return slices.Clone(hidden)
}

// Fit learns the classes of d.
func (c MLPClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*ClassifierModel, error) {
	return c.fit(ctx, "nn.MLPClassifier.Fit", d, nil)
}

func (c MLPClassifier) fit(ctx context.Context, where string, d ml.Dataset[int], from *ClassifierModel) (*ClassifierModel, error) {
	c, l, err := c.resolve(where)
	if err != nil {
		return nil, err
	}
	return teachClasses(ctx, l, d, c, c.ClassWeight, c.Smoothing, from)
}

func (c MLPClassifier) resolve(where string) (MLPClassifier, lesson, error) {
	l := lesson{where: where, optimizer: c.Optimizer, schedule: c.Schedule, epochs: c.Epochs, batch: c.BatchSize, patience: c.Patience, noChange: c.NoChange, tol: c.Tol, alpha: c.Alpha, clip: c.ClipNorm, seed: c.Seed}
	if err := l.common(); err != nil {
		return c, l, err
	}
	if !(c.Smoothing >= 0 && c.Smoothing < 1) {
		return c, l, ml.BadConfig(where, "Smoothing", c.Smoothing, "0 <= Smoothing < 1")
	}
	if err := checkHidden(where, c.Hidden, c.Dropout); err != nil {
		return c, l, err
	}
	c.Hidden, c.Optimizer, c.Epochs, c.NoChange, c.Tol = orHundred(c.Hidden), l.optimizer, l.epochs, l.noChange, l.tol
	c.ClassWeight.PerClass = slices.Clone(c.ClassWeight.PerClass)
	return c, l, nil
}

func (c MLPClassifier) build(p, out int) (Module, []int, error) {
	return layers(c.Hidden, c.Activation, c.Dropout, c.BatchNorm, out), []int{p}, checkHidden("nn.MLPClassifier", c.Hidden, c.Dropout)
}

// Fit learns the targets of d.
func (c MLPRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*RegressorModel, error) {
	return c.fit(ctx, "nn.MLPRegressor.Fit", d, nil)
}

func (c MLPRegressor) fit(ctx context.Context, where string, d ml.Dataset[float64], from *RegressorModel) (*RegressorModel, error) {
	c, l, err := c.resolve(where)
	if err != nil {
		return nil, err
	}
	return teachNumbers(ctx, l, d, c, from)
}

func (c MLPRegressor) resolve(where string) (MLPRegressor, lesson, error) {
	l := lesson{where: where, loss: c.Loss, optimizer: c.Optimizer, schedule: c.Schedule, epochs: c.Epochs, batch: c.BatchSize, patience: c.Patience, noChange: c.NoChange, tol: c.Tol, alpha: c.Alpha, clip: c.ClipNorm, seed: c.Seed}
	if err := l.common(); err != nil {
		return c, l, err
	}
	if l.loss == nil {
		l.loss = MSE{}
	}
	if err := checkHidden(where, c.Hidden, c.Dropout); err != nil {
		return c, l, err
	}
	c.Hidden, c.Loss, c.Optimizer, c.Epochs, c.NoChange, c.Tol = orHundred(c.Hidden), l.loss, l.optimizer, l.epochs, l.noChange, l.tol
	return c, l, nil
}

func (c MLPRegressor) build(p, out int) (Module, []int, error) {
	return layers(c.Hidden, c.Activation, c.Dropout, c.BatchNorm, out), []int{p}, checkHidden("nn.MLPRegressor", c.Hidden, c.Dropout)
}

// Fit learns the targets of d.
func (c MLPMulti) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*MultiModel, error) {
	r, l, err := MLPRegressor(c).resolve("nn.MLPMulti.Fit")
	if err != nil {
		return nil, err
	}
	return teachMulti(ctx, l, d, MLPMulti(r))
}

func (c MLPMulti) build(p, out int) (Module, []int, error) { return MLPRegressor(c).build(p, out) }

// Fit learns the labels of d.
func (c MLPMultiLabel) Fit(ctx context.Context, d ml.Dataset[[]int]) (*MultiLabelModel, error) {
	const where = "nn.MLPMultiLabel.Fit"
	if c.Loss != nil {
		return nil, ml.BadConfig(where, "Loss", fmt.Sprintf("%T", c.Loss), "nil: labels are told by BCE")
	}
	r, l, err := MLPRegressor(c).resolve(where)
	if err != nil {
		return nil, err
	}
	l.loss, r.Loss = BCE{}, nil
	return teachLabels(ctx, l, d, MLPMultiLabel(r))
}

func (c MLPMultiLabel) build(p, out int) (Module, []int, error) {
	return MLPRegressor(c).build(p, out)
}
