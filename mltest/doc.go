// Package mltest checks that an estimator obeys the laws every estimator of this library obeys: the same bytes from the
// same data, errors in place of panics, weights that count, files that load, fits that can be cancelled. One line in a
// test runs them all:
//
//	func TestLaws(t *testing.T) {
//		mltest.Regressor(t, Huber{Alpha: 1})
//	}
package mltest
