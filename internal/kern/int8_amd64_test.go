//go:build !purego

package kern

import "testing"

// eachInt8Path runs f with VNNI, where the machine has it, and without.
func eachInt8Path(t *testing.T, f func(t *testing.T)) {
	has := vnni
	defer func() { vnni = has }()
	for _, on := range []bool{false, true} {
		if vnni = on; on && !has {
			continue
		}
		f(t)
	}
}
