// Package bayes holds classifiers that model how each class makes its rows, and ask Bayes' rule which class a row comes from. The naive
// ones take the columns for independent within a class: [GaussianNB] for numbers, [MultinomialNB] and [ComplementNB] for counts such
// as the words of a text, [PoissonNB] for numbers of events, [BernoulliNB] for yes and no, [CategoricalNB] for categories, and
// [MixedNB] for tables of numbers and categories. Discriminant analysis knows how columns vary together: [LDA] with one covariance matrix
// for all classes, which also projects rows on the directions that separate them best, [QDA] with one for each, and [RDA] in between.
//
//	d := datasets.Iris()
//	train, test := selection.Split(d, 0.25, 1)
//	model, err := bayes.GaussianNB{}.Fit(ctx, train)        // *bayes.GaussianModel
//	pred, err := model.Predict(test.X)
//	p, err := model.PredictProba(test.X)                    // rows x classes, rows sum to 1
//	fmt.Println(model.Mean.Row(0), model.Var.Row(0))        // of the columns within class 0
//
// A fit is one pass over the data, so these are the baselines to beat, and the models for more data than fits: Update goes on with
// further rows and ends where a fit on all of them would have.
//
//	model, err := ml.FitStream(ctx, bayes.MultinomialNB{}, chunks) // declare Classes in the first chunk
//
// # Which one
//
// Independence is wrong for most data, so the probabilities are too sure of themselves while the classes are often right:
// calibrate them if they are to be used as such. For texts, ComplementNB is the better start where classes differ in size.
// Counts that were scaled to mean zero are no counts: MultinomialNB and ComplementNB refuse negative entries.
//
// Of the others, LDA has the fewest numbers to learn and comes first; QDA pays where classes differ in shape and have many rows
// for each column. With few rows for each column, shrink: LDA{AutoShrinkage: bayes.LedoitWolf}.
//
// # What they take
//
// X may be a tensor of float32 or float64, a gonum matrix or a CSR matrix, which is not densified. GaussianNB, BernoulliNB,
// CategoricalNB and MixedNB take NaN for a missing entry, which counts for no class. Row weights count as repetitions. There are no class
// weights: Priors say how probable the classes are. A class that is declared but has no row gets probability 0, whatever Priors say.
// Nothing is random, and the result does not depend on the number of cores.
package bayes
