package metrics

import "math"

// compared is a score of two partitions; NaN if the arguments do not belong together.
func compared(y, cluster []int, weight []float64, score func(*Contingency) float64) float64 {
	c, err := NewContingency(y, cluster, weight...)
	if err != nil {
		return math.NaN()
	}
	return score(c)
}

// RandIndex is the share of pairs of rows that are together or apart in both the classes and the clusters. Best 1.
func RandIndex(y, cluster []int, weight ...float64) float64 {
	return compared(y, cluster, weight, (*Contingency).Rand)
}

// ARI is the adjusted Rand index: see [Contingency.AdjustedRand]. Best 1, chance 0.
func ARI(y, cluster []int, weight ...float64) float64 {
	return compared(y, cluster, weight, (*Contingency).AdjustedRand)
}

// NMI is the mutual information over the mean entropy. Best 1; other means are in [Contingency.NormalizedMutualInformation].
func NMI(y, cluster []int, weight ...float64) float64 {
	return compared(y, cluster, weight, func(c *Contingency) float64 { return c.NormalizedMutualInformation(Arithmetic) })
}

// AMI is NMI adjusted for chance: see [Contingency.AdjustedMutualInformation]. Best 1, chance 0. NaN unless weights are whole numbers.
func AMI(y, cluster []int, weight ...float64) float64 {
	return compared(y, cluster, weight, func(c *Contingency) float64 { return c.AdjustedMutualInformation(Arithmetic) })
}

// VMeasure is the harmonic mean of [Contingency.Homogeneity] and [Contingency.Completeness]. Best 1.
func VMeasure(y, cluster []int, weight ...float64) float64 {
	return compared(y, cluster, weight, func(c *Contingency) float64 { return c.VMeasure(1) })
}

// FowlkesMallows is the geometric mean of precision and recall of pairs put together. Best 1.
func FowlkesMallows(y, cluster []int, weight ...float64) float64 {
	return compared(y, cluster, weight, (*Contingency).FowlkesMallows)
}

// Purity is the share of rows that are of the largest class of their cluster. Best 1.
func Purity(y, cluster []int, weight ...float64) float64 {
	return compared(y, cluster, weight, (*Contingency).Purity)
}

// VariationOfInformation is a distance of partitions, in nats. Best 0.
func VariationOfInformation(y, cluster []int, weight ...float64) float64 {
	return compared(y, cluster, weight, (*Contingency).VariationOfInformation)
}

// BCubedF1 is the harmonic mean of B-cubed precision and recall: see [Contingency.BCubed]. Best 1.
func BCubedF1(y, cluster []int, weight ...float64) float64 {
	return compared(y, cluster, weight, func(c *Contingency) float64 { _, _, f := c.BCubed(); return f })
}
