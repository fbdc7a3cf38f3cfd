package metrics

import "math"

// sum adds numbers and keeps what rounding took off, exactly (Knuth's two-sum): its error does not grow with their count (Neumaier, Zeitschrift für
// angewandte Mathematik und Mechanik 54, 1974).
type sum struct{ total, lost float64 }

func (s *sum) add(v float64) {
	t := s.total + v
	if !(math.Abs(t) <= math.MaxFloat64) {
		s.total, s.lost = t, 0
		return
	}
	part := t - s.total
	s.lost += (s.total - (t - part)) + (v - part)
	s.total = t
}

func (s *sum) join(o sum) {
	s.add(o.total)
	s.lost += o.lost
}

func (s sum) value() float64 { return s.total + s.lost }

// mean is a weighted mean under way.
type mean struct{ values, weights sum }

func (m *mean) add(v, weight float64) {
	m.values.add(float64(v * weight))
	m.weights.add(weight)
}

func (m mean) value() float64 { return m.values.value() / m.weights.value() }

func (m mean) join(o mean) mean {
	m.values.join(o.values)
	m.weights.join(o.weights)
	return m
}

// meanOf is the weighted mean of f over the n rows that are not absent.
func meanOf(n int, weight []float64, f func(i int) float64) float64 {
	var m mean
	for i := range n {
		if !absent(weight, i) {
			m.add(f(i), w(weight, i))
		}
	}
	return m.value()
}

// totalOf is how many rows there are, by weight.
func totalOf(n int, weight []float64) float64 {
	if len(weight) == 0 {
		return float64(n)
	}
	var s sum
	for _, w := range weight {
		s.add(w)
	}
	return s.value()
}
