package features

import (
	"bufio"
	"context"
	"os"
	"strings"
	"testing"
)

// BenchmarkTfidf reads the texts that the performance notes measure, if $BENCHDATA has them, and else repeats a few.
func BenchmarkTfidf(b *testing.B) {
	texts := benchTexts(b)
	m, err := TfidfVectorizer{}.Fit(context.Background(), texts)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("fit", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := (TfidfVectorizer{}).FitTransform(context.Background(), texts); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("transform", func(b *testing.B) {
		for b.Loop() {
			if _, err := m.Transform(texts); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("row", func(b *testing.B) {
		b.ReportAllocs()
		var cols []int32
		var vals []float64
		i := 0
		for b.Loop() {
			i = (i + 1) % 256
			cols, vals = m.AppendRow(cols[:0], vals[:0], texts[i])
		}
	})
}

func benchTexts(b *testing.B) []string {
	f, err := os.Open(os.Getenv("BENCHDATA") + "/docs20k.txt")
	if err != nil {
		return strings.Split(strings.Repeat("The quick brown fox, jumps over the lazy dog and many a word more.\n", 20_000), "\n")
	}
	defer f.Close()
	var texts []string
	for s := bufio.NewScanner(f); s.Scan(); {
		texts = append(texts, s.Text())
	}
	return texts
}
