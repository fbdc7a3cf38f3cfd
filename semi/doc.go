// Package semi learns from few labels.
package semi
