package datasets

import "testing"

func bench[D any](b *testing.B, g interface{ Make() (D, error) }) {
	for b.Loop() {
		if _, err := g.Make(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHiggsLike100k(b *testing.B)      { bench(b, HiggsLike{Rows: 100_000}) }
func BenchmarkClickLike100k(b *testing.B)      { bench(b, ClickLike{Rows: 100_000}) }
func BenchmarkSparseText10k(b *testing.B)      { bench(b, SparseText{Rows: 10_000}) }
func BenchmarkClassification100k(b *testing.B) { bench(b, Classification{Rows: 100_000}) }

func BenchmarkDigits(b *testing.B) {
	for b.Loop() {
		Digits()
	}
}

func BenchmarkIris(b *testing.B) {
	for b.Loop() {
		Iris()
	}
}
