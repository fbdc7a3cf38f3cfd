package bayes_test

import (
	"math/rand/v2"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

// counts are rows of small whole numbers in three classes, a quarter of them zero.
func counts(levels int) ml.Dataset[int] {
	const n, p = 120, 5
	r := rand.New(rand.NewPCG(7, 7))
	x := tensor.New[float64](n, p)
	d := ml.Dataset[int]{Table: ml.Table{X: x, Weight: make([]float64, n)}, Y: make([]int, n)}
	for i := range n {
		d.Y[i] = r.IntN(3)
		d.Weight[i] = float64(1 + r.IntN(3))
		for j := range p {
			if r.IntN(4) > 0 {
				x.Set(float64((r.IntN(levels)+d.Y[i]*j)%levels), i, j)
			}
		}
	}
	return d
}

func TestGaussianLaws(t *testing.T) { mltest.Classifier(t, bayes.GaussianNB{}) }
func TestMultinomialLaws(t *testing.T) {
	mltest.Classifier(t, bayes.MultinomialNB{}, mltest.Data(counts(6)))
}
func TestComplementLaws(t *testing.T) {
	mltest.Classifier(t, bayes.ComplementNB{}, mltest.Data(counts(6)))
}
func TestComplementNormLaws(t *testing.T) {
	mltest.Classifier(t, bayes.ComplementNB{Norm: true}, mltest.Data(counts(6)))
}
func TestPoissonLaws(t *testing.T) {
	mltest.Classifier(t, bayes.PoissonNB{}, mltest.Data(counts(6)))
}
func TestBernoulliLaws(t *testing.T) { mltest.Classifier(t, bayes.BernoulliNB{}) }
func TestCategoricalLaws(t *testing.T) {
	mltest.Classifier(t, bayes.CategoricalNB{}, mltest.Data(counts(4)))
}

// mixed has categories in its first and last column.
func mixed() ml.Dataset[int] {
	d := counts(4)
	d.Columns = make([]ml.Column, 5)
	for j := range d.Columns {
		d.Columns[j].Name = string(rune('a' + j))
	}
	for _, j := range []int{0, 4} {
		d.Columns[j].Kind, d.Columns[j].Levels = ml.Categorical, []string{"p", "q", "r", "s"}
	}
	return d
}

func TestMixedLaws(t *testing.T) {
	mltest.Classifier(t, bayes.MixedNB{}, mltest.Data(mixed()))
}

func TestMixedOfNumbersLaws(t *testing.T) {
	mltest.Classifier(t, bayes.MixedNB{}, mltest.Data(counts(4)))
}
