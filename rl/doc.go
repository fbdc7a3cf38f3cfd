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
// # Policies
//
// A [Policy] acts; learners give one, and a rule written by hand is one too ([PolicyFunc]). [Evaluate] plays it, on all cores, each episode with a seed of its own,
// and gives its [Scores]: two policies that are tried with the same seed meet the same episodes.
package rl
