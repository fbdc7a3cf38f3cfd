package ml

import "testing"

func TestEngine(t *testing.T) {
	if name, why := Engine(); name == "" || why == "" {
		t.Errorf("%q, %q", name, why)
	}
}
