//go:build race

package tree

// raceEnabled says that the race detector runs, under which pools drop what they hold and so allocate.
const raceEnabled = true
