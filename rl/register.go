package rl

import "github.com/gopherwood-ml/ml"

func init() {
	ml.Register[*TableModel]("rl.TableModel")
	ml.Register[EpsilonGreedy]("rl.EpsilonGreedy")
	ml.Register[Greedy]("rl.Greedy")
	ml.Register[Softmax]("rl.Softmax")
	ml.RegisterConfig[ValueIteration]("rl.ValueIteration")
}
