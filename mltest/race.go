//go:build race

package mltest

const raceEnabled = true
