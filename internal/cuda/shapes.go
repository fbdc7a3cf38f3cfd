//go:build cuda

package cuda

import "math/bits"

// blockThreads is how many threads the blocks of kernels have that do not say otherwise.
const blockThreads = 256

// mostBlocks is the most blocks of a launch that deals elements out in turn: more than any device runs at once.
const mostBlocks = 2048

// blocksFor is how many blocks n threads are.
func blocksFor(n int) int { return min(max((n+blockThreads-1)/blockThreads, 1), mostBlocks) }

// lanes is how many threads share a row of n elements: enough to read whole lines of memory, and to have about four elements each.
func lanes(n int) int { return min(max(upToPower(n/4), min(upToPower(n), 32)), blockThreads) }

// upToPower is the least power of 2 that is not below n.
func upToPower(n int) int {
	if n < 2 {
		return 1
	}
	return 1 << bits.Len(uint(n-1))
}

func flag(yes bool) int32 {
	if yes {
		return 1
	}
	return 0
}
