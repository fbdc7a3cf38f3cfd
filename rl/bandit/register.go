package bandit

import "github.com/gopherwood-ml/ml"

func init() {
	ml.Register[EpsilonGreedy]("bandit.EpsilonGreedy")
	ml.Register[Softmax]("bandit.Softmax")
	ml.Register[Gradient]("bandit.Gradient")
	ml.Register[UCB1]("bandit.UCB1")
	ml.Register[UCBTuned]("bandit.UCBTuned")
	ml.Register[KLUCB]("bandit.KLUCB")
	ml.Register[SlidingWindowUCB]("bandit.SlidingWindowUCB")
	ml.Register[DiscountedUCB]("bandit.DiscountedUCB")
	ml.Register[ThompsonBeta]("bandit.ThompsonBeta")
	ml.Register[ThompsonGaussian]("bandit.ThompsonGaussian")
	ml.Register[BayesUCB]("bandit.BayesUCB")
	ml.Register[EXP3]("bandit.EXP3")
	ml.Register[EXP3IX]("bandit.EXP3IX")
	ml.Register[LinUCB]("bandit.LinUCB")
	ml.Register[HybridLinUCB]("bandit.HybridLinUCB")
	ml.Register[LinThompson]("bandit.LinThompson")
	ml.Register[LogisticThompson]("bandit.LogisticThompson")
	ml.Register[Bagging]("bandit.Bagging")
	ml.Register[SquareCB]("bandit.SquareCB")
	ml.Register[LinEpsilonGreedy]("bandit.LinEpsilonGreedy")
	ml.Register[*Snapshot]("bandit.Snapshot")
}
