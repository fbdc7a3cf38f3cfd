// Package datasets has small real data sets, embedded in the program, and seeded generators of any size.
//
// # Real data
//
// Iris, Wine, BreastCancer, Digits, Penguins and Titanic are classification problems (ml.Dataset[int]); Diabetes, Longley,
// Mtcars and AirPassengers are regressions (ml.Dataset[float64]), and Linnerud has three targets (ml.Dataset[[]float64]).
// X is a *tensor.Tensor[float64], columns and classes are named, categories are codes and missing cells NaN. Every call
// parses the embedded file anew, so the caller owns what it gets; the largest, Digits, takes a few milliseconds. The
// linker leaves out the files a program does not use. Each function states source and licence, NOTICE.md has
// them in full.
//
// # Generators
//
// A generator is a config value with a Make method, as an estimator is one with Fit. A zero field has the meaning its
// comment gives, a field out of range is an *ml.Error of kind ml.ErrConfig that names it, and so is a
// matrix of 2^31 numbers or more. Make never changes the config.
//
//	train, err := datasets.Classification{Rows: 1000, Features: 20, Informative: 5, Flip: 0.01, Seed: 1}.Make()
//	if err != nil {
//		return err
//	}
//	blobs, err := datasets.Blobs{Rows: 300, Centers: 3, Std: 0.5}.Make()     // ml.Dataset[int]
//	truth, err := datasets.Regression{Rows: 500, Noise: 2, Seed: 7}.Coef()   // what Make's y was made with
//	big, err := datasets.HiggsLike{Rows: 1_000_000}.Make()                   // 1M x 28
//
// What each one draws is given as a formula in its comment:
//
//   - classes: Classification, Multilabel, Blobs, Moons, Circles, Hastie, HiggsLike, ClickLike, SparseText
//   - numbers: Regression, RegressionMulti, Friedman1, Friedman2, Friedman3, SparseUncorrelated, RankingQueries
//   - shapes: SwissRoll, SCurve
//   - matrices: LowRank, SPD, SparseSPD, SparseCoded, Biclusters, Checkerboard
//
// The same config gives the same bytes for any GOMAXPROCS: parameters, order and each 512 rows have random streams of
// their own. The streams are not those of other libraries, so scikit-learn's generators of the same
// distribution draw other numbers. Rows are drawn in parallel, in O(rows x columns) unless a comment says otherwise.
package datasets
