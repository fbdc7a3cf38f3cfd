//go:build race

package rl

// The race detector makes sync.Pool forget what it holds at random, so allocations cannot be counted under it.
const raceEnabled = true
