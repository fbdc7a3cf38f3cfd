// Package rl is reinforcement learning: environments, and what learns to act in them.
//
// # Environments
//
// An [Env] is a world that an agent acts in: Reset starts an episode, Step goes on with it. A [Maker] makes them, and is what learners are fitted to. To write a
// world of one's own takes three methods, and [Check] says in one line of a test whether they keep the contract:
//
//	if err := rl.Check(Thermostat{}).Err(); err != nil {
//		t.Fatal(err)
//	}
//
// Wrappers take a Maker and give one, so they nest: rl.FrameStack(rl.TimeLimit(m, 100), 4). [Flatten] turns any observation into numbers, [DiscretizeObs] turns
// numbers into codes for tables, [Record] keeps episodes and [Replay] plays them again and finds where they part.
//
// [CartPole], [MountainCar], [MountainCarContinuous], [Acrobot] and [Pendulum] are Gymnasium's classic control tasks: the same resets for the same seeds and the same
// steps, but for the last digits of sines and cosines. Learners with nets work on a [VecEnv], several environments that step together into memory of the caller's; an
// environment of one's own is stepped as fast as one of these.
//
// # Policies
//
// A [Policy] acts; learners give one, and a rule written by hand is one too ([PolicyFunc]). [Evaluate] plays it, on all cores, each episode with a seed of its own,
// and gives its [Scores]: two policies that are tried with the same seed meet the same episodes.
//
// # Tables
//
// Where states and actions are few, they are codes 0..N-1, and a world can be written down whole: an [MDP] says what each action can lead to, with which probability
// ([Tabulate] makes one from a function). [FrozenLake], [CliffWalking], [Taxi] and [Blackjack] are Gymnasium's, with the same tables, starts and draws for the same
// seeds; [GridWorld], [RandomWalk] and [Gambler] are those of Sutton and Barto's book; [Autoscaler] and [Pricing] are worlds that servers and shops know. All have a
// method MDP.
//
// Planners take the tables and find the best policy: [ValueIteration] first, [PolicyIteration] where the discount is near 1, [ModifiedPolicyIteration] for large
// models, [PrioritizedValueIteration] where rewards are rare, [LinearProgram] for how often what happens, [FiniteHorizon] where time runs out, [AverageReward] where it
// does not. [PolicyEvaluation] says what any policy is worth.
//
//	mdp, err := rl.FrozenLake{}.MDP()
//	plan, err := rl.ValueIteration{}.Fit(ctx, mdp)
//	action, err := plan.Act(state)
//
// Learners take the world itself ([Maker]), and find out by acting in it. [QLearning] is the one to begin with; [SARSA] and [ExpectedSARSA] mind what exploring costs;
// [DoubleQLearning] is not fooled by noise; [NStepSARSA], [TreeBackup], [SARSALambda] and [QLambda] carry news farther; [MonteCarlo] learns from whole episodes; [DynaQ] and
// [PrioritizedSweeping] remember, and need fewer steps. [TD], [NStepTD] and [MonteCarloPrediction] learn what a given policy is worth. [LinearSARSA] learns from numbers,
// on tiles. A learner's policy on a world with tables can be checked exactly:
//
//	q, err := rl.QLearning{LearningRate: 1, Decay: 0.6, Steps: 300_000}.Fit(ctx, rl.FrozenLake{})
//	exact, err := rl.PolicyEvaluation{Policy: q.Policy()}.Fit(ctx, mdp)
//	fmt.Println(mdp.Mean(exact.V), "of", mdp.Mean(plan.V))
//
// Both give a [TableModel], which a [ValueMap] draws if the states are squares of a grid. The environments draw themselves, too: each is a
// [Drawer], for terminals and pictures, and a [Framer], for films ([WriteGIF]).
//
// # Nets
//
// Where observations are numbers, nets learn: [PPO] first ([PPOMulti] and [PPOContinuous] for other actions), [DQN] where steps are dear and actions are codes, [SAC] or
// [TD3] where actions are numbers. [A2C] and [REINFORCE] are the simpler forebears of PPO.
//
// Numbers are explored by normal noise, by noise that depends on the state (SDE, which motors like better), or between bounds by beta distributions (Beta).
//
//	policy, err := rl.PPO{Steps: 100_000}.Fit(ctx, rl.CartPole{})
//	action, err := policy.Act(obs)
//
// What they give is a frozen policy: any number of goroutines may call it, and it allocates nothing ([DiscretePolicy.Act], [BoxPolicy.ActInto]). It can be saved
// (ml.Save), [WriteGo] writes it as one Go file without dependencies, [WriteONNX] as an ONNX file, and [Actor.Net] makes a net of package nn of it. Equal seeds give equal bytes on any number of
// cores. [Run] is what happens beside: evaluations on environments of their own that keep the best policy and can end the training (Enough, Patience), and checkpoints; a training that is stopped goes on
// from its checkpoint to the very bytes that it would have
// reached. [Learning] is how it went, as CSV, for TensorBoard, or as a picture; [LogCSV] and [LogTensorBoard] tell of it while it goes on. One seed proves nothing:
// [EvaluateSeeds].
//
// # What they reach
//
// Greedy returns of 100 episodes that no training has seen, of the configurations in examples/rlbars. IQM is the interquartile mean over the seeds; the command is
// go run ./examples/rlbars -seeds 10 (it can be stopped, and goes on):
//
//	task                        steps     bar   IQM [95 %]                  seeds at the bar
//	PPO-CartPole                 100k   495.0   500.00 [498.39, 500.00]      9 of 10
//	DQN-CartPole                  50k   475.0   500.00 [499.28, 500.00]     10 of 10
//	DQN-Acrobot                  100k   -86.6   -84.95 [-91.57, -80.95]      6 of 10
//	PPO-Acrobot                 1000k   -83.5   -75.86 [-77.83, -74.43]     10 of 10
//	DQN-MountainCar              120k  -115.0  -98.75 [-100.14, -97.31]     10 of 10
//	SAC-Pendulum                  20k  -170.0  -162.78 [-164.10, -161.84]   10 of 10
//	TD3-Pendulum                  20k  -170.0  -165.02 [-167.77, -162.97]    9 of 10
//	PPO-Pendulum                 100k  -200.0  -187.51 [-194.60, -182.24]    8 of 10
//	SAC-MountainCarContinuous     50k    90.0    95.30 [94.85, 96.11]       10 of 10
//
// The first bar asks for 9 of 10 seeds and the second for 8, the others for the interquartile mean. Another order of additions in a net is other episodes: a run of the
// same seeds before a change of that kind gave DQN-Acrobot -79.97 [-82.94, -77.84], so take differences of a few points for chance.
package rl
