package compute

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// Rule is how weights follow gradients. nn's optimisers say where each comes from; the arithmetic is PyTorch's, in its order.
type Rule uint8

// The rules, with what their slots m and v hold.
const (
	SGD      Rule = iota // m: momentum, where there is any
	Adam                 // m, v: moments
	AMSGrad              // m, v, the largest v in Rates.Most
	NAdam                // m, v
	RAdam                // m, v
	RMSProp              // v: mean square; m: momentum, where there is any
	Adagrad              // v: sum of squares
	Adadelta             // v: mean square of gradients, m: of steps
	Lion                 // m: momentum
	LAMB                 // m, v: moments. w does not move: g becomes the direction
)

// Rates are the numbers of one step. A rule reads those it names.
type Rates struct {
	LR           float64 // step size
	L2           float64 // this times the weight is added to the gradient; LAMB: to the direction
	Shrink       float64 // weights are scaled by this first: decoupled decay
	Beta1, Beta2 float64 // moments; momentum in Beta1
	Fresh        float64 // SGD: the share of the gradient in the momentum, 1 - dampening
	Eps          float64
	Step         float64 // from 1
	Nesterov     bool
	Mu, MuNext   float64 // NAdam: this step's momentum and the next one's, with their products so far
	Product      float64
	Most         Buf
}

func (e cpu[T]) Update(r Rule, p *Rates, w, g, m, v Buf) {
	ws, gs, ms, vs, most := Floats[T](w), Floats[T](g), Floats[T](m), Floats[T](v), Floats[T](p.Most)
	if small(len(ws), 2) {
		update(r, p, ws, gs, ms, vs, most)
		return
	}
	rowsTogether(len(ws), 2, func(lo, hi int) {
		update(r, p, ws[lo:hi], gs[lo:hi], part(ms, lo, hi), part(vs, lo, hi), part(most, lo, hi))
	})
}

func update[T Float](r Rule, p *Rates, w, g, m, v, most []T) {
	b1, b2 := 1-math.Pow(p.Beta1, p.Step), 1-math.Pow(p.Beta2, p.Step)
	switch r {
	case SGD:
		descend(p, w, g, m)
	case Adam:
		rates := kern.AdamRates[T]{L2: T(p.L2), Fresh: T(1 - p.Beta1), Keep2: T(p.Beta2), Fresh2: T(1 - p.Beta2), Shrink: T(p.Shrink),
			Rate: T(p.LR / b1), Scale: T(1 / math.Sqrt(b2)), Eps: T(p.Eps)}
		kern.Adam(&rates, w, g, m, v)
	case RMSProp:
		for i := range w {
			d := g[i] + T(T(p.L2)*w[i])
			v[i] = T(T(p.Beta2)*v[i]) + T(T(1-p.Beta2)*T(d*d))
			d /= T(math.Sqrt(float64(v[i]))) + T(p.Eps)
			if len(m) > 0 {
				m[i] = T(T(p.Beta1)*m[i]) + d
				d = m[i]
			}
			w[i] -= T(T(p.LR) * d)
		}
	case Adagrad:
		for i := range w {
			d := g[i] + T(T(p.L2)*w[i])
			v[i] += T(d * d)
			w[i] -= T(T(p.LR) * d / (T(math.Sqrt(float64(v[i]))) + T(p.Eps)))
		}
	case Adadelta:
		for i := range w {
			d := g[i] + T(T(p.L2)*w[i])
			v[i] = T(T(p.Beta2)*v[i]) + T(T(1-p.Beta2)*T(d*d))
			d *= T(math.Sqrt(float64(m[i]+T(p.Eps)))) / T(math.Sqrt(float64(v[i]+T(p.Eps))))
			m[i] = T(T(p.Beta2)*m[i]) + T(T(1-p.Beta2)*T(d*d))
			w[i] -= T(T(p.LR) * d)
		}
	case Lion:
		for i := range w {
			d := T(T(p.Beta1)*m[i]) + T(T(1-p.Beta1)*g[i])
			m[i] = T(T(p.Beta2)*m[i]) + T(T(1-p.Beta2)*g[i])
			w[i] = T(w[i] * T(p.Shrink)) // rounded: this is not to be fused with what follows
			switch {
			case d > 0:
				w[i] -= T(p.LR)
			case d < 0:
				w[i] += T(p.LR)
			case d != d:
				w[i] = d
			}
		}
	default:
		moments(r, p, b1, b2, w, g, m, v, most)
	}
}

// descend is gradient descent with momentum, plain or Nesterov's. The momentum starts as the first gradient, undamped.
func descend[T Float](p *Rates, w, g, m []T) {
	if len(m) == 0 {
		if p.L2 != 0 {
			kern.Scal(T(1-float64(p.LR*p.L2)), w, w)
		}
		kern.Axpy(T(-p.LR), g, w)
		return
	}
	fresh := T(p.Fresh)
	if p.Step == 1 {
		fresh = 1
	}
	for i := range w {
		d := g[i] + T(T(p.L2)*w[i])
		m[i] = T(T(p.Beta1)*m[i]) + T(fresh*d)
		if p.Nesterov {
			d += T(T(p.Beta1) * m[i])
		} else {
			d = m[i]
		}
		w[i] -= T(T(p.LR) * d)
	}
}

// moments is for the relatives of Adam.
func moments[T Float](r Rule, p *Rates, b1, b2 float64, w, g, m, v, most []T) {
	// RAdam (Liu et al., ICLR 2020): the variance of the adaptive rate is rectified once it can be.
	longest := 2/(1-p.Beta2) - 1
	length := longest - 2*p.Step*(1-b2)/b2
	rect := math.Sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length))
	for i := range w {
		d := g[i]
		if r != LAMB {
			d += T(T(p.L2) * w[i])
			w[i] = T(w[i] * T(p.Shrink))
		}
		m[i] += T(T(1-p.Beta1) * (d - m[i]))
		v[i] = T(T(p.Beta2)*v[i]) + T(T(1-p.Beta2)*T(d*d))
		root := float64(v[i])
		if r == AMSGrad {
			most[i] = max(most[i], v[i])
			root = float64(most[i])
		}
		scaled := math.Sqrt(root) / math.Sqrt(b2)
		switch r {
		case AMSGrad:
			w[i] -= T(p.LR / b1 * float64(m[i]) / (scaled + p.Eps))
		case NAdam: // Dozat, ICLR workshop 2016: the momentum of the next step is used already
			by := scaled + p.Eps
			w[i] -= T(p.LR * (1 - p.Mu) / (1 - p.Product) * float64(d) / by)
			w[i] -= T(p.LR * p.MuNext / (1 - float64(p.Product*p.MuNext)) * float64(m[i]) / by)
		case RAdam:
			if length > 5 {
				w[i] -= T(p.LR * float64(m[i]) / b1 * rect * math.Sqrt(b2) / (math.Sqrt(root) + p.Eps))
			} else {
				w[i] -= T(p.LR * float64(m[i]) / b1)
			}
		case LAMB:
			g[i] = T(float64(m[i])/b1/(scaled+p.Eps)) + T(T(p.L2)*w[i])
		}
	}
}
