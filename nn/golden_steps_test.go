package nn

import (
	"testing"

	"github.com/gopherwood-ml/ml/internal/golden"
)

var goldenLosses = map[string]Loss{
	"MSE": MSE{}, "MSE weights": MSE{}, "MSE column": MSE{}, "MAE": MAE{}, "Huber": Huber{}, "Huber .5": Huber{.5}, "LogCosh": LogCosh{}, "LogCosh far": LogCosh{},
	"Quantile": Quantile{}, "Quantile .9": Quantile{.9},
	"CrossEntropy":                       CrossEntropy{},
	"CrossEntropy far":                   CrossEntropy{},
	"CrossEntropy smoothing":             CrossEntropy{Smoothing: .1},
	"CrossEntropy class weights":         CrossEntropy{ClassWeight: goldenClassWeights},
	"CrossEntropy absent":                CrossEntropy{},
	"CrossEntropy absent smoothing":      CrossEntropy{Smoothing: .1},
	"CrossEntropy all":                   CrossEntropy{Smoothing: .2, ClassWeight: goldenClassWeights},
	"CrossEntropy row weights":           CrossEntropy{},
	"CrossEntropy class and row weights": CrossEntropy{ClassWeight: goldenClassWeights},
	"CrossEntropy sequence":              CrossEntropy{},
	"CrossEntropy sequence weights":      CrossEntropy{},
	"CrossEntropy soft":                  CrossEntropy{},
	"CrossEntropy soft smoothing":        CrossEntropy{Smoothing: .1},
	"CrossEntropy soft weights":          CrossEntropy{ClassWeight: goldenClassWeights},
	"CrossEntropy soft all":              CrossEntropy{Smoothing: .1, ClassWeight: goldenClassWeights},
	"BCE":                                BCE{}, "BCE positive": BCE{2.5}, "BCE far": BCE{}, "Focal": Focal{}, "Focal 1.5 .25": Focal{Gamma: 1.5, Alpha: .25},
	"Hinge": Hinge{}, "Hinge squared": Hinge{Squared: true}, "MultiMargin": MultiMargin{}, "MultiMargin .5": MultiMargin{.5},
	"PoissonNLL": PoissonNLL{}, "GaussianNLL": GaussianNLL{}, "KLDiv": KLDiv{}, "CosineLoss": CosineLoss{}, "Dice": Dice{}, "Dice .1": Dice{.1},
	"Cox": Cox{}, "Cox weights": Cox{}, "NLL": NLL{}, "Contrastive": Contrastive{}, "Contrastive 2": Contrastive{2},
	"Triplet": Triplet{}, "Triplet .2": Triplet{.2}, "InfoNCE": InfoNCE{}, "InfoNCE .5": InfoNCE{.5},
}

var goldenClassWeights = []float64{1, .5, 2, 3}

type lossCase struct {
	Name     string
	Shape    []int
	Pred     []float64
	Target   []int
	Y        []float64
	Weight   []float64
	Value    float64
	Gradient []float64
}

func TestLossesAgainstPyTorch(t *testing.T) {
	file := golden.Load[struct{ Cases []lossCase }](t, "testdata/torch_losses.json")
	seen := map[string]bool{}
	for _, tc := range file.Cases {
		loss, ok := goldenLosses[tc.Name]
		if !ok {
			t.Errorf("no loss for the golden case %q", tc.Name)
			continue
		}
		seen[tc.Name] = true
		for _, w := range widths {
			t.Run(tc.Name+"/"+w.name, func(t *testing.T) {
				e := w.engine
				net := pinned(t, Linear, tc.Shape[1:], e, nil)
				c := net.newCtx()
				for range 2 { // the second pass meets the records of the first
					var value float64
					var gradient []float64
					err := func() (err error) {
						defer catch(&err)
						c.begin(true, tc.Shape, tc.Target)
						pred, y := c.Watch(c.input(tc.Shape)), c.input(tc.Target)
						e.PutWide(pred.value, tc.Pred)
						e.PutWide(y.value, tc.Y)
						var weight *Var
						if len(tc.Weight) > 0 {
							weight = c.input([]int{len(tc.Weight)})
							e.PutWide(weight.value, tc.Weight)
						}
						v := lossOf(c, loss, pred, y, weight)
						value = read(e, v.value)[0]
						c.backward(v)
						gradient = read(e, pred.grad)
						return nil
					}()
					if err != nil {
						t.Fatal(err)
					}
					near(t, []float64{value}, []float64{tc.Value}, w.tol, "the loss")
					near(t, gradient, tc.Gradient, w.tol, "its gradient")
				}
			})
		}
	}
	for name := range goldenLosses {
		if !seen[name] {
			t.Errorf("no golden case for %q", name)
		}
	}
}

var goldenRuns = map[string]Training{
	"SGD":                  {Optimizer: SGD{}},
	"SGD decay":            {Optimizer: SGD{LearningRate: .1, WeightDecay: .3}},
	"SGD momentum":         {Optimizer: SGD{LearningRate: .05, Momentum: .9, WeightDecay: .1}},
	"SGD dampening":        {Optimizer: SGD{LearningRate: .05, Momentum: .9, Dampening: .4}},
	"SGD Nesterov":         {Optimizer: SGD{LearningRate: .05, Momentum: .8, Nesterov: true, WeightDecay: .1}},
	"SGD clipped by norm":  {Optimizer: SGD{LearningRate: .1}, ClipNorm: 1.5},
	"SGD clipped by value": {Optimizer: SGD{LearningRate: .1}, ClipValue: .75},
	"Adam":                 {Optimizer: Adam{}},
	"Adam decay":           {Optimizer: Adam{LearningRate: .02, Beta1: .8, Beta2: .95, Eps: 1e-3, WeightDecay: .2}},
	"AMSGrad":              {Optimizer: Adam{LearningRate: .02, Beta2: .7, AMSGrad: true, WeightDecay: .1}},
	"AdamW":                {Optimizer: AdamW{}},
	"AdamW decay":          {Optimizer: AdamW{LearningRate: .05, Beta1: .8, Beta2: .95, Eps: 1e-3, WeightDecay: .2}},
	"AdamW AMSGrad":        {Optimizer: AdamW{LearningRate: .05, Beta2: .7, AMSGrad: true, WeightDecay: .2}},
	"NAdam":                {Optimizer: NAdam{}},
	"NAdam decay":          {Optimizer: NAdam{LearningRate: .05, Beta1: .8, Beta2: .95, Eps: 1e-3, WeightDecay: .2, MomentumDecay: .02}},
	"RAdam":                {Optimizer: RAdam{}},
	"RAdam decay":          {Optimizer: RAdam{LearningRate: .05, Beta1: .8, Beta2: .95, Eps: 1e-3, WeightDecay: .2}},
	"RMSProp":              {Optimizer: RMSProp{}},
	"RMSProp momentum":     {Optimizer: RMSProp{LearningRate: .02, Alpha: .9, Eps: 1e-3, Momentum: .7, WeightDecay: .2}},
	"Adagrad":              {Optimizer: Adagrad{}},
	"Adagrad decay":        {Optimizer: Adagrad{LearningRate: .1, Eps: 1e-3, WeightDecay: .2}},
	"Adadelta":             {Optimizer: Adadelta{}},
	"Adadelta decay":       {Optimizer: Adadelta{LearningRate: 2, Rho: .8, Eps: 1e-3, WeightDecay: .2}},
	"Lion":                 {Optimizer: Lion{}},
	"Lion decay":           {Optimizer: Lion{LearningRate: .02, Beta1: .8, Beta2: .95, WeightDecay: .3}},
	"LAMB":                 {Optimizer: LAMB{}},
	"LAMB decay":           {Optimizer: LAMB{LearningRate: .05, Beta1: .8, Beta2: .95, Eps: 1e-3, WeightDecay: .2}},
}

// twoParams has weights and a bias that do nothing.
type twoParams struct{}

func (twoParams) Forward(c *Ctx, x *Var) *Var {
	c.Param("W", nil, 2, 3)
	c.Bias("b", nil, 3)
	return x
}

func TestOptimizersStepForStep(t *testing.T) {
	file := golden.Load[struct {
		Start, Gradients map[string][]float64
		Runs             []struct {
			Name string
			Path []float64
		}
	}](t, "testdata/torch_steps.json")
	if len(file.Runs) != len(goldenRuns) {
		t.Errorf("%d runs in the golden file, want %d", len(file.Runs), len(goldenRuns))
	}
	for _, run := range file.Runs {
		cfg, ok := goldenRuns[run.Name]
		if !ok {
			t.Errorf("no optimiser for the golden run %q", run.Name)
			continue
		}
		for _, w := range widths {
			t.Run(run.Name+"/"+w.name, func(t *testing.T) {
				e := w.engine
				net := pinned(t, twoParams{}, []int{1}, e, file.Start)
				tr, err := NewTrainer(net, cfg)
				if err != nil {
					t.Fatal(err)
				}
				for step := range 10 {
					_, err := tr.Learn(func(c *Ctx) *Var { // its gradients are what the file says
						var loss *Var
						for _, p := range net.Params() {
							n := p.v.Len()
							g := c.input(p.Shape)
							e.PutWide(g.value, file.Gradients[p.Name][step*n:(step+1)*n])
							part := c.Sum(c.Mul(&p.v, g))
							if loss == nil {
								loss = part
							} else {
								loss = c.Add(loss, part)
							}
						}
						return loss
					})
					if err != nil {
						t.Fatal(err)
					}
					var got []float64
					for _, p := range net.Params() {
						got = append(got, read(e, p.v.value)...)
					}
					want := run.Path[step*len(got) : (step+1)*len(got)]
					near(t, got, want, w.tol, run.Name)
					if t.Failed() {
						t.Fatalf("in step %d", step+1)
					}
				}
			})
		}
	}
}

func TestSchedulesAgainstPyTorch(t *testing.T) {
	file := golden.Load[struct {
		Schedules []struct {
			Name    string
			Total   int
			Factors []float64
		}
	}](t, "testdata/torch_steps.json")
	schedules := map[string]Schedule{
		"StepDecay": StepDecay{Every: 4}, "StepDecay .5": StepDecay{Every: 3, Gamma: .5}, "Milestones": Milestones{At: []int{2, 5, 9}, Gamma: .3},
		"Exponential": Exponential{.9}, "Polynomial": Polynomial{}, "Polynomial 2": Polynomial{Power: 2, Steps: 8},
		"Cosine": Cosine{}, "Cosine least": Cosine{Least: .1, Steps: 8}, "Cosine restarts": Cosine{Period: 4}, "Cosine restarts growing": Cosine{Least: .05, Period: 3, Growth: 2},
		"OneCycle": OneCycle{}, "OneCycle .4 10 100": OneCycle{Rise: .4, Start: 10, End: 100},
		"WarmUp": WarmUp{Steps: 4}, "WarmUp .1": WarmUp{Steps: 5, From: .1}, "WarmUp cosine": WarmUp{Steps: 5, From: .2, Then: Cosine{}},
	}
	if len(file.Schedules) != len(schedules) {
		t.Errorf("%d schedules in the golden file, want %d", len(file.Schedules), len(schedules))
	}
	for _, tc := range file.Schedules {
		s, ok := schedules[tc.Name]
		if !ok {
			t.Errorf("no schedule for the golden case %q", tc.Name)
			continue
		}
		for step, want := range tc.Factors {
			// PyTorch multiplies from step to step, ours are closed formulas: some dozens of roundings, and near 0 those of 1.
			golden.Close(t, []float64{s.Factor(step, tc.Total)}, []float64{want}, 1e-10, 1e-14, tc.Name)
			if t.Failed() {
				t.Fatalf("in step %d", step)
			}
		}
	}
}
