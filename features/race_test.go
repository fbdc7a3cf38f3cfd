//go:build race

package features

// RaceEnabled says that the race detector runs, under which pools drop what they hold and so allocate.
const RaceEnabled = true
