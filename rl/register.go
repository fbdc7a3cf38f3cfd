package rl

import "github.com/gopherwood-ml/ml"

func init() {
	ml.Register[*TableModel]("rl.TableModel")
	ml.Register[EpsilonGreedy]("rl.EpsilonGreedy")
	ml.Register[Greedy]("rl.Greedy")
	ml.Register[Softmax]("rl.Softmax")
	ml.Register[*HorizonModel]("rl.HorizonModel")
	ml.RegisterConfig[PolicyEvaluation]("rl.PolicyEvaluation")
	ml.RegisterConfig[ValueIteration]("rl.ValueIteration")
	ml.RegisterConfig[PolicyIteration]("rl.PolicyIteration")
	ml.RegisterConfig[ModifiedPolicyIteration]("rl.ModifiedPolicyIteration")
	ml.RegisterConfig[PrioritizedValueIteration]("rl.PrioritizedValueIteration")
	ml.RegisterConfig[LinearProgram]("rl.LinearProgram")
	ml.RegisterConfig[FiniteHorizon]("rl.FiniteHorizon")
	ml.RegisterConfig[AverageReward]("rl.AverageReward")
}
