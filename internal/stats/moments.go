package stats

import "math"

// Moments are the weight, mean and central moments of numbers seen one by one, or merged (Pébay, Sandia report SAND2008-6212): no digits are
// lost to a large mean. The zero value has seen nothing. A number of weight k counts as k numbers.
type Moments struct {
	Weight, Mean float64
	m2, m3, m4   float64
}

// Add sees x with a weight >= 0.
func (m *Moments) Add(x, weight float64) {
	if weight > 0 {
		m.Merge(Moments{Weight: weight, Mean: x})
	}
}

// Merge sees what another has seen.
func (m *Moments) Merge(o Moments) {
	switch {
	case o.Weight == 0:
		return
	case m.Weight == 0:
		*m = o
		return
	}
	n := m.Weight + o.Weight
	d := o.Mean - m.Mean
	a, b := m.Weight/n, o.Weight/n
	dd := d * d
	m4 := m.m4 + o.m4 + dd*dd*n*a*b*(a*a-a*b+b*b) + 6*dd*(a*a*o.m2+b*b*m.m2) + 4*d*(a*o.m3-b*m.m3)
	m3 := m.m3 + o.m3 + d*dd*n*a*b*(a-b) + 3*d*(a*o.m2-b*m.m2)
	m.m2 += o.m2 + dd*n*a*b
	m.m3, m.m4 = m3, m4
	m.Mean += d * b
	m.Weight = n
}

// Variance is the sum of squares about the mean over Weight - lost, NaN unless that is positive: lost 0 for the variance of what was seen, 1
// for the unbiased estimate of where it came from.
func (m *Moments) Variance(lost float64) float64 {
	if !(m.Weight > lost) {
		return math.NaN()
	}
	return m.m2 / (m.Weight - lost)
}

// Skewness is the third central moment over the 3/2 power of the second, NaN for a constant.
func (m *Moments) Skewness() float64 {
	return m.m3 / m.Weight / math.Pow(m.m2/m.Weight, 1.5)
}

// Kurtosis is the excess over a normal's: the fourth central moment over the square of the second, less 3; NaN for a constant.
func (m *Moments) Kurtosis() float64 {
	return m.m4*m.Weight/(m.m2*m.m2) - 3
}

// CoMoments are the weight, means and products about the means of rows of numbers, seen one by one or merged.
type CoMoments struct {
	Weight  float64
	Mean    []float64
	Product []float64 // Σ w (x_i - mean_i)(x_j - mean_j), row-major, both halves
	tmp     []float64
}

// NewCoMoments has seen nothing of rows of p numbers.
func NewCoMoments(p int) *CoMoments {
	return &CoMoments{Mean: make([]float64, p), Product: make([]float64, p*p), tmp: make([]float64, p)}
}

// Add sees a row with a weight >= 0.
func (c *CoMoments) Add(row []float64, weight float64) {
	if weight > 0 {
		c.join(weight, row, nil)
	}
}

// Merge sees what another has seen.
func (c *CoMoments) Merge(o *CoMoments) {
	if o.Weight > 0 {
		c.join(o.Weight, o.Mean, o.Product)
	}
}

func (c *CoMoments) join(weight float64, mean, product []float64) {
	n := c.Weight + weight
	share := weight / n
	for j, v := range mean {
		c.tmp[j] = v - c.Mean[j]
		c.Mean[j] += c.tmp[j] * share
	}
	p := len(mean)
	for i, a := range c.tmp {
		row := c.Product[i*p : (i+1)*p]
		for j, b := range c.tmp {
			row[j] += a * b * (c.Weight * share)
			if product != nil {
				row[j] += product[i*p+j]
			}
		}
	}
	c.Weight = n
}

// Covariance writes Product over Weight - lost, as Moments.Variance does.
func (c *CoMoments) Covariance(dst []float64, lost float64) {
	for i, v := range c.Product {
		dst[i] = math.NaN()
		if c.Weight > lost {
			dst[i] = v / (c.Weight - lost)
		}
	}
}
