package bayes

import "github.com/gopherwood-ml/ml"

func init() {
	ml.Register[GaussianNB]("bayes.GaussianNB")
	ml.Register[MultinomialNB]("bayes.MultinomialNB")
	ml.Register[ComplementNB]("bayes.ComplementNB")
	ml.Register[BernoulliNB]("bayes.BernoulliNB")
	ml.Register[PoissonNB]("bayes.PoissonNB")
	ml.Register[CategoricalNB]("bayes.CategoricalNB")
	ml.Register[MixedNB]("bayes.MixedNB")
	ml.Register[LDA]("bayes.LDA")
	ml.Register[QDA]("bayes.QDA")
	ml.Register[RDA]("bayes.RDA")
	ml.Register[*LDAModel]("bayes.LDAModel")
	ml.Register[*QDAModel]("bayes.QDAModel")
	ml.Register[*MixedModel]("bayes.MixedModel")
	ml.Register[*GaussianModel]("bayes.GaussianModel")
	ml.Register[*CountModel]("bayes.CountModel")
	ml.Register[*CategoricalModel]("bayes.CategoricalModel")
}
