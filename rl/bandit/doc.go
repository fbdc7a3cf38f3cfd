// Package bandit chooses among arms (pictures, prices, articles, servers) while it learns which are good: in place of an A/B test, which
// shows the worse arm to half of the visitors until it ends, and of a rule that is the same for everybody.
//
//	b, err := bandit.New(bandit.ThompsonBeta{}, bandit.Options{Seed: 1}, "blue", "green")
//	err = b.LogTo(file)                          // a JSON object a line: contexts, arms, propensities, rewards
//
//	d, err := b.Decide(bandit.Request{})         // a visitor: show d.Name, remember d.ID
//	err = b.Reward(d.ID, 1)                      // a click, any time later
//
// A policy is a config: a struct literal whose zero value works. [New] sets it to work as a [Bandit], which any number of goroutines may use at once. A decision
// takes no memory and a reader's lock.
//
// # Which policy
//
// Without anything known of visitors: [ThompsonBeta] for clicks (rewards of 0 or 1) and [ThompsonGaussian] for amounts are the ones to begin with. [UCB1],
// [UCBTuned], [KLUCB] and [BayesUCB] take the arm that could be best; they are deterministic, which is good for regret and bad where rewards come late or in
// batches, since all visitors get the same arm meanwhile. [EpsilonGreedy], [Softmax] and [Gradient] are the simple ones. [EXP3] and [EXP3IX] hold against rewards that
// somebody sets to do harm. Where rewards drift, ThompsonBeta and ThompsonGaussian have a Discount, and there are [SlidingWindowUCB] and [DiscountedUCB].
//
// With a context: [LinUCB], [LinThompson], [LogisticThompson] (for clicks), [Bagging], [SquareCB] and [LinEpsilonGreedy] keep linear models. By default each arm has
// one of its own over Request.Context. With [Design].Shared there is one over the features that come with each candidate of a request, so that candidates
// need not be known before, such as the news of the hour; [HybridLinUCB] does both. See [Bandit.Add] and [Bandit.Remove] for arms that come and go.
//
// To find the best of several arms within a budget instead of earning while learning there are [SuccessiveHalving] and [SuccessiveElimination].
//
// # Propensities
//
// Each decision comes with the probability that it had, and the log with those of all candidates. They are exact: every policy computes the probabilities first and
// then draws from them. UCB policies have probabilities of 1 and 0 (shared where arms tie). The Thompson policies integrate the probability of each arm to be best, or share it out by
// draws of the posterior, see [LinThompson]. With Options.MinProb every candidate has some, and then the log can tell what any other policy would
// have got: see package ope.
//
//	events, err := bandit.ReadLog(file)
//	rounds := bandit.Rounds(events, nil)
//	est, err := ope.Evaluate(ctx, rounds, other, ope.DR{}, nil)   // other may be another *Bandit
//	fmt.Println(est)                                              // 0.1312 [0.1250, 0.1374]
//
// # Late rewards
//
// A reward is given by the decision's ID. It may come late, out of order or never: Options.Expiry and Pending bound how long and how many decisions wait, and ExpireAs
// says what those are worth that do not get a reward ("no click"). A reward for a decision that does not exist, has one, or has expired is
// [ErrUnknown], [ErrDuplicate] or [ErrExpired].
//
// # The same again
//
// Random numbers depend on Options.Seed and a decision's ID alone. The log tells of each decision which version of the policy made it, so [Replay] can do all of it again, and finds the
// first decision that does not come out alike, also when many goroutines wrote the log. [Bandit.Snapshot] copies the state; saved, loaded and resumed, it makes the decisions
// that the bandit would have made.
//
// # Several servers
//
// What policies know is sums, and sums add up. Replicas with different Options.Replica work by themselves; now and then someone takes their snapshots, merges them, and each adopts
// the result, without losing what it learned meanwhile:
//
//	merged, err := bandit.Merge(base, s1, s2)    // base: the last merged one, nil at first
//	err = b1.Adopt(s1, merged)
package bandit
