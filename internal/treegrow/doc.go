// Package treegrow grows decision trees by exact splits: every place between two neighbouring numbers of a column is tried.
//
//	cols, err := treegrow.Sort(ctx, rows.Of(d.X), categorical)       // once, for any number of trees on the same rows
//	nodes, err := treegrow.Grow(ctx, cols, treegrow.Classes(y, k), weight, params)
//
// Each column is sorted once. A node owns a range of the rows and the same range of every column, still in rising order, so that a
// split is found in one pass over a column, and a stable partition of every column makes the children's ranges. Subtrees that are
// small enough are copied into a compact form, 4 bytes for a number, and grown side by side.
//
// # Exact sums
//
// Targets and weights are turned into whole numbers of 40 bits or more before they are added up, so a sum is exact whatever the order
// of its terms. Two columns that divide a node alike therefore score alike to the bit, and the lower one wins; neither the order of the
// rows, nor the number of cores, nor the CPU can change a tree. A row of weight k is k rows, exactly, if all weights are whole numbers.
package treegrow
