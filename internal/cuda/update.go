//go:build cuda

package cuda

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// Update works out in float64 what is the same for all weights.
func (e *engine) Update(r compute.Rule, p *compute.Rates, w, g, m, v compute.Buf) {
	n := int64(w.Len())
	if n == 0 {
		return
	}
	run := func(kernel string, args ...any) { e.launch(kernel, blocksFor(int(n)), blockThreads, 0, args...) }
	f := func(x float64) float32 { return float32(x) }
	b1, b2 := 1-math.Pow(p.Beta1, p.Step), 1-math.Pow(p.Beta2, p.Step)
	fresh, keep2, fresh2, root := f(1-p.Beta1), f(p.Beta2), f(1-p.Beta2), f(1/math.Sqrt(b2))
	lr, l2, shrink, eps := f(p.LR), f(p.L2), f(p.Shrink), f(p.Eps)
	switch r {
	case compute.SGD:
		keep := f(p.Fresh)
		if p.Step == 1 {
			keep = 1
		}
		run("update_sgd", w, g, m, n, lr, l2, f(1-p.LR*p.L2), f(p.Beta1), keep, flag(p.Nesterov))
	case compute.Adam:
		run("update_adam", w, g, m, v, compute.Buf{}, n, l2, shrink, fresh, keep2, fresh2, f(p.LR/b1), root, eps)
	case compute.AMSGrad:
		run("update_adam", w, g, m, v, p.Most, n, l2, shrink, fresh, keep2, fresh2, f(p.LR/b1), root, eps)
	case compute.NAdam:
		run("update_nadam", w, g, m, v, n, l2, shrink, fresh, keep2, fresh2, f(p.LR*(1-p.Mu)/(1-p.Product)),
			f(p.LR*p.MuNext/(1-p.Product*p.MuNext)), root, eps)
	case compute.RAdam:
		rate, adapt := p.LR/b1, false
		longest := 2/(1-p.Beta2) - 1
		if length := longest - 2*p.Step*(1-b2)/b2; length > 5 {
			rate *= math.Sqrt((length-4)*(length-2)*longest/((longest-4)*(longest-2)*length)) * math.Sqrt(b2)
			adapt = true
		}
		run("update_radam", w, g, m, v, n, l2, shrink, fresh, keep2, fresh2, f(rate), eps, flag(adapt))
	case compute.LAMB:
		run("update_lamb", w, g, m, v, n, l2, fresh, keep2, fresh2, f(1/b1), root, eps)
	case compute.RMSProp:
		run("update_rmsprop", w, g, m, v, n, lr, l2, f(p.Beta1), keep2, fresh2, eps)
	case compute.Adagrad:
		run("update_adagrad", w, g, v, n, lr, l2, eps)
	case compute.Adadelta:
		run("update_adadelta", w, g, m, v, n, lr, l2, keep2, fresh2, eps)
	case compute.Lion:
		run("update_lion", w, g, m, n, lr, shrink, f(p.Beta1), fresh, keep2, fresh2)
	}
}
