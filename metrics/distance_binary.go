package metrics

// Distances of rows of yes and no, where a number that is not 0 is a yes. JaccardDistance and Hamming belong to them.

// yeses counts the columns where both rows say yes, and where only one does.
func yeses(x, y []float64) (both, onlyX, onlyY float64) {
	y = y[:len(x)]
	for i, v := range x {
		switch a, b := v != 0, y[i] != 0; {
		case a && b:
			both++
		case a:
			onlyX++
		case b:
			onlyY++
		}
	}
	return both, onlyX, onlyY
}

// DiceDistance is the columns where the rows differ over those that a yes is in, counted for each row: 1 minus the F1 of the yeses. Of two rows of zeros it is 0.
type DiceDistance struct{}

// Between implements Distance.
func (DiceDistance) Between(x, y []float64) float64 {
	both, a, b := yeses(x, y)
	return ratio(a+b, 2*both+a+b, 0)
}

// RogersTanimoto is the share of columns that differ, those counted twice. Sokal and Michener's distance is the same.
type RogersTanimoto struct{}

// Triangle says that it keeps the triangle inequality.
func (RogersTanimoto) Triangle() bool { return true }

// Between implements Distance.
func (RogersTanimoto) Between(x, y []float64) float64 {
	_, a, b := yeses(x, y)
	return ratio(2*(a+b), float64(len(x))+a+b, 0)
}

// RussellRao is the share of columns without a yes of both rows: a row need not be at 0 from itself.
type RussellRao struct{}

// Triangle says that it keeps the triangle inequality.
func (RussellRao) Triangle() bool { return true }

// Between implements Distance.
func (RussellRao) Between(x, y []float64) float64 {
	both, _, _ := yeses(x, y)
	return ratio(float64(len(x))-both, float64(len(x)), 0)
}

// SokalSneath is the share of columns that differ among those with a yes, those counted twice. Of two rows of zeros it is 0.
type SokalSneath struct{}

// Triangle says that it keeps the triangle inequality.
func (SokalSneath) Triangle() bool { return true }

// Between implements Distance.
func (SokalSneath) Between(x, y []float64) float64 {
	both, a, b := yeses(x, y)
	return ratio(2*(a+b), both+2*(a+b), 0)
}

// Yule is 1 minus Yule's Q, 0 to 2: with the odds of agreement, 2bc/(ad+bc). It is 0 where one of the rows has no yes that the other lacks.
type Yule struct{}

// Between implements Distance.
func (Yule) Between(x, y []float64) float64 {
	both, a, b := yeses(x, y)
	if a*b == 0 {
		return 0
	}
	return 2 * a * b / (both*(float64(len(x))-both-a-b) + a*b)
}
