package bayes

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// Many rows at once give what each gives alone, to the bit, for two classes and more, a class without rows, and rows that lie apart.
func TestLinearScoresTogetherAndAlone(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, s := range [][3]int{{2, 3, 200}, {3, 17, 70}, {11, 5, 131}} {
		k, p, n := s[0], s[1], s[2]
		x, y := tensor.New[float64](n, p), make([]int, n)
		for i := range n {
			if y[i] = r.IntN(k); y[i] == 1 && k > 2 {
				y[i] = 0
			}
			for j := range p {
				x.Set(math.Abs(r.NormFloat64())+float64((y[i]+j)%3), i, j)
			}
		}
		d := ml.Data(x, y)
		d.Classes = slices.Repeat([]string{"c"}, k)
		for c := range d.Classes {
			d.Classes[c] += string(rune('a' + c))
		}
		lda, err := LDA{}.Fit(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		counts, err := MultinomialNB{}.Fit(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []interface {
			ml.Classifier
			ml.RowPredictor[int]
			ml.RowProba
			PredictLogProba(tensor.Matrix) (*tensor.Tensor[float64], error)
		}{lda, counts} {
			for _, q := range []tensor.Matrix{x, x.Cols(0, p), x.To32()} {
				codes, err := m.Predict(q)
				if err != nil {
					t.Fatal(err)
				}
				proba, err := m.PredictProba(q)
				if err != nil {
					t.Fatal(err)
				}
				logs, err := m.PredictLogProba(q)
				if err != nil {
					t.Fatal(err)
				}
				row, one := make([]float64, p), make([]float64, k)
				for i := range n {
					for j := range row {
						row[j] = q.At(i, j)
					}
					code, err := m.PredictRow(row)
					if err != nil || code != codes[i] {
						t.Fatalf("%T %v: row %d is %d alone, %d with others: %v", m, s, i, code, codes[i], err)
					}
					if err := m.ProbaRow(one, row); err != nil || !slices.Equal(one, proba.Row(i)) {
						t.Fatalf("%T %v: row %d is %v alone, %v with others: %v", m, s, i, one, proba.Row(i), err)
					}
					for c, v := range logs.Row(i) {
						if math.Abs(math.Exp(v)-one[c]) > 1e-13 {
							t.Fatalf("%T %v: row %d has the logarithms %v of %v", m, s, i, logs.Row(i), one)
						}
					}
				}
			}
		}
	}
}
