package decomp

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// CoherenceMeasure is what [Coherence] makes of how often two words share a document.
type CoherenceMeasure uint8

const (
	// UMass is the mean over pairs of log((documents with both words + 1) / (documents with the earlier one)): 0 at the most, near it where words go together (Mimno et al., EMNLP 2011). The zero value.
	UMass CoherenceMeasure = iota
	// NPMI is the mean normalised pointwise mutual information, -1 for words that never meet, 0 for those that meet by chance, 1 for those that always do (Lau, Newman and Baldwin, EACL 2014).
	NPMI
)

// String returns the name.
func (m CoherenceMeasure) String() string {
	names := [...]string{"UMass", "NPMI"}
	if int(m) < len(names) {
		return names[m]
	}
	return fmt.Sprintf("CoherenceMeasure(%d)", uint8(m))
}

// Coherence says for each topic how well its top words, columns of x with the most telling first, go together in the documents of x, rows of counts: the larger, the more a reader will find it to be one topic. A word is in a
// document where its count is above 0. A topic of fewer than two words, or one with a word that no document holds (UMass: an earlier word), has NaN. x may hold other documents than those of the fit. It takes O(nonzeros +
// rows · topics · words²) at the most.
func Coherence(topics [][]int, x tensor.Matrix, measure CoherenceMeasure) ([]float64, error) {
	const where = "decomp.Coherence"
	if measure > NPMI {
		return nil, ml.BadConfig(where, "measure", measure, "one of the constants")
	}
	if err := (ml.Table{X: x}).Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	r := rows.Of(x)
	n, p := r.Dims()
	at := make([]int, p) // of each word that is looked at, its place plus 1
	words := 0
	for k, top := range topics {
		for i, j := range top {
			if j < 0 || j >= p {
				return nil, ml.BadShape(where, fmt.Sprintf("topics[%d][%d]", k, i), fmt.Sprintf("column %d", j), fmt.Sprintf("0 to %d", p-1))
			}
			if at[j] == 0 {
				words++
				at[j] = words
			}
		}
	}
	alone, both := make([]float64, words), make([][]float64, len(topics))
	for k, top := range topics {
		both[k] = make([]float64, len(top)*len(top))
	}
	in := make([]bool, words)
	var buf rows.Entries
	for i := range n {
		cols, vals := r.NZ(i, &buf)
		any := false
		for a, j := range cols {
			if vals[a] > 0 && at[j] > 0 {
				in[at[j]-1], any = true, true
				alone[at[j]-1]++
			}
		}
		if !any {
			continue
		}
		for k, top := range topics {
			for a, word := range top {
				if !in[at[word]-1] {
					continue
				}
				for b, other := range top[:a] {
					if in[at[other]-1] {
						both[k][a*len(top)+b]++
					}
				}
			}
		}
		clear(in)
	}
	out := make([]float64, len(topics))
	for k, top := range topics {
		sum, pairs := 0.0, 0
		for a, word := range top {
			for b, other := range top[:a] {
				together, one, two := both[k][a*len(top)+b], alone[at[word]-1], alone[at[other]-1]
				pairs++
				switch {
				case measure == UMass:
					sum += math.Log((together + 1) / two)
				case one == 0 || two == 0:
					sum = math.NaN()
				case together == 0:
					sum--
				case together == float64(n):
					sum++ // both are everywhere
				default:
					sum += math.Log(together*float64(n)/(one*two)) / -math.Log(together/float64(n))
				}
			}
		}
		if out[k] = sum / float64(pairs); math.IsInf(out[k], 0) {
			out[k] = math.NaN()
		}
	}
	return out, nil
}
