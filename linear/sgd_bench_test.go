package linear

import "testing"

func BenchmarkSGDClassifier90000x50(b *testing.B) {
	benchmarkFit(b, SGDClassifier{Loss: LogLoss{}}, classification(90_000, 50, 2))
}

func BenchmarkSGDClassifierTenClasses(b *testing.B) {
	benchmarkFit(b, SGDClassifier{}, classification(6000, 64, 10))
}

func BenchmarkLinearSVC90000x50(b *testing.B) {
	benchmarkFit(b, LinearSVC{}, classification(90_000, 50, 2))
}

func BenchmarkLinearSVCHinge9000x50(b *testing.B) {
	benchmarkFit(b, LinearSVC{Hinge: true}, classification(9000, 50, 2))
}
