package nn

import (
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/compute"
)

// Optimizer says how weights follow their gradients. It is plain data; what it keeps for each weight is in the Trainer.
type Optimizer interface {
	// Slots is how many numbers it keeps for each weight.
	Slots() int
	// Rate is the learning rate, before any schedule.
	Rate() float64
	// Update moves a stretch of weights.
	Update(u *Update)
}

// Update is a stretch of weights with equal settings, on its way.
type Update struct {
	Engine compute.Engine
	W, G   compute.Buf    // weights and gradients; the gradients may be overwritten
	Slots  [3]compute.Buf // what the optimiser keeps, zeroed at first
	LR     float64        // the learning rate of this step
	Decays bool           // weight decay applies
	Step   int            // from 1
	rates  compute.Rates
}

// PerParam is for an Optimizer that must see every parameter on its own.
type PerParam interface{ PerParam() }

func orElse(v, other float64) float64 {
	if v == 0 {
		return other
	}
	return v
}

// decayed is the weight decay of a stretch.
func (u *Update) decayed(v float64) float64 {
	if u.Decays {
		return v
	}
	return 0
}

// SGD is gradient descent, with momentum as PyTorch has it: m = Momentum m + (1 - Dampening) g, w -= LearningRate m.
type SGD struct {
	LearningRate float64 // 0: 0.01
	Momentum     float64 // 0: none
	Dampening    float64
	Nesterov     bool    // looks ahead by the momentum (Sutskever et al., ICML 2013)
	WeightDecay  float64 // this times the weights is added to their gradients; biases and norms are left alone
}

// Slots is 1 with momentum.
func (o SGD) Slots() int {
	if o.Momentum == 0 {
		return 0
	}
	return 1
}

// Rate is the learning rate.
func (o SGD) Rate() float64 { return orElse(o.LearningRate, .01) }

// Update moves weights.
func (o SGD) Update(u *Update) {
	u.rates = compute.Rates{LR: u.LR, L2: u.decayed(o.WeightDecay), Beta1: o.Momentum, Fresh: 1 - o.Dampening, Nesterov: o.Nesterov, Step: float64(u.Step)}
	u.Engine.Update(compute.SGD, &u.rates, u.W, u.G, u.Slots[0], compute.Buf{})
}

// Adam adapts the step of every weight by moments of its gradients (Kingma and Ba, ICLR 2015).
type Adam struct {
	LearningRate float64 // 0: 0.001
	Beta1, Beta2 float64 // 0: 0.9 and 0.999
	Eps          float64 // 0: 1e-8
	WeightDecay  float64 // this times the weights is added to their gradients; for decay apart from them use AdamW
	AMSGrad      bool    // never lets the second moment fall (Reddi et al., ICLR 2018)
}

// Slots is 2, or 3 with AMSGrad.
func (o Adam) Slots() int {
	if o.AMSGrad {
		return 3
	}
	return 2
}

// Rate is the learning rate.
func (o Adam) Rate() float64 { return orElse(o.LearningRate, .001) }

// Update moves weights.
func (o Adam) Update(u *Update) { adam(u, o, u.decayed(o.WeightDecay), 1) }

func adam(u *Update, o Adam, l2, shrink float64) {
	u.rates = compute.Rates{LR: u.LR, L2: l2, Shrink: shrink, Beta1: orElse(o.Beta1, .9), Beta2: orElse(o.Beta2, .999), Eps: orElse(o.Eps, 1e-8), Step: float64(u.Step)}
	rule := compute.Adam
	if o.AMSGrad {
		rule, u.rates.Most = compute.AMSGrad, u.Slots[2]
	}
	u.Engine.Update(rule, &u.rates, u.W, u.G, u.Slots[0], u.Slots[1])
}

// AdamW is Adam with weight decay apart from the gradients: weights shrink by LearningRate WeightDecay a step (Loshchilov and Hutter,
// ICLR 2019).
type AdamW struct {
	LearningRate float64 // 0: 0.001
	Beta1, Beta2 float64 // 0: 0.9 and 0.999
	Eps          float64 // 0: 1e-8
	WeightDecay  float64 // 0: 0.01, as in PyTorch; for none use Adam
	AMSGrad      bool
}

// Slots is 2, or 3 with AMSGrad.
func (o AdamW) Slots() int { return o.adam().Slots() }

func (o AdamW) adam() Adam {
	return Adam{LearningRate: o.LearningRate, Beta1: o.Beta1, Beta2: o.Beta2, Eps: o.Eps, AMSGrad: o.AMSGrad}
}

// Rate is the learning rate.
func (o AdamW) Rate() float64 { return orElse(o.LearningRate, .001) }

// Update moves weights.
func (o AdamW) Update(u *Update) {
	adam(u, o.adam(), 0, 1-float64(u.LR*u.decayed(orElse(o.WeightDecay, .01))))
}

// NAdam is Adam with Nesterov's momentum (Dozat, ICLR workshop 2016).
type NAdam struct {
	LearningRate  float64 // 0: 0.002
	Beta1, Beta2  float64 // 0: 0.9 and 0.999
	Eps           float64 // 0: 1e-8
	WeightDecay   float64 // as in Adam
	MomentumDecay float64 // 0: 0.004
}

// Slots is 2.
func (NAdam) Slots() int { return 2 }

// Rate is the learning rate.
func (o NAdam) Rate() float64 { return orElse(o.LearningRate, .002) }

// Update moves weights.
func (o NAdam) Update(u *Update) {
	b1, decay := orElse(o.Beta1, .9), orElse(o.MomentumDecay, .004)
	mu := func(t int) float64 { return b1 * (1 - float64(.5*math.Pow(.96, float64(t)*decay))) }
	product := 1.0
	for t := 1; t <= u.Step; t++ {
		product *= mu(t)
		if product < 1e-20 { // 1 less this is 1
			break
		}
	}
	u.rates = compute.Rates{LR: u.LR, L2: u.decayed(o.WeightDecay), Shrink: 1, Beta1: b1, Beta2: orElse(o.Beta2, .999), Eps: orElse(o.Eps, 1e-8),
		Step: float64(u.Step), Mu: mu(u.Step), MuNext: mu(u.Step + 1), Product: product}
	u.Engine.Update(compute.NAdam, &u.rates, u.W, u.G, u.Slots[0], u.Slots[1])
}

// RAdam is Adam whose adaptive step waits until its variance is known (Liu et al., ICLR 2020).
type RAdam struct {
	LearningRate float64 // 0: 0.001
	Beta1, Beta2 float64 // 0: 0.9 and 0.999
	Eps          float64 // 0: 1e-8
	WeightDecay  float64 // as in Adam
}

// Slots is 2.
func (RAdam) Slots() int { return 2 }

// Rate is the learning rate.
func (o RAdam) Rate() float64 { return orElse(o.LearningRate, .001) }

// Update moves weights.
func (o RAdam) Update(u *Update) {
	u.rates = compute.Rates{LR: u.LR, L2: u.decayed(o.WeightDecay), Shrink: 1, Beta1: orElse(o.Beta1, .9), Beta2: orElse(o.Beta2, .999), Eps: orElse(o.Eps, 1e-8), Step: float64(u.Step)}
	u.Engine.Update(compute.RAdam, &u.rates, u.W, u.G, u.Slots[0], u.Slots[1])
}

// RMSProp divides by the root of a running mean of squared gradients (Hinton's lecture 6 of 2012).
type RMSProp struct {
	LearningRate float64 // 0: 0.01
	Alpha        float64 // how much of the mean is kept. 0: 0.99
	Eps          float64 // 0: 1e-8
	Momentum     float64 // 0: none
	WeightDecay  float64 // as in SGD
}

// Slots is 1, or 2 with momentum.
func (o RMSProp) Slots() int {
	if o.Momentum == 0 {
		return 1
	}
	return 2
}

// Rate is the learning rate.
func (o RMSProp) Rate() float64 { return orElse(o.LearningRate, .01) }

// Update moves weights.
func (o RMSProp) Update(u *Update) {
	u.rates = compute.Rates{LR: u.LR, L2: u.decayed(o.WeightDecay), Beta1: o.Momentum, Beta2: orElse(o.Alpha, .99), Eps: orElse(o.Eps, 1e-8), Step: float64(u.Step)}
	u.Engine.Update(compute.RMSProp, &u.rates, u.W, u.G, u.Slots[1], u.Slots[0])
}

// Adagrad divides by the root of the sum of squared gradients (Duchi et al., JMLR 12 (2011)).
type Adagrad struct {
	LearningRate float64 // 0: 0.01
	Eps          float64 // 0: 1e-10
	WeightDecay  float64 // as in SGD
}

// Slots is 1.
func (Adagrad) Slots() int { return 1 }

// Rate is the learning rate.
func (o Adagrad) Rate() float64 { return orElse(o.LearningRate, .01) }

// Update moves weights.
func (o Adagrad) Update(u *Update) {
	u.rates = compute.Rates{LR: u.LR, L2: u.decayed(o.WeightDecay), Eps: orElse(o.Eps, 1e-10), Step: float64(u.Step)}
	u.Engine.Update(compute.Adagrad, &u.rates, u.W, u.G, compute.Buf{}, u.Slots[0])
}

// Adadelta scales steps by those of before (Zeiler, 2012).
type Adadelta struct {
	LearningRate float64 // 0: 1
	Rho          float64 // how much of the means is kept. 0: 0.9
	Eps          float64 // 0: 1e-6
	WeightDecay  float64 // as in SGD
}

// Slots is 2.
func (Adadelta) Slots() int { return 2 }

// Rate is the learning rate.
func (o Adadelta) Rate() float64 { return orElse(o.LearningRate, 1) }

// Update moves weights.
func (o Adadelta) Update(u *Update) {
	u.rates = compute.Rates{LR: u.LR, L2: u.decayed(o.WeightDecay), Beta2: orElse(o.Rho, .9), Eps: orElse(o.Eps, 1e-6), Step: float64(u.Step)}
	u.Engine.Update(compute.Adadelta, &u.rates, u.W, u.G, u.Slots[0], u.Slots[1])
}

// Lion moves every weight by the sign of a momentum alone (Chen et al., NeurIPS 2023).
type Lion struct {
	LearningRate float64 // 0: 0.0001
	Beta1, Beta2 float64 // 0: 0.9 and 0.99
	WeightDecay  float64 // decoupled, as in AdamW. 0: none
}

// Slots is 1.
func (Lion) Slots() int { return 1 }

// Rate is the learning rate.
func (o Lion) Rate() float64 { return orElse(o.LearningRate, .0001) }

// Update moves weights.
func (o Lion) Update(u *Update) {
	u.rates = compute.Rates{LR: u.LR, Shrink: 1 - float64(u.LR*u.decayed(o.WeightDecay)), Beta1: orElse(o.Beta1, .9), Beta2: orElse(o.Beta2, .99), Step: float64(u.Step)}
	u.Engine.Update(compute.Lion, &u.rates, u.W, u.G, u.Slots[0], compute.Buf{})
}

// LAMB is Adam whose steps are scaled, parameter by parameter, to the norm of the weights (You et al., ICLR 2020): for large batches.
type LAMB struct {
	LearningRate float64 // 0: 0.001
	Beta1, Beta2 float64 // 0: 0.9 and 0.999
	Eps          float64 // 0: 1e-6
	WeightDecay  float64 // added to the direction. 0: none
}

// Slots is 2.
func (LAMB) Slots() int { return 2 }

// Rate is the learning rate.
func (o LAMB) Rate() float64 { return orElse(o.LearningRate, .001) }

// PerParam says that every parameter is a stretch.
func (LAMB) PerParam() {}

// Update moves weights.
func (o LAMB) Update(u *Update) {
	u.rates = compute.Rates{LR: u.LR, L2: u.decayed(o.WeightDecay), Beta1: orElse(o.Beta1, .9), Beta2: orElse(o.Beta2, .999), Eps: orElse(o.Eps, 1e-6), Step: float64(u.Step)}
	u.Engine.Update(compute.LAMB, &u.rates, u.W, u.G, u.Slots[0], u.Slots[1])
	w, d := math.Sqrt(u.Engine.SumSq(u.W)), math.Sqrt(u.Engine.SumSq(u.G))
	trust := 1.0
	if w > 0 && d > 0 {
		trust = w / d
	}
	u.Engine.Axpby(-u.LR*trust, u.G, 1, u.W)
}

// checkOptimizer refuses settings that mean nothing.
func checkOptimizer(where string, o Optimizer) error {
	if !(o.Rate() > 0) || math.IsInf(o.Rate(), 0) {
		return ml.BadConfig(where, "Optimizer.LearningRate", o.Rate(), "> 0")
	}
	return nil
}
