package ml

import "testing"

func TestEngineIsNamed(t *testing.T) {
	if name, why := Engine(); name == "" || why == "" {
		t.Errorf("%q, %q", name, why)
	}
}
