// Package stats is the statistics below the estimators: sums that keep their digits (Exact, Compensated), moments that can be merged
// (Moments, CoMoments, LogSum), quantiles by name (Sample), and distributions with accurate tails (Normal, StudentT, ChiSquared, F, Gamma,
// Beta, Binomial, Poisson, NegativeBinomial). Weights count as repetitions throughout.
//
// The special functions are gonum's mathext where they are accurate; a test holds every distribution to mpmath's values, tails
// down to 1e-300 included. Binomial, beta and negative binomial tails lose digits where a probability is below about 1e-8.
package stats
