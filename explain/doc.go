// Package explain says why a model answered as it did.
//
//	x, err := explain.TreeSHAP{}.For(model)          // any model made of trees: trained here, or an XGBoost or LightGBM file
//	why, err := x.Explain(ctx, rows)                 // how much each column moved each row's answer
//	text, err := why.Text(0, 0, 3)                   // the top three reasons of row 0, in words
//	mean, err := why.Importance(0)                   // what moves the answers on the whole
//	pairs, err := x.Interactions(ctx, rows)          // which columns matter together
//
// # Which values
//
// A value says how much a column moved the answer for this row away from the base, the answer for a row of which nothing is known. What "not known" means is a
// choice, and the two choices give different values:
//
//   - Without a background, a column that is not known is averaged over as the training rows were split: the values are "path dependent", they follow what goes
//     together in the data, and a column that the model does not use directly gets nothing, but one that stands for others may get their share.
//   - With a Background, it has the value of another row, and the values are averages over the rows of the background: they say what the model does with the columns it
//     is given ("interventional"), whatever goes together.
//
// Both explain raw scores: margins and log-odds for boosted classifiers, the values themselves for regression and for forests of probabilities. A missing number is a value
// like any other, and so is a category. Base plus the values is what the model answers, to the rounding of float64; [Explanation.Additivity] measures it.
//
// [Saabas] values cost less and mean less. [PathText] tells the way of a row through one tree.
//
// # Any model
//
// [ExactSHAP], [KernelSHAP], [PermutationSHAP] and [SamplingSHAP] explain whatever answers rows with numbers, against a background: [Values], [Proba] and [Margins] make a
// [Model] of a fitted one. Sampled values come with standard errors, can stop once these are small enough, and still add up. [PartitionSHAP] lets columns that go together
// play as coalitions (Owen values), which [ClusterColumns] finds. [AdditiveSHAP] and [LinearSHAP] are exact and at once for models that are sums; the latter can take into
// account what goes together in the data. [IntegratedGradients] and [ExpectedGradients] explain models that know their slopes.
//
//	x, err := explain.KernelSHAP{Sampled: explain.Sampled{Background: ml.Table{X: hundred}}}.For(explain.Proba(model))
//
// [Importance] measures what a score loses without a column; [PartialDependence] what the model answers as a column changes,
// and [HStatistic] how much of that depends on other columns; both are exact and fast for trees (OfTrees).
// [AccumulatedEffects] ask for no answer far from the data, where columns depend on each other.
//
// # In place of the model
//
// [SurrogateTree] fits a small tree to what a model answers, everywhere or near a row, so that its rules can be read in place of the model's, and says how true they are. [LIME] fits a line near a row, and [LIMEText]
// near a text: both say how well it fits, and how much of it comes out again with other draws.
//
//	rules, err := explain.SurrogateTree{}.Of(ctx, explain.Values(model), 0, train.Table)
//	near, err := explain.LIME{Background: train.Table}.Of(ctx, explain.Proba(model), row, 1)
//	fmt.Print(near)                                  // answer, R2, stability, and the weights of what holds in the row
//
// # What would have to be different
//
// [TreeCounterfactuals] finds the cheapest change of a row for which a model of trees answers otherwise, and proves that there is none cheaper.
//
//	better, err := explain.TreeCounterfactuals{Class: 1, Limits: []explain.Limit{{Column: age, Fixed: true}}, Data: train.Table}.Of(ctx, model, row)
//	text, err := better.Text(0) // income: 41000 instead of 30000
//
// # Through pipelines
//
// A pipeline's model sees one-hot columns and scaled numbers. [Through] explains in the columns that the pipeline was given; [Explanation.Sum] adds up columns that
// belong together.
//
// # Pictures
//
// Explanations draw themselves as SVG, which any browser shows: WriteWaterfall and WriteForce one row, WriteBar, WriteBeeswarm and WriteDependence many; partial dependence, effects,
// importances and local models have WriteSVG, and trees [tree.WriteSVG]. The module plot has them as PNG as well.
//
// # Sources
//
// Lundberg, Erion and Lee (2018), "Consistent individualized feature attribution for tree ensembles"; Lundberg and others (2020), "From local explanations to global
// understanding with explainable AI for trees"; Owen (1972) for the integral, Owen (1977) and Winter (1989) for coalitions; Strumbelj and Kononenko (2014) for sampled rows; Ribeiro, Singh and Guestrin (2016) for LIME and Visani and others (2022) for its stability; Zern, Broelemann and Kasneci (2023) and Nadel and Wettenstein (2024) for the background.
package explain
