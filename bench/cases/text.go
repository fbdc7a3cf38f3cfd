package cases

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/tensor"
)

func init() {
	Register(Case{Name: "TfidfVectorizer", Data: textSet, Vs: []string{"scikit-learn"}, Make: tfidfVectorizer})
}

// textSet is the set that holds texts, not arrays: a file of one document a line.
const textSet = "docs20k"

func openTexts(dir string) (*Data, error) {
	if dir == "" {
		return &Data{texts: drawTexts(20_000, 30_000)}, nil
	}
	b, err := os.ReadFile(filepath.Join(dir, textSet+".txt"))
	if err != nil {
		return nil, err
	}
	return &Data{texts: strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")}, nil
}

// drawTexts are documents of 30 to 200 words, few of which are frequent.
func drawTexts(n, vocabulary int) []string {
	const letters = "etaoinshrdlucmfwypvbgk"
	r := rand.New(rand.NewPCG(50, 0))
	words := make([]string, vocabulary)
	for i := range words {
		w := make([]byte, 3+r.IntN(8))
		for j := range w {
			w[j] = letters[r.IntN(len(letters))]
		}
		words[i] = string(w)
	}
	texts := make([]string, n)
	for i := range texts {
		doc := make([]string, 30+r.IntN(170))
		for j := range doc {
			doc[j] = words[int(float64(vocabulary)*math.Pow(r.Float64(), 4))]
		}
		half := len(doc) / 2
		texts[i] = fmt.Sprintf("%s, %s.", strings.Join(doc[:half], " "), strings.Join(doc[half:], " "))
	}
	return texts
}

// Texts returns the documents.
func (d *Data) Texts() []string { return d.texts }

func tfidfVectorizer(d *Data) (*Work, error) {
	texts := d.Texts()
	var m *features.VectorizerModel
	var x *tensor.CSR[float64]
	var cols []int32
	var vals []float64
	next := -1
	return &Work{
		Rows: len(texts), Columns: 1,
		Steps: []Step{
			step("fit", func() (err error) {
				m, x, err = features.TfidfVectorizer{}.FitTransform(context.Background(), texts)
				return err
			}).floor(sklearn, 0.1),
			step("predict", func() (err error) { x, err = m.Transform(texts); return err }).floor(sklearn, 0.1),
			step("row", func() error {
				next = (next + 1) % min(len(texts), 256)
				cols, vals = m.AppendRow(cols[:0], vals[:0], texts[next])
				return nil
			}).floor(sklearn, 0.05),
		},
		Score: func() (map[string]float64, error) {
			return map[string]float64{"nnz": float64(x.NNZ()), "columns": float64(len(m.Terms))}, nil
		},
	}, nil
}
