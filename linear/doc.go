// Package linear holds linear models: least squares, ridge and logistic regression.
package linear
