package linear

import "testing"

func BenchmarkLasso10000x500(b *testing.B) {
	benchmarkFit(b, Lasso{Alpha: 0.1}, regression(10000, 500))
}
func BenchmarkLasso100x10000(b *testing.B) {
	benchmarkFit(b, Lasso{Alpha: 0.5}, regression(100, 10000))
}
