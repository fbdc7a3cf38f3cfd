package ensemble_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gopherwood-ml/ml"
)

// band is what another library scores over twenty seeds.
type band struct{ Mean, SD float64 }

type columnBands struct{ Mean, SD []float64 }

// thirds parts every third row from the others.
func thirds[Y any](d ml.Dataset[Y]) (train, test ml.Dataset[Y]) {
	var a, b []int
	for i := range d.Rows() {
		if i%3 == 0 {
			b = append(b, i)
		} else {
			a = append(a, i)
		}
	}
	return d.Select(a), d.Select(b)
}

// agree compares the means over twenty seeds, each with the standard error of twenty.
func agree(t *testing.T, what string, got []float64, mean, sd float64) {
	t.Helper()
	agreeTo(t, what, got, mean, sd, 1e-9)
}

// agreeTo is agree where the means may differ by some amount beside the noise.
func agreeTo(t *testing.T, what string, got []float64, mean, sd, beside float64) {
	t.Helper()
	sum, squares := 0.0, 0.0
	for _, v := range got {
		sum += v
	}
	own := sum / float64(len(got))
	for _, v := range got {
		squares += (v - own) * (v - own)
	}
	own2 := squares / float64(len(got)-1)
	noise := math.Sqrt((own2 + sd*sd) / float64(len(got)))
	assert.InDelta(t, mean, own, 4*noise+beside, what)
}
