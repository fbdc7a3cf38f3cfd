// Package rl is reinforcement learning: environments, and what learns to act in them.
//
// # Environments
//
// An [Env] is a world that an agent acts in; Reset starts an episode and Step goes on with it. A [Maker] makes them, and is what learners are fitted to.
package rl
