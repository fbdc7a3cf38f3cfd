package stats

// Spread sums up the covariance matrix S of N rows of P columns, divided by N, for the rules that say how far S is best drawn
// towards the identity times its mean variance: (1-a)·S + a·(Trace/P)·I.
type Spread struct {
	N      float64 // rows, or their weight
	P      int
	Trace  float64 // Σ S_jj
	Square float64 // Σ S_ij², over all pairs
	Fourth float64 // Σ |x - mean|⁴ over the rows; for LedoitWolf only
}

// LedoitWolf is the a that is asymptotically best in the Frobenius norm, whatever the distribution (Ledoit and Wolf, J. Multivariate
// Anal. 88 (2004)). It is 0 for a single column.
func (s Spread) LedoitWolf() float64 {
	p := float64(s.P)
	mean := s.Trace / p
	distance := s.Square - 2*mean*s.Trace + p*mean*mean // |S - mean·I|²
	noise := (s.Fourth/s.N - s.Square) / s.N
	if !(min(noise, distance) > 0) {
		return 0
	}
	return min(noise, distance) / distance
}

// OAS is the a that is about best for normal rows (Chen, Wiesel, Eldar and Hero, IEEE Trans. Signal Process. 58 (2010), equation
// 23, without its terms in 2/P, as scikit-learn has it). It is 0 for a single column.
func (s Spread) OAS() float64 {
	if s.P == 1 {
		return 0
	}
	p := float64(s.P)
	mean := s.Trace / p
	square := s.Square / (p * p)
	num, den := square+mean*mean, (s.N+1)*(square-mean*mean/p)
	if !(den > 0) {
		return 1
	}
	return min(num/den, 1)
}
