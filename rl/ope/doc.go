// Package ope answers what a policy would have got from the log of another one, before it is let loose: off-policy evaluation.
//
//	events, err := bandit.ReadLog(file)
//	rounds := bandit.Rounds(events, nil)                       // or your own []ope.Round
//	est, err := ope.Evaluate(ctx, rounds, ope.Always("green"), ope.SNIPS{}, ope.Bootstrap{})
//	fmt.Println(est)                                           // value [lower, upper]
//
// What is judged is a [Policy]: probabilities for the candidates of a round. The log must have the propensity of each choice, the probability that it had; where a new policy
// does what the old one did rarely, few rounds speak for it (Estimate.Effective), and where it does what the old one never did, none
// (Estimate.Unsupported).
//
// # Which estimator
//
// [IPS] is unbiased and of large variance. [SNIPS] costs a small bias for much less of it, and needs nothing else. [DM] trusts a model of the rewards, and nothing tells when that is
// wrong. [DR] corrects the model by the weighted residuals: unbiased, and hardly ever worse than IPS. It is the default. [SwitchDR] trusts the model where weights are
// large, and [MRDR] fits it where errors would cost most. The model is any regressor, fitted crosswise: see [Regression].
//
// # Which interval
//
// [Normal] and [Bootstrap] hold for many rounds; [Bernstein] for any number, at the price of being wide.
//
// # Deploying
//
// A [Gate] lets a policy through if the lower bound of its lift over the one in place exceeds a margin:
//
//	v, err := ope.Gate{Margin: 0.01}.Compare(ctx, rounds, fresh, nil)
//	if v.Deploy { ... }
//	fmt.Println(v.Reason)
package ope
