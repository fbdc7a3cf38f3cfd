package linear

import "testing"

func BenchmarkPredict5000x10(b *testing.B) {
	d := regression(5000, 10)
	m, err := OLS{}.Fit(ctx, d)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := m.Predict(d.X); err != nil {
			b.Fatal(err)
		}
	}
}
