package metrics

import "github.com/gopherwood-ml/ml/internal/compute"

// part is the rows of y that a filler makes ready, as compute asks for them.
type part struct {
	spec  compute.KernelSpec
	fill  filler
	write func(m int, x, dst []float64, ldd int) // of the filler; nil: not ready
}

// ready is p.fill where compute does what it does.
func (p *pairing) ready(n int, y []float64) func(m int, x, dst []float64, ldd int) {
	t := &part{spec: p.spec, fill: p.fill}
	t.spec.N, t.spec.Width, t.spec.Right = n, p.x.Cols(), y
	return func(m int, x, dst []float64, ldd int) { compute.Kernel(t, dst, ldd, x, m, nil) }
}

// Spec implements compute.KernelTask.
func (t *part) Spec() compute.KernelSpec { return t.spec }

// Left implements compute.KernelTask.
func (t *part) Left(dst, left []float64, m int) { copy(dst, left[:m*t.spec.Width]) }

// Host implements compute.KernelTask.
func (t *part) Host(dst []float64, ldd int, left []float64, m int, _ []float64) {
	if t.write == nil {
		t.write = t.fill(t.spec.N, t.spec.Right)
	}
	t.write(m, left, dst, ldd)
}

// Kept implements compute.KernelTask: y is looked at by this call alone.
func (t *part) Kept() *compute.Kept { return nil }

// distanceSpec says how a distance follows from squared ones, if it does.
func distanceSpec(d Distance) compute.KernelSpec {
	switch d := d.(type) {
	case SquaredEuclidean:
		return compute.KernelSpec{Kind: compute.LinearKernel, Gaps: true}
	case Euclidean:
		return compute.KernelSpec{Kind: compute.RootKernel, Gaps: true}
	case Minkowski:
		if d.P == 0 || d.P == 2 {
			return distanceSpec(Euclidean{})
		}
	}
	return compute.KernelSpec{}
}

// kernelSpec says how a kernel of rows of k columns follows from inner products or squared distances, if it does.
func kernelSpec(kernel Kernel, k int) compute.KernelSpec {
	switch kernel := kernel.(type) {
	case LinearKernel:
		return compute.KernelSpec{Kind: compute.LinearKernel}
	case PolynomialKernel:
		return compute.KernelSpec{Kind: compute.PolynomialKernel, Gamma: gammaOf(kernel.Gamma, k), Coef0: kernel.Coef0, Degree: kernel.degree()}
	case SigmoidKernel:
		return compute.KernelSpec{Kind: compute.SigmoidKernel, Gamma: gammaOf(kernel.Gamma, k), Coef0: kernel.Coef0}
	case RBF:
		return compute.KernelSpec{Kind: compute.ExpKernel, Gaps: true, Gamma: -gammaOf(kernel.Gamma, k)}
	}
	return compute.KernelSpec{}
}
