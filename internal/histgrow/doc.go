// Package histgrow grows the trees of gradient boosting on binned columns.
//
//	b, err := histgrow.Bin(ctx, rows.Of(d.X), histgrow.BinOptions{})    // once
//	g, err := histgrow.New(b, histgrow.Config{MaxLeaves: 31, MinSamplesLeaf: 20, MinHessian: 1e-3})
//	for range rounds {
//		... grad[i], hess[i] of the loss at scores[i]
//		t, err := g.Grow(ctx, grad, hess, nil)                  // good until the next Grow
//		t.Scale(learningRate)
//		t.AddGrown(scores)                                        // the rows it was grown on
//		b.Add(t, scores, outOfBag)                                // any others
//	}
//
// # Bins
//
// A column is cut into bins, 255 at most unless asked for more, by LightGBM's rules: bins of about equal numbers of rows, a bin of its own for zero and for each frequent
// number, at least three rows of the sample in a bin, a last bin for the missing if there are any. So every row's bin says on which side of each
// threshold its number lies, and trees on bins are trees on numbers.
//
// Most columns are a byte of each row. Columns that are mostly zero share one where no two of them have a number in the same row, or, if there are many
// that few rows have, are lists; columns of more than 256 bins take two bytes. No tree depends on which it is. BinExact keeps the numbers themselves,
// in place of bins.
//
// # Exact sums
//
// First and second derivatives are turned into whole numbers before they are added up, so a sum is exact whatever the order of its terms: any
// number of threads, any order of rows, any CPU give the same tree, to the bit. Per tree, one of three forms is chosen:
//
//   - all second derivatives are 1 (hess nil): 30 bits for the first derivative, rounded to nearest;
//   - few rows (at most 32768), or heavy tails (the largest derivative above 512 times the root mean square of the first ones, or the mean of
//     the second ones): 30 bits for the first derivative, 30 for the second, fewer if there are more than 2^16 rows; rounded to nearest;
//   - otherwise 12 bits and a sign for the first and 11 for the second, rounded up or down at random with the probabilities that make the
//     expected sum right. The draw depends on seed, tree and row only. Leaf values are then computed again from the derivatives themselves.
//
// Units are powers of two, so a scaled problem gives the scaled tree. Counts of rows are exact in each form.
//
// # Growth
//
// The smaller child's histogram is counted, the other is the parent's minus that. Large nodes are counted by several goroutines; of middling ones
// several are split at once, those that are next in turn, which changes nothing in the tree; small ones stay on one. A Grower keeps its memory from
// tree to tree.
package histgrow
