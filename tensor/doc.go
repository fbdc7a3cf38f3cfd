// Package tensor holds the storage every estimator works on: dense arrays of any rank, sparse matrices, and the small
// interface Matrix that estimators accept.
package tensor
